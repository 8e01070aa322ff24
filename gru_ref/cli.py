"""`python -m gru_ref`: train a cell, compare cells, sample from what was learned, bench.

python -m gru_ref train adding --cell gru
python -m gru_ref compare adding reviews --cells tanh gru lstm --seeds 5
python -m gru_ref sample runs/chorales-gru-0
python -m gru_ref bench
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from gru_ref.errors import UsageError

STOPPED = 130  # the exit status after Ctrl-C
BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


def main(arguments: list[str] | None = None) -> int:
    """Run the command in `arguments`, sys.argv's where None; return the exit status."""
    args, rest = _parser().parse_known_args(arguments)
    if args.command == "bench":
        return bench(rest)
    if rest:
        print(f"There is no option {rest[0]!r} of {args.command}; see --help.", file=sys.stderr)
        return 2
    try:
        return {"train": train, "compare": compare, "sample": sample}[args.command](args)
    except (UsageError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return STOPPED


def train(args: argparse.Namespace) -> int:
    """Train one model, print how it ended, return the exit status."""
    from lightning.fabric.utilities import rank_zero_only

    from gru_ref.training.loop import fit

    options = vars(args).copy()
    del options["command"]
    name, cell = options.pop("task"), options.pop("cell")
    folder = options.pop("out") or Path("runs") / f"{name}-{cell}-{args.seed}"
    result = fit(name, cell, folder=folder, **options)
    if not result.stopped:
        task = result.task
        rank_zero_only(print)(  # of several processes one speaks
            f"{name}, {cell}: {task.unit} {result.metric:.4g} after {result.step} steps in "
            f"{result.seconds:.0f} s (chance {task.chance:.4g}, solved at {task.solved:.4g}). "
            f"It is in {folder}."
        )
    return STOPPED if result.stopped else 0


def compare(args: argparse.Namespace) -> int:
    """Run the grid, print its table, draw its plots, return the exit status."""
    from gru_ref.experiments.grid import compare as run_grid
    from gru_ref.experiments.report import draw_all, table

    rows, finished = run_grid(
        args.tasks,
        args.cells,
        seeds=args.seeds,
        preset=args.preset,
        out=args.out,
        device=args.device,
        jobs=args.jobs,
    )
    if rows:
        print(table(rows))
        print("\n".join(f"Drawn: {file}" for file in draw_all(rows, args.out)))
    return 0 if finished else STOPPED


def sample(args: argparse.Namespace) -> int:
    """Continue a text or a chorale, return the exit status."""
    from gru_ref.experiments.sampling import sample_to

    sample_to(args.run, args.out, args.prompt, args.steps, args.temperature, args.seed)
    return 0


def bench(options: list[str]) -> int:
    """Run benchmarks/sequence.py in a process of its own, since it sets the number of threads.

    With --gpu first, benchmarks/gpu.py.
    """
    name = "gpu.py" if options[:1] == ["--gpu"] else "sequence.py"
    file = BENCHMARKS / name
    if not file.exists():
        print(
            f"{file.name} is not beside gru_ref: run this from a clone of the course, installed "
            f"with `pip install -e .`.",
            file=sys.stderr,
        )
        return 2
    rest = options[1:] if name == "gpu.py" else options
    return subprocess.run([sys.executable, str(file), *rest]).returncode


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m gru_ref",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _train_options(commands.add_parser("train", help="train one model, or go on with it"))
    _compare_options(commands.add_parser("compare", help="a grid of tasks, cells and seeds"))
    _sample_options(commands.add_parser("sample", help="continue a text or a chorale"))
    commands.add_parser(
        "bench",
        help="ratios to torch.nn.GRU, to a plain loop and to onnxruntime; options as printed by "
        "`python benchmarks/sequence.py --help`; --gpu for benchmarks/gpu.py",
        add_help=False,
    )
    return parser


def _train_options(p):
    p.add_argument("task", help="sine, adding, copy, temporal_order, latch, reviews, characters, …")
    p.add_argument("--cell", default="gru", help="tanh, gru, lstm or own")
    p.add_argument("--out", type=Path, help="folder of the run (runs/TASK-CELL-SEED)")
    for name, kind, default, text in (
        ("length", int, None, "steps of a sequence"),
        ("hidden", int, 32, "units"),
        ("layers", int, 1, "layers"),
        ("forget-bias", float, None, "of an LSTM, at the start"),
        ("batch", int, 32, "sequences a step"),
        ("lr", float, 1e-2, "learning rate of Adam"),
        ("clip", float, 1.0, "largest gradient norm"),
        ("window", int, None, "steps that gradients go back (truncated BPTT)"),
        ("steps", int, 1000, "steps of training"),
        ("seed", int, 0, "of the weights and the batches"),
        ("log-every", int, 10, "steps between two losses that are kept"),
        ("check-every", int, 100, "steps between two held-out metrics and checkpoints"),
        ("devices", int, 1, "GPUs, or processes on a CPU"),
        ("nodes", int, 1, "machines"),
    ):
        p.add_argument(f"--{name}", type=kind, default=default, help=f"{text} ({default})")
    p.add_argument("--until-solved", action="store_true", help="stop when the task is solved")
    p.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:1")
    p.add_argument("--precision", default="auto", help="auto, 32, bf16 or 64")
    p.add_argument("--graph", action="store_true", help="capture a step in a CUDA graph")
    p.add_argument("--tensorboard", action="store_true", help="write TensorBoard's files too")


def _compare_options(p):
    p.add_argument("tasks", nargs="*", help="tasks of the preset; all where none is named")
    p.add_argument("--cells", nargs="+", default=["tanh", "gru", "lstm"])
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--preset", default="small", help="small (two CPU cores) or full (a GPU)")
    p.add_argument("--out", type=Path, default=Path("runs/compare"), help="folder of the results")
    p.add_argument("--device", default="auto", help="auto, cpu or cuda (all GPUs)")
    p.add_argument("--jobs", type=int, help="runs at a time (one a core, or one a GPU)")


def _sample_options(p):
    p.add_argument("run", type=Path, help="a run's folder, or its checkpoint")
    p.add_argument("--prompt", help="the text to continue; a chorale begins as a held-out one does")
    p.add_argument("--steps", type=int, help="characters or quarter notes to add")
    p.add_argument("--temperature", type=float, default=1.0, help="below 1 is bolder (1.0)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--out", type=Path, help="folder of the sound and the picture (the run's)")
