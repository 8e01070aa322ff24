"""How fast the reference GRU is over time: ratios to others, measured in one process, in turns.

    python -m gru_ref bench [--seconds 8] [--cases A,D] [--dtypes float32,float64]

Every figure is a median of CPU time, on one thread; what is compared runs turn by turn, so that a
machine that slows down slows all of them. A ratio is one of two BLAS libraries too, and of the CPU:
so the CPU, the kernels that ran, and how fast both libraries multiply a case's h_{t-1} by the
weights of three gates, (N, H) by (H, 3H), stand beside the table.

Forward means states only; forward + backward ends with the gradients of every weight, of x and of
h_0. `gru_forward` gets a workspace, as a training loop would give it. The loop is `gru_ref.unroll`,
which is written one gate after another. The number of threads is read where NumPy and torch are
loaded: `gru_ref.cli` starts this in a process of its own.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

import gru_ref
from gru_ref.bench.machine import machine
from gru_ref.errors import choose

CASES = {  # T, N, D, H, and the ratio to torch, forward + backward in float32, that is asked for
    "A": (100, 64, 64, 128, 1.3),
    "B": (1000, 1, 64, 128, 7.0),
    "C": (28, 128, 28, 512, 1.1),
    "D": (200, 32, 32, 64, 2.5),
    "E": (784, 32, 1, 64, 3.0),
}
DTYPES = ("float32", "float64")
FEWEST = 5  # turns

Timed = dict[str, Callable[[], np.ndarray]]


def contenders(T: int, N: int, D: int, H: int, dtype: str) -> dict[str, Timed]:
    """Return {"forward" or "both": {who: function}}, the functions to be timed."""
    torch.manual_seed(0)
    model = torch.nn.GRU(D, H, dtype=getattr(torch, dtype))
    x_torch = torch.randn(T, N, D, dtype=getattr(torch, dtype), requires_grad=True)
    h_torch = torch.zeros(1, N, H, dtype=x_torch.dtype, requires_grad=True)
    dh_torch = torch.randn(T, N, H, dtype=x_torch.dtype)
    x, h_0, dh = x_torch.detach().numpy(), h_torch.detach().numpy()[0], dh_torch.numpy()
    p = gru_ref.from_pytorch(model.state_dict())
    states, gradients = gru_ref.Workspace(), gru_ref.Workspace()

    def torch_forward():
        with torch.no_grad():
            return model(x_torch, h_torch)[0].numpy()

    def torch_both():
        model.zero_grad(set_to_none=True)
        x_torch.grad = h_torch.grad = None
        model(x_torch, h_torch)[0].backward(dh_torch)
        assert x_torch.grad is not None
        return x_torch.grad.numpy()

    def fast_both():
        return gru_ref.gru_backward(dh, gru_ref.gru_forward(x, p, h_0, workspace=gradients).kept).dx

    return {
        "forward": {
            "fast": lambda: gru_ref.gru_forward(x, p, h_0, workspace=states, keep=False).h,
            "torch": torch_forward,
            "loop": lambda: gru_ref.unroll(x, p, h_0).h,
        }
        | onnxruntime(x, p, h_0),
        "both": {
            "fast": fast_both,
            "torch": torch_both,
            "loop": lambda: gru_ref.unroll_backward(dh, gru_ref.unroll(x, p, h_0).kept).dx,
        },
    }


def onnxruntime(x: np.ndarray, p: gru_ref.GRUParams, h_0: np.ndarray) -> Timed:
    """Return onnxruntime's forward pass, or nothing where it is not installed or not in float32."""
    try:
        import onnxruntime
        from onnx import TensorProto, helper
    except ModuleNotFoundError:
        return {}
    if x.dtype != np.float32:
        return {}
    names = ["X", "W", "R", "B", "", "initial_h"]
    node = helper.make_node("GRU", names, ["Y"], hidden_size=h_0.shape[1], linear_before_reset=1)
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in (*names, "Y") if n]
    graph = helper.make_graph([node], "gru", info[:-1], info[-1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    feeds = {"X": x, "initial_h": h_0[None], **gru_ref.to_onnx(p)}
    return {"onnx": lambda: session.run(None, feeds)[0][:, 0]}


def in_turns(functions: Timed, seconds: float) -> dict[str, float]:
    """Return the median CPU time of each function in ms; their results must agree first."""
    due, *others = (f() for f in functions.values())
    for name, seen in zip(list(functions)[1:], others, strict=True):
        if np.abs(seen - due).max() > 1e-3 * np.abs(due).max():
            raise AssertionError(f"{name} computes something else")
    times: dict[str, list[float]] = {name: [] for name in functions}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times["fast"]) < FEWEST:
        for name, f in functions.items():
            start = time.process_time()
            f()
            times[name].append(1e3 * (time.process_time() - start))
    return {name: statistics.median(seen) for name, seen in times.items()}


def speed(cases: Sequence[str], dtypes: Sequence[str], seconds: float) -> None:
    """Print one line for every case: our time, and how many times as long the others take."""
    installed = "onnx" in contenders(1, 1, 1, 1, "float32")["forward"]
    print(f"onnxruntime: {'installed' if installed else 'not installed'}\n")
    print(
        "                                    forward: ratio to       forward + backward: ratio to"
        "    GFLOP/s of a product"
    )
    print(
        "case    T   N  D   H  dtype       ms  torch  loop  onnx         ms  torch  loop   asked"
        "      NumPy  torch"
    )
    for name in cases:
        T, N, D, H, asked = CASES[name]
        for dtype in dtypes:
            ms = {
                what: in_turns(f, seconds / 2) for what, f in contenders(T, N, D, H, dtype).items()
            }
            rates = products(N, H, dtype, seconds / 8)
            ratio = {what: {k: t / of["fast"] for k, t in of.items()} for what, of in ms.items()}
            onnx = f"{ratio['forward']['onnx']:5.2f}" if "onnx" in ms["forward"] else "    -"
            print(
                f"{name} {T:7} {N:3} {D:2} {H:3}  {dtype}"
                f" {ms['forward']['fast']:7.1f} {ratio['forward']['torch']:6.2f}"
                f" {ratio['forward']['loop']:5.1f} {onnx}"
                f"    {ms['both']['fast']:7.1f} {ratio['both']['torch']:6.2f}"
                f" {ratio['both']['loop']:5.1f}   {asked if dtype == 'float32' else 1.0:5.1f}"
                f"     {rates['fast']:6.0f} {rates['torch']:6.0f}",
                flush=True,
            )


def products(N: int, H: int, dtype: str, seconds: float) -> dict[str, float]:
    """Return the GFLOP/s of (N, H) by (H, 3H), "fast" in NumPy and "torch" as its GRU does it."""
    rng = np.random.default_rng(0)
    h, W = (rng.normal(size=size).astype(dtype) for size in ((N, H), (H, 3 * H)))
    out, each = np.empty((N, 3 * H), dtype), max(1, int(1e8 / (6 * N * H * H)))  # calls, some ms
    h_torch, W_torch = torch.from_numpy(h), torch.from_numpy(W.T.copy())

    def numpy_products():
        for _ in range(each):
            np.dot(h, W, out)
        return out

    def torch_products():
        for _ in range(each):
            last = torch.nn.functional.linear(h_torch, W_torch)
        return last.numpy()

    ms = in_turns({"fast": numpy_products, "torch": torch_products}, seconds)
    return {who: each * 6e-6 * N * H * H / max(t, 1e-9) for who, t in ms.items()}


def memory(N: int = 32, D: int = 32, H: int = 64) -> None:
    """Print what a forward pass holds for its backward pass, against T."""
    print(f"\nMemory, N={N} D={D} H={H} float32; in brackets: numbers for each of the T N H states")
    print("    T    fast: peak           fast: states only    loop: peak           torch: saved")
    rng = np.random.default_rng(0)
    p = gru_ref.GRUParams(*(w.astype(np.float32) for w in gru_ref.init_params(rng, D, H)))
    for T in (100, 200, 400, 800, 1600):
        x, dh = (rng.normal(size=(T, N, size)).astype(np.float32) for size in (D, H))
        most = [*held(x, dh, p), saved_by_torch(torch.from_numpy(x), H)]
        print(f"{T:5}", *(f"  {b / 2**20:7.1f} MiB ({b / (4 * T * N * H):4.1f})" for b in most))


def held(x: np.ndarray, dh: np.ndarray, p: gru_ref.GRUParams) -> list[int]:
    """Return the most bytes of the fast path, of its states alone, and of the loop."""
    return [
        peak(lambda: gru_ref.gru_backward(dh, gru_ref.gru_forward(x, p).kept)),
        peak(lambda: gru_ref.gru_forward(x, p, keep=False)),
        peak(lambda: gru_ref.unroll_backward(dh, gru_ref.unroll(x, p).kept)),
    ]


def peak(f: Callable[[], Any]) -> int:
    """Return the most bytes that f holds at a time."""
    tracemalloc.start()
    f()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def saved_by_torch(x: torch.Tensor, H: int) -> int:
    """Return the bytes that torch's autograd keeps for the backward pass, each storage once."""
    storages = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = torch.nn.GRU(x.shape[2], H)(x.requires_grad_())  # held: storages stay apart
    del result
    return sum(storages.values())


def measure(
    cases: Sequence[str] = tuple(CASES), dtypes: Sequence[str] = DTYPES, seconds: float = 8.0
) -> None:
    """Print both tables, with `seconds` for each case and dtype; UsageError on a wrong name."""
    for what, names, known in (("case", cases, tuple(CASES)), ("dtype", dtypes, DTYPES)):
        for name in names:
            choose(what, name, known)
    torch.set_num_threads(1)
    print(machine())
    speed(cases, dtypes, seconds)
    memory()
