"""What a wheel holds beside the packages: the chapters, their sources in a pack, the versions.

An editable install has none of it: there the checkout's own folders are used.
"""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class WithTheCourse(build_py):
    """The packages, and autograder/course/data/."""

    def run(self) -> None:
        """Build; an editable install is left as it is."""
        if self.editable_mode:
            super().run()
            return
        # A module that has moved since an earlier build must not come along.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        sys.path.insert(0, str(ROOT))
        from autograder.authoring.pack import packed

        data = Path(self.build_lib, "autograder", "course", "data")
        (data / "notebooks").mkdir(parents=True)
        for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
            shutil.copyfile(notebook, data / "notebooks" / notebook.name)
        (data / "keys.pack").write_bytes(packed(ROOT / "solutions"))
        shutil.copyfile(ROOT / "constraints.txt", data / "constraints.txt")


setup(cmdclass={"build_py": WithTheCourse})
