"""`python -m gru_ref`."""

import sys

from gru_ref.cli import main

if __name__ == "__main__":
    sys.exit(main())
