"""`autograder`: the course's command line. Commands raise; here their sentences are printed.

What a command needs is imported when it is asked for: nbgrader alone takes a second.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

import click

from autograder.authoring.commands import course_of, dev
from autograder.core.course import Course
from autograder.errors import Exit, UserError
from autograder.importing import importing

DEFAULT = "autograder.course:COURSE"
INTERRUPTED = 130  # 128 and the number of Ctrl-C's signal
PATH = click.Path(path_type=Path)
SYSTEMS = ("moodle", "canvas", "ilias", "brightspace", "blackboard", "nbgrader")
ROSTER = "who is in the class: a CSV file, Moodle's worksheet, Canvas's gradebook (roster.csv)"
DATABASE = "where the gradebook needs a password: postgresql://USER:PASSWORD@HOST/NAME"


def main(argv: list[str] | None = None, course: Course | None = None) -> int:
    """Run one command for a course, the GRU course where none is given; return the exit status."""
    try:
        status = commands.main(
            argv, prog_name="autograder", standalone_mode=False, obj={"course": course or DEFAULT}
        )
        sys.stdout.flush()
        return int(status or 0)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.Abort:
        print("\nautograder: stopped.", file=sys.stderr)
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return error.exit_code
    except click.ClickException as error:
        print(f"autograder: {error.format_message()} See --help.", file=sys.stderr)
        return error.exit_code
    except UserError as error:
        print(f"autograder: {error}", file=sys.stderr)
        return Exit.NOTHING
    except BrokenPipeError:  # `| head` has read enough
        _close_stdout()
        return Exit.DONE
    except OSError as error:
        print(f"autograder: {_os_says(error)}", file=sys.stderr)
        return Exit.NOTHING
    except ImportError as error:
        print(f"autograder: {_import_says(error)}", file=sys.stderr)
        return Exit.NOTHING


def _os_says(error: OSError) -> str:
    what = error.filename or "A file"
    if error.errno == errno.ENOSPC:
        return f"{what} cannot be written: the disk is full. Make room and start the command again."
    return f"{what} cannot be read or written: {error.strerror or error}."


def _import_says(error: ImportError) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return (
            f"this command needs the package {error.name}, which is not installed here. "
            "pip install 'gru-course[lab,grade]' brings all that the commands need."
        )
    return f"a package cannot be imported ({error})."


def _close_stdout() -> None:
    """Let Python's own end not fail on a pipe that is closed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Seed(click.ParamType):
    name = "N"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        text = str(value)
        if not text.isdecimal() or int(text) >= 2**128:
            self.fail(f"a seed is a whole number from 0 to 2¹²⁸ - 1, not {text}", param, ctx)
        return int(text)


class _Seconds(click.ParamType):
    name = "S"

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < 86400:
            self.fail(f"seconds are a number above 0, not {value}", param, ctx)
        return seconds


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gru-course", prog_name="autograder")
def commands() -> None:
    """The GRU course: take it, build it, grade it."""


commands.add_command(dev)


@commands.command()
@click.argument("folder", type=PATH, metavar="DIR")
@click.option("--chapter", multiple=True, metavar="NAME", help="only this one; may be repeated")
@click.pass_context
def init(context: click.Context, folder: Path, chapter: tuple[str, ...]) -> int:
    """Make DIR, a student's folder with copies of the chapters. It overwrites nothing."""
    from autograder.workspace.folder import init

    return init(course_of(context), folder, chapter)


@commands.command()
@click.argument("folder", type=PATH, metavar="[DIR]", required=False)
@click.option("--no-browser", is_flag=True, help="print the URL only")
@click.option("--port", type=int, help="the first port to try")
@click.pass_context
def lab(context: click.Context, folder: Path | None, no_browser: bool, port: int | None) -> int:
    """Open the course in JupyterLab: DIR, or the folder that this is run in."""
    from autograder.workspace.folder import chosen
    from autograder.workspace.lab import lab

    course = course_of(context)
    return lab(course, chosen(course, folder), no_browser, port)


@commands.command()
@click.argument("chapter")
@click.argument("folder", type=PATH, metavar="[DIR]", required=False)
@click.pass_context
def reset(context: click.Context, chapter: str, folder: Path | None) -> int:
    """Set your copy of CHAPTER aside and take a fresh one."""
    from autograder.workspace.folder import chosen, reset_chapter

    course = course_of(context)
    return reset_chapter(course, chapter, chosen(course, folder))


@commands.command()
@click.argument("chapter", required=False)
@click.argument("folder", type=PATH, metavar="[DIR]", required=False)
@click.option("--no-sandbox", is_flag=True, help="run your cells in a process of their own")
@click.option("--beside", is_flag=True, help="set what passes beside the course's answer")
@click.pass_context
def check(
    context: click.Context,
    chapter: str | None,
    folder: Path | None,
    no_sandbox: bool,
    beside: bool,
) -> int:
    """Check your notebook of CHAPTER (04_hidden_state, or 4), or the one that you saved last.

    The exit status is 0 where all its exercises pass, and 1 where they do not.
    """
    from autograder.workspace.check import check
    from autograder.workspace.folder import chosen

    course = course_of(context)
    return check(course, chapter, chosen(course, folder), not no_sandbox, beside)


@commands.command()
@click.argument("chapter", required=False)
@click.argument("folder", type=PATH, metavar="[DIR]", required=False)
@click.option("--no-sandbox", is_flag=True, help="run your cells in a process of their own")
@click.pass_context
def watch(
    context: click.Context, chapter: str | None, folder: Path | None, no_sandbox: bool
) -> int:
    """Tell after every save of a notebook what to do next.

    Keys: h hint, n next, l list, b your answer beside the course's, q quit.
    """
    from autograder.workspace.folder import chosen
    from autograder.workspace.watch import watch

    course = course_of(context)
    return watch(course, chapter, chosen(course, folder), not no_sandbox)


@commands.command("map")
@click.argument("folder", type=PATH, metavar="[DIR]", required=False)
@click.pass_context
def course_map(context: click.Context, folder: Path | None) -> int:
    """Show the course: chapters, exercises, minutes, what is solved, what comes next."""
    from autograder.notebook.course_map import lines
    from autograder.workspace.folder import chosen
    from autograder.workspace.terminal import Terminal

    course = course_of(context)
    Terminal().say(*lines(course, chosen(course, folder)))
    return 0


@commands.group()
def progress() -> None:
    """Move your progress to another machine, as one file."""


@progress.command("export")
@click.argument("file", type=PATH)
@click.argument("folder", type=PATH, metavar="[DIR]", required=False)
@click.pass_context
def progress_export(context: click.Context, file: Path, folder: Path | None) -> int:
    """Write FILE: what is solved, hints, predictions, questions. Copy your notebooks beside it."""
    from autograder.notebook.progress_transfer import export_progress
    from autograder.workspace.folder import chosen

    course = course_of(context)
    count = export_progress(course, chosen(course, folder), file)
    print(f"{file} holds {count} records. Your answers stay in the notebooks: copy those as well.")
    return 0


@progress.command("import")
@click.argument("file", type=PATH)
@click.argument("folder", type=PATH, metavar="[DIR]", required=False)
@click.pass_context
def progress_import(context: click.Context, file: Path, folder: Path | None) -> int:
    """Join FILE with the progress here; nothing that is solved is lost."""
    from autograder.notebook.progress_transfer import import_progress
    from autograder.workspace.folder import chosen

    course = course_of(context)
    count = import_progress(course, chosen(course, folder), file)
    print(f"{count} records are new or better than those here.")
    return 0


@commands.command()
@click.argument("folder", type=PATH, metavar="[DIR]", required=False)
@click.option("--name", default="", help="yours, to stand on the page")
@click.option("--out", "file", type=PATH, metavar="FILE", help="(DIR/certificate.html)")
@click.pass_context
def certificate(context: click.Context, folder: Path | None, name: str, file: Path | None) -> int:
    """Write a page of what you have built and measured."""
    from autograder.io import write_file
    from autograder.notebook.certificate import write
    from autograder.workspace.folder import chosen, short

    course = course_of(context)
    work = chosen(course, folder)
    file = file or work / "certificate.html"
    write_file(file, write(course, work, name))
    print(f"{short(file)} says what you have built and measured. Open it in a browser.")
    return 0


@commands.command()
@click.argument("folder", type=PATH, metavar="DIR")
@click.option("--zip", "zipped", is_flag=True, help="also DIR.zip")
@click.option("--chapter", multiple=True, metavar="NAME", help="only this one; may be repeated")
@click.pass_context
def release(context: click.Context, folder: Path, zipped: bool, chapter: tuple[str, ...]) -> int:
    """Make DIR to hand out to students: the chapters, the package, how to start."""
    from autograder.workspace.release import release

    return release(course_of(context), folder, zipped, chapter)


@commands.command()
@click.pass_context
def build(context: click.Context) -> None:
    """Build the notebooks from their sources."""
    from autograder.authoring.build import build

    for path in build(course_of(context)):
        print(f"built {path.name}")


@commands.command()
@click.argument("submitted", type=PATH)
@click.option("--out", type=PATH, required=True, metavar="DIR", help="where results go")
@click.option("--seed", type=_Seed(), help="draw these hidden cases")
@click.option("--seed-file", type=PATH, metavar="FILE", help="the seed that graders share")
@click.option("--chapter", multiple=True, metavar="NAME", help="only this one; may be repeated")
@click.option("--force", is_flag=True, help="also what is graded and unchanged")
@click.option("--timeout", type=_Seconds(), default=10.0, help="seconds of one call (10)")
@click.option(
    "--sandbox",
    type=click.Choice(("required", "auto", "off")),
    default="required",
    help="run answers behind bubblewrap or not at all (the default), if it is there, or never",
)
@click.option("--workers", type=click.IntRange(1, 1000), help="processes (as many as cores)")
@click.option("--dask", default="", metavar="tcp://HOST:8786", help="a Dask scheduler")
@click.option("--dask-ca", default="", metavar="FILE", help="its authority's certificate (tls://)")
@click.option("--dask-cert", default="", metavar="FILE", help="certificate of this machine")
@click.option("--dask-key", default="", metavar="FILE", help="key of this machine")
@click.option("--db", default="", metavar="URL", help="the gradebook: postgresql://USER@HOST/NAME")
@click.option("--roster", type=PATH, metavar="FILE", help=ROSTER)
@click.pass_context
def grade(context: click.Context, submitted: Path, out: Path, **given: Any) -> int:
    """Grade SUBMITTED/<student>/<chapter>/<chapter>.ipynb into nbgrader's gradebook."""
    with importing():
        if submitted.is_dir() and not given["dask"]:
            from autograder.grading.run.worker import prepare

            prepare(_module_of(context))  # the workers import while this process does
        from autograder.grading.run.pools import Tls
        from autograder.grading.run.start import Options, grade, seed_of

        course = course_of(context)
    options = Options(
        seed=seed_of(given["seed"], given["seed_file"]),
        chapters=given["chapter"],
        workers=given["workers"],
        dask=given["dask"],
        tls=Tls(given["dask_ca"], given["dask_cert"], given["dask_key"]),
        db=given["db"],
        level=given["sandbox"],
        timeout=given["timeout"],
        force=given["force"],
        roster=given["roster"],
    )
    return grade(course, submitted, out, options)


def _module_of(context: click.Context) -> str:
    """Return the name of the module that has the course."""
    course = context.obj["course"]
    where: str = course.where if isinstance(course, Course) else course
    return where.partition(":")[0]


@commands.command()
@click.argument("out", type=PATH, metavar="DIR")
@click.option("--db", default="", metavar="URL", help=DATABASE)
@click.option("--roster", type=PATH, metavar="FILE", help=ROSTER)
@click.option(
    "--zip", "lms", type=click.Choice(("moodle", "canvas")), help="also as the zip that it takes"
)
@click.pass_context
def feedback(
    context: click.Context, out: Path, db: str, roster: Path | None, lms: str | None
) -> int:
    """Write pages and grades.csv again, with the scores given by persons."""
    from autograder.grading.run.feedback import feedback, pages_of

    course = course_of(context)
    status = feedback(course, out, db, roster)
    if lms is None:
        return status
    from autograder.lms.feedback_zip import Page, pack

    return max(status, pack(out, lms, [Page(*p) for p in pages_of(course, out, db)]))


@commands.command()
@click.argument("out", type=PATH, metavar="DIR")
@click.option("--roster", type=PATH, metavar="FILE", help=ROSTER)
@click.pass_context
def report(context: click.Context, out: Path, roster: Path | None) -> int:
    """Write the class report again."""
    from autograder.grading.run.feedback import report

    return report(course_of(context), out, roster)


@commands.command()
@click.argument("graded", type=PATH, nargs=-1, required=True)
@click.option("--into", type=PATH, required=True, metavar="DIR", help="a new directory")
@click.pass_context
def merge(context: click.Context, graded: tuple[Path, ...], into: Path) -> int:
    """Put what sections or assistants have graded into one directory; conflicts are listed."""
    from autograder.grading.run.merge import merge

    return merge(course_of(context), graded, into)


@commands.command()
@click.argument("chapter")
@click.argument("exercise")
@click.option("--out", type=PATH, required=True, metavar="DIR", help="where `grade` wrote")
@click.option("--undo", is_flag=True, help="let it count again")
@click.option("--db", default="", metavar="URL", help=DATABASE)
@click.pass_context
def drop(
    context: click.Context, chapter: str, exercise: str, out: Path, undo: bool, db: str
) -> int:
    """Let EXERCISE of CHAPTER count for nothing. Its scores are kept, a person's too."""
    from autograder.grading.run.feedback import drop

    return drop(course_of(context), out, chapter, exercise, undo, db)


@commands.command()
@click.argument("out", type=PATH, metavar="DIR")
@click.option("--no-browser", is_flag=True, help="print the URL only")
@click.option("--port", type=int, help="the first port to try (8888)")
@click.option("--db", default="", metavar="URL", help=DATABASE)
def formgrader(out: Path, no_browser: bool, port: int | None, db: str) -> None:
    """Open nbgrader's formgrader on DIR: whole notebooks, in the browser."""
    from autograder.grading.nbgrader.formgrader import formgrader

    formgrader(out, port, not no_browser, db)


@commands.command()
@click.argument("out", type=PATH, metavar="DIR")
@click.option("--no-browser", is_flag=True, help="print the URL only")
@click.option("--port", type=int, help="the port (a free one)")
@click.option("--db", default="", metavar="URL", help=DATABASE)
@click.pass_context
def review(context: click.Context, out: Path, no_browser: bool, port: int | None, db: str) -> int:
    """Mark written answers in the browser: one question across the class, by keyboard."""
    from autograder.grading.review.command import review
    from autograder.workspace.lab import has_browser

    return review(course_of(context), out, port, not no_browser and has_browser(), db)


@commands.command()
@click.argument("archive", type=PATH, nargs=-1, required=True)
@click.option("--from", "lms", required=True, type=click.Choice(SYSTEMS))
@click.option("--into", type=PATH, required=True, metavar="SUBMITTED", help="where `grade` reads")
@click.option("--chapter", metavar="NAME", help="of notebooks that are not named after one")
@click.option("--roster", type=PATH, metavar="FILE", help="Moodle's worksheet, for the times")
@click.pass_context
def collect(
    context: click.Context,
    archive: tuple[Path, ...],
    lms: str,
    into: Path,
    chapter: str | None,
    roster: Path | None,
) -> int:
    """Unpack downloads of an LMS, or nbgrader's inbound, into the layout that `grade` reads."""
    from autograder.lms.collect import collect

    return collect(course_of(context), archive, lms, into, chapter, roster)


@commands.command()
@click.argument("out", type=PATH, metavar="DIR")
@click.option("--to", required=True, type=click.Choice(("csv", "canvas", "moodle")))
@click.option("--out", "file", type=PATH, metavar="FILE", help="what to write (DIR/<format>.csv)")
@click.option("--into", type=PATH, metavar="FILE", help="fill this file, which the LMS gave out")
@click.option("--chapter", metavar="NAME", help="with --into: only this one")
@click.option("--column", metavar="TITLE", help="with --into: where the grades go")
@click.option("--roster", type=PATH, metavar="FILE", help="what `collect` noted (collected.csv)")
def export(
    out: Path,
    to: str,
    file: Path | None,
    into: Path | None,
    chapter: str | None,
    column: str | None,
    roster: Path | None,
) -> int:
    """Write DIR/grades.csv as a file that an LMS imports, or into the one that it gave out."""
    from autograder.lms.export import export, export_into

    if into is None:
        return export(out, to, file, roster)
    return export_into(out, to, into, file, chapter, column)
