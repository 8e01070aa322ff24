"""`python -m gru_ref`: tasks, train, compare, sample, export; inspect a model; bench.

A mistake of the user's is one sentence and status 2, Ctrl-C is status 130. What needs torch is
imported by the command that needs it.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from gru_ref.errors import UsageError, choose

PROGRAM = "python -m gru_ref"
MISTAKE = 2
STOPPED = 130  # as a shell reports Ctrl-C
CLOSED = 141  # as a shell reports a program whose reader has gone
OF_TRAIN = ("lightning", "torch", "tqdm")  # what the extra `train` installs
OF_UNTUNED = ("seeds", "preset", "device", "jobs")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

# Names that live in modules with torch; tests/gru_ref/test_cli.py holds them equal.
TASKS = (
    "sine",
    "adding",
    "adding_early",
    "copy",
    "temporal_order",
    "latch",
    "reviews",
    "reviews_early",
    "reviews_middle",
    "reviews_late",
    "reviews_changed",
    "characters",
    "chorales",
)
CELLS = ("tanh", "gru", "lstm", "own", "mingru", "parallel", "fused")
PRESETS = ("small", "full")
PRECISIONS = ("auto", "32", "bf16", "64")
RESETS = ("after", "before")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in `arguments`, sys.argv's where None; return the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    about: dict[str, Any] = {"arguments": words, "command": "", "verbose": False}
    try:
        status = _run(words, about)
        sys.stdout.flush()  # a closed pipe or a full disk shows here, not when Python ends
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        return STOPPED
    except BrokenPipeError:
        _give_up_stdout()
        return CLOSED
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return MISTAKE
    except (click.ClickException, UsageError, OSError, ModuleNotFoundError) as error:
        said = _sentence(error, about["command"])
        if said is None:
            raise
        if about["verbose"]:
            traceback.print_exception(error)
        click.echo(said, err=True)
        if isinstance(error, OSError):
            _give_up_stdout()
        return MISTAKE
    return status


class Name(click.Choice):
    """One of a closed set of names; a wrong one is told as everywhere in `gru_ref`."""

    def __init__(self, what: str, choices: Sequence[str]):
        super().__init__(choices)
        self.name = what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; UsageError where it is none of the choices."""
        choose(self.name, value, self.choices)
        return str(value)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return nothing: the help lists the names, a mistake is one line."""
        return ""


class Numbers(click.ParamType):
    """Whole numbers above 0 with commas between them, as in 1,1024."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the numbers, a tuple; UsageError where one is none."""
        if not isinstance(value, str):
            return value
        words = value.split(",")
        if not all(word.strip().isdecimal() and int(word) > 0 for word in words):
            raise UsageError(
                f"--{param.name if param else 'numbers'} takes whole numbers above 0, as in "
                f"1,1024, and not {value!r}."
            )
        return tuple(map(int, words))


class Picture(click.ParamType):
    """The name of a picture's file, refused before the work where it cannot be written."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path; UsageError where its ending is no picture's."""
        from gru_ref.io import check_picture

        check_picture(Path(value))
        return Path(value)


class WithCells(click.Command):
    """A command whose option --cells takes every word up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `--cells a b` as `--cells a --cells b`, since click's options take one word."""
        words, taken = [], None
        for word in [*args, "-"]:
            if not word.startswith("-") and taken is not None:
                words += ["--cells", word]
                taken += 1
                continue
            if taken == 0:
                words.append("--cells")  # click says that it lacks its word
            taken = 0 if word == "--cells" else None
            if taken is None:
                words.append(word)
        return super().parse_args(ctx, words[:-1])


def _remember_verbose(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    context.find_root().obj["verbose"] |= wanted


def _show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"gru-course {version('gru-course')}")
        except PackageNotFoundError:
            click.echo("gru-course, not installed")
        context.exit()


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command."""
    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_remember_verbose,
        help="Where something goes wrong, show where it comes from.",
    )(command)


@click.group(epilog="An option of a command is told by `python -m gru_ref COMMAND --help`.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version.",
)
@_common
@click.pass_context
def commands(context: click.Context) -> None:
    """Train a cell on a task, compare cells, sample and export what was learned, inspect, bench.

    \b
    python -m gru_ref tasks
    python -m gru_ref train adding --cell gru
    python -m gru_ref compare adding reviews --cells tanh gru lstm --seeds 5
    python -m gru_ref sample runs/chorales-gru-0
    python -m gru_ref inspect model.onnx
    python -m gru_ref export runs/chorales-gru-0 --to bach.onnx
    python -m gru_ref bench
    """  # noqa: D301
    context.obj["command"] = context.invoked_subcommand


@commands.command(short_help="What there is to train on.", context_settings={"show_default": True})
@click.argument("task", type=Name("task", TASKS), metavar="[TASK]", required=False)
@click.option("--length", type=int, help="Steps of a sequence.  [default: the task's]")
@click.option("--seed", type=int, default=0, help="Of the example.")
@click.option("--plot", type=Picture(), help="File of the picture.  [default: TASK.png]")
@_common
def tasks(task: str | None, length: int | None, seed: int, plot: Path | None) -> int:
    """List the tasks: what each asks, its levels, who posed it; or draw an example of TASK.

    Chance is the best guess without memory, solved is what counts as learned. Of the picture the
    words are printed, so that it can be read too.
    """
    from gru_ref.figures.shown import description, figure_of
    from gru_ref.io import write_figure
    from gru_ref.training.tasks.examples import example, listing

    if task is None:
        for name, value in (("length", length), ("plot", plot)):
            if value is not None:
                raise UsageError(f"--{name} goes with the name of a task, as in `tasks adding`.")
        for name in TASKS:
            click.echo(listing(name))
        return 0
    figure, file = figure_of(example(task, length, seed)), plot or Path(f"{task}.png")
    words = description(figure)
    write_figure(file, figure, words)
    click.echo(f"{listing(task, length)}\n\n{words}\n\nDrawn: {file}")
    return 0


@commands.command(
    short_help="Train one model, or go on with it.",
    help="Train one model, or go on with it. TASK is one of: " + ", ".join(TASKS) + ".",
    context_settings={"show_default": True},
)
@click.argument("task", type=Name("task", TASKS), metavar="TASK")
@click.option("--cell", type=Name("cell", CELLS), default="gru")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run.  [default: runs/TASK-CELL-SEED]",
)
@click.option(
    "--preset",
    type=Name("preset", PRESETS),
    help="The task's settings for two CPU cores, or for a GPU; other options go before them.",
)
@click.option("--length", type=int, help="Steps of a sequence.  [default: the task's]")
@click.option("--hidden", type=int, default=32, help="Units.")
@click.option("--layers", type=int, default=1, help="Layers.")
@click.option("--forget-bias", type=float, help="Of an LSTM, at the start.")
@click.option("--batch", type=int, default=32, help="Sequences a step.")
@click.option("--lr", type=float, default=1e-2, help="Learning rate of Adam.")
@click.option("--clip", type=float, default=1.0, help="Largest gradient norm.")
@click.option("--window", type=int, help="Steps that gradients go back (truncated BPTT).")
@click.option("--steps", type=int, default=1000, help="Steps of training.")
@click.option("--seed", type=int, default=0, help="Of the weights and the batches.")
@click.option("--log-every", type=int, default=10, help="Steps between two losses that are kept.")
@click.option(
    "--check-every",
    type=int,
    default=100,
    help="Steps between two held-out metrics and checkpoints.",
)
@click.option("--until-solved", is_flag=True, help="Stop when the task is solved.")
@click.option(
    "--patience",
    type=int,
    default=5,
    help="Looks at validation data without a better one, after which characters and chorales end.",
)
@click.option("--device", default="auto", help="auto, cpu, cuda or cuda:1.")
@click.option("--devices", type=int, default=1, help="GPUs, or processes on a CPU.")
@click.option("--nodes", type=int, default=1, help="Machines.")
@click.option("--precision", type=Name("precision", PRECISIONS), default="auto")
@click.option("--graph", is_flag=True, help="Capture a step in a CUDA graph.")
@click.option("--tensorboard", is_flag=True, help="Write TensorBoard's files too.")
@click.option("--plot", type=Picture(), help="File of the curves.  [default: curves.png in --out]")
@_common
@click.pass_context
def train(
    context: click.Context,
    task: str,
    cell: str,
    out: Path | None,
    plot: Path | None,
    **options: Any,
) -> int:
    """Train one model, print how it ended and draw its curves, return the exit status."""
    from lightning.fabric.utilities import rank_zero_only

    from gru_ref.training.loop import fit

    folder = out or Path("runs") / f"{task}-{cell}-{options['seed']}"
    if options["preset"]:
        default = click.core.ParameterSource.DEFAULT
        given = {n for n in options if context.get_parameter_source(n) is not default}
        options = {name: options[name] for name in given}
    result = fit(task, cell, folder=folder, **options)
    if not result.stopped:
        done = result.task
        rank_zero_only(print)(  # of several processes one speaks
            f"{task}, {cell}: {done.unit} {result.metric:.4g} {result.after} in "
            f"{result.seconds:.0f} s (chance {done.chance:.4g}, solved at {done.solved:.4g}). "
            f"It is in {folder}."
        )
    rank_zero_only(_draw_curves)(result, plot or folder / "curves.png")
    return STOPPED if result.stopped else 0


def _draw_curves(result: Any, file: Path) -> None:
    """Write a run's curves, and say where."""
    from gru_ref.figures.shown import description, figure_of
    from gru_ref.io import write_figure

    figure = figure_of(result.draw())
    write_figure(file, figure, description(figure))
    click.echo(f"Drawn: {file}")


@commands.command(
    cls=WithCells,
    short_help="A grid of tasks, cells and seeds.",
    context_settings={"show_default": True},
)
@click.argument("tasks", nargs=-1)
@click.option(
    "--cells",
    multiple=True,
    default=CELLS[:3],
    help="Several, in one go: --cells gru lstm lstm+1.",
)
@click.option("--seeds", type=int, default=5, help="Runs of each task and cell.")
@click.option(
    "--preset",
    type=Name("preset", PRESETS),
    default="small",
    help="Settings for two CPU cores, or for a GPU.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs/compare"),
    help="Folder of the results.",
)
@click.option("--device", default="auto", help="auto, cpu or cuda (all GPUs).")
@click.option("--jobs", type=int, help="Runs at a time.  [default: one a core, or one a GPU]")
@click.option("--tuned", is_flag=True, help="Choose each cell's rate and start first, on one core.")
@_common
@click.pass_context
def compare(
    context: click.Context,
    tasks: tuple[str, ...],
    cells: tuple[str, ...],
    out: Path,
    tuned: bool,
    **options: Any,
) -> int:
    """Run a grid, print its table, draw its plots.

    TASKS are those of the preset, all where none is named; adding@400 has sequences of 400 steps.
    A finished run is not repeated: the same call goes on where it was stopped. With --tuned each
    cell's rate and start are chosen on validation data, and the choice is run with fresh seeds.
    """
    if tuned:
        return _compare_tuned(context, tasks, cells, out)
    from gru_ref.experiments.grid import compare as run_grid
    from gru_ref.experiments.report import draw_all, table

    rows, finished = run_grid(tasks, cells, out=out, **options)
    if rows:
        print(table(rows))
        print("\n".join(f"Drawn: {file}" for file in draw_all(rows, out)))
    return 0 if finished else STOPPED


def _compare_tuned(
    context: click.Context, tasks: tuple[str, ...], cells: tuple[str, ...], out: Path
) -> int:
    """Choose on validation data, run the choice, print the table, draw a picture of each task."""
    for name in OF_UNTUNED:
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise UsageError(f"--{name} goes without --tuned, whose grid and seeds are fixed.")
    from gru_ref.experiments.tuned import compare_tuned
    from gru_ref.experiments.tuned_report import draw_all, table

    default = context.get_parameter_source("cells") is click.core.ParameterSource.DEFAULT
    trials = compare_tuned(tasks, () if default else cells, out=out)
    print(table(trials))
    print("\n".join(f"Drawn: {file}" for file in draw_all(trials, out)))
    return 0


@commands.command(context_settings={"show_default": True})
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--prompt", help="The text to continue; a chorale begins as a held-out one does.")
@click.option("--steps", type=int, help="Characters or quarter notes to add.")
@click.option("--temperature", type=float, default=1.0, help="Above 1 is bolder.")
@click.option("--seed", type=int, default=0)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the sound and the picture.  [default: the run's]",
)
@_common
def sample(run: Path, **options: Any) -> int:
    """Continue a text or a chorale. RUN is a run's folder, or its checkpoint."""
    from gru_ref.experiments.sampling import sample_to

    sample_to(run, **options)
    return 0


@commands.command(
    name="inspect",
    short_help="How long a trained model remembers.",
    context_settings={"show_default": True},
)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--network", help="One of several in the file.  [default: all]")
@click.option("--reset", type=Name("reset", RESETS), help="Where the arrays do not tell it.")
@click.option(
    "--input",
    "given",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What it reads: .npy or .npz, (T, D) or (T, N, D).  [default: held-out data of a run's "
    "task, else random]",
)
@click.option(
    "--steps", type=click.IntRange(min=1), default=200, help="Of the input that is not given."
)
@click.option("--seed", type=int, default=0, help="Of the random input.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw gates, half-lives and eigenvalues of one network into this PNG.",
)
@_common
def inspect_model(
    model: Path,
    network: str | None,
    reset: str | None,
    given: Path | None,
    steps: int,
    seed: int,
    plot: Path | None,
) -> int:
    """Measure how long a trained GRU or LSTM remembers, and how safely.

    MODEL is .npz, .pt, .safetensors, .onnx, or the folder of a run. Of each layer: its size and
    biases, half-lives, saturated gates, the spectral radius of ∂h_t/∂h_{t-1}, and the Lyapunov
    exponent.
    """
    from gru_ref.formats.load import load, load_all
    from gru_ref.inspection import (
        SEQUENCES,
        held_out_input,
        inspect_network,
        random_input,
        read_input,
        report,
    )

    one = network is not None or plot is not None
    found = [load(model, network, reset)] if one else load_all(model, reset)
    x, on = None, f"{SEQUENCES} random sequences of {steps} steps, x ~ N(0, 1)"
    if given is not None:
        x, on = read_input(given), str(given)
    elif model.is_dir():
        x, on = held_out_input(model, steps)
    for each in found:
        reads = random_input(each.sizes[0], steps, seed) if x is None else x
        try:
            seen = inspect_network(each, reads)
        except ValueError as error:
            raise UsageError(f"{given}: {error}") from error
        print(report(str(model), each, seen, on) + ("\n" if each is not found[-1] else ""))
        if plot is not None:
            from gru_ref.figures.models import inspection_picture
            from gru_ref.io import write_figure

            write_figure(plot, inspection_picture(seen))
            print(f"\nDrawn: {plot}")
    return 0


@commands.command(short_help="A trained model, for other programs.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write: model.onnx is a graph, model.safetensors are weights.",
)
@_common
def export(run: Path, to: Path) -> int:
    """Write a trained model for other programs. RUN is a run's folder, or its checkpoint.

    An ONNX graph takes x (T, N, D) and the state before, h_0 (layers, N, H) and an LSTM's c_0, and
    gives the outputs y and the state after; zeros are the state before the first step.
    """
    from gru_ref.training.export import export as write

    click.echo(f"Written: {write(run, to)}")
    return 0


OF_SEQUENCE = ("cases", "dtypes")
OF_GPU = ("length", "batch", "hidden", "precision", "cpu")
OF_KERNELS = ("hidden", "precision")


@commands.command(short_help="How fast the reference is.", context_settings={"show_default": True})
@click.option(
    "--seconds",
    type=float,
    help="For each case and dtype, or each time.  [default: 8, with --gpu 1]",
)
@click.option("--cases", default="A,B,C,D,E", help="Some of them.")
@click.option("--dtypes", default="float32,float64", help="One or both.")
@click.option("--kernels", is_flag=True, help="What our kernels take of a card, without one.")
@click.option("--gpu", is_flag=True, help="Ways to run a GRU on this machine's GPU. With it go:")
@click.option("--length", type=Numbers(), default="1000", help="Steps of a sequence, one or more.")
@click.option("--batch", type=Numbers(), default="1,1024", help="Sequences a step.")
@click.option(
    "--hidden", type=Numbers(), help="Units.  [default: 64,128, with --kernels 16 to 256]"
)
@click.option("--precision", type=Name("precision", PRECISIONS[:3]), default="auto")
@click.option("--cpu", is_flag=True, help="Run a small part on the CPU.")
@_common
@click.pass_context
def bench(
    context: click.Context, gpu: bool, kernels: bool, seconds: float | None, **options: Any
) -> int:
    """Measure ratios to torch.nn.GRU, to a plain loop and to onnxruntime, on one thread."""
    _only_fitting_options(context, gpu, kernels)
    hidden = (
        {} if options["hidden"] is None else {"units" if kernels else "hidden": options["hidden"]}
    )
    if kernels:
        if importlib.util.find_spec("triton") is None:
            raise UsageError(
                "`bench --kernels` needs triton, which is not installed: "
                "`pip install 'gru-course[kernels]'`, on Linux."
            )
        from gru_ref.bench.kernels import OF_PRECISION
        from gru_ref.bench.kernels import measure as compile_all

        return 0 if compile_all(ways=OF_PRECISION[options["precision"]], **hidden) else 1
    if gpu:
        from gru_ref.bench.gpu import measure

        measure(
            options["length"],
            options["batch"],
            precision=options["precision"],
            seconds=1.0 if seconds is None else seconds,
            cpu=options["cpu"],
            **hidden,
        )
        return 0
    if any(os.environ.get(name) != "1" for name in THREADS):
        return _on_one_thread(context.find_root().obj["arguments"])
    from gru_ref.bench import sequence

    sequence.measure(
        options["cases"].split(","),
        options["dtypes"].split(","),
        8.0 if seconds is None else seconds,
    )
    return 0


def _only_fitting_options(context: click.Context, gpu: bool, kernels: bool) -> None:
    """Raise UsageError for an option that belongs to another benchmark than the one chosen."""
    if gpu and kernels:
        raise UsageError("--gpu and --kernels are two benchmarks: take one.")
    chosen = OF_GPU if gpu else OF_KERNELS if kernels else OF_SEQUENCE
    for name in (*OF_SEQUENCE, *OF_GPU):
        given = context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
        if given and name not in chosen:
            if name in OF_SEQUENCE:
                raise UsageError(f"--{name} goes without {'--gpu' if gpu else '--kernels'}.")
            raise UsageError(f"--{name} goes with --gpu.")


def _on_one_thread(arguments: list[str]) -> int:
    """Run the same command in a process whose NumPy and torch are loaded with one thread."""
    with subprocess.Popen(
        [sys.executable, "-m", "gru_ref", *arguments],
        env=os.environ | dict.fromkeys(THREADS, "1"),
        start_new_session=True,  # Ctrl-C is for this process, which ends the other
    ) as process:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            process.terminate()
            raise
    return status if status >= 0 else 128 - status


def _run(words: list[str], about: dict[str, Any]) -> int:
    try:
        with commands.make_context(PROGRAM, list(words), obj=about) as context:
            return commands.invoke(context) or 0
    except click.exceptions.Exit as done:
        return done.exit_code


def _sentence(error: Exception, command: str) -> str | None:
    """Return what to tell the user, None where it is a fault of ours."""
    if isinstance(error, click.NoSuchOption):
        of = f"{command or PROGRAM}; see --help"
        return f"There is no option {error.option_name!r} of {of}."
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, ModuleNotFoundError):
        name = (error.name or "").partition(".")[0]
        if name not in OF_TRAIN:
            return None
        return (
            f"`{PROGRAM} {command}` needs {name}, which is not installed: "
            f"`pip install 'gru-course[train]'`."
        )
    if isinstance(error, OSError):
        what = error.filename or "The output"
        return f"{what} could not be read or written: {error.strerror or error}."
    return str(error)


def _give_up_stdout() -> None:
    """Let what is left in the buffer go nowhere, so that Python ends without complaint."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
