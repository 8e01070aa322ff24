"""`python -m gru_ref`."""

import sys

try:
    from gru_ref.cli import main
except ModuleNotFoundError as error:
    if error.name != "click":
        raise
    print(
        "`python -m gru_ref` needs click, which this Python does not have: activate the course's "
        "environment, or `pip install gru-course`.",
        file=sys.stderr,
    )
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main())
