"""`autograder dev`: what authors of a course call. Commands raise; `cli` prints the sentences."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.core.course import Course, load
from autograder.errors import Exit, SourceError, brief


def course_of(context: click.Context) -> Course:
    """Return the course; SourceError where its declarations cannot be imported."""
    found: Course | str = context.obj["course"]
    if isinstance(found, Course):
        return found
    try:
        return load(found)
    except Exception as error:
        raise SourceError(f"The course {found} cannot be imported: {_place(error)}") from error


def _place(error: Exception) -> str:
    """Return an exception with the line of the file in which it was raised."""
    if isinstance(error, SyntaxError):
        return f"{brief(error)}."
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    at = f" ({trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno})" if trace else ""
    return f"{brief(error)}{at}."


@click.group()
def dev() -> None:
    """Write exercises: skeletons, what is missing, the README's figures."""


@dev.command()
@click.argument("exercise")
@click.option("--chapter", required=True, metavar="NN_name", help="where it belongs")
@click.option("--takes", default="x", metavar="A,B", help="its parameters' names (x)")
@click.option("--points", type=click.IntRange(1, 20), default=2, help="what it is worth (2)")
@click.option("--after", default="", metavar="NAME", help="the exercise before it (the last)")
@click.option("--beside", is_flag=True, help="declare it in a module beside the chapter's")
@click.pass_context
def new(
    context: click.Context,
    exercise: str,
    chapter: str,
    takes: str,
    points: int,
    after: str,
    beside: bool,
) -> None:
    """Write the skeletons of EXERCISE and print what to fill in, in order."""
    from autograder.authoring import scaffold

    names = tuple(t.strip() for t in takes.split(",") if t.strip())
    wanted = scaffold.Wanted(exercise, names, points, after, beside)
    for number, step in enumerate(scaffold.new(course_of(context), chapter, wanted), 1):
        print(f"{number}. {step}")


@dev.command()
@click.argument("names", nargs=-1, metavar="[EXERCISE | CHAPTER]...")
@click.option("--fix", is_flag=True, help="number exercises, write points and minutes, build")
@click.pass_context
def check(context: click.Context, names: tuple[str, ...], fix: bool) -> int:
    """Say what is missing in the course or disagrees; of these exercises or chapters alone."""
    from autograder.authoring import lint
    from autograder.authoring.build import build

    course = course_of(context)
    if fix:
        for name in lint.fix(course):
            print(f"mended {name}")
        try:
            for path in build(course):
                print(f"built {path.name}")
        except SourceError as error:
            print(f"not built: {error}")
    found = lint.findings(course, names)
    for finding in found:
        print(finding)
    if not found:
        print(f"{', '.join(names) or course.name}: nothing is missing, and nothing disagrees.")
    return Exit.SOME_FAILED if found else Exit.DONE


@dev.command()
@click.argument("file", type=click.Path(path_type=Path), default="README.md")
@click.option("--measure", is_flag=True, help="run the commands first, and save what they print")
@click.option("--only", default="", metavar="WORD", help="of the commands that hold this word")
@click.pass_context
def figures(context: click.Context, file: Path, measure: bool, only: str) -> int:
    """Write into FILE (README.md) what its commands measured, block by block."""
    from autograder.authoring import figures as blocks

    return blocks.refresh(file, measure=measure, only=only)
