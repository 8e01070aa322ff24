"""The frameworks themselves, where they are installed: both ways, over time, in float32.

`pip install flax dm-haiku keras "mlx[cpu]" tensorflow-cpu` beside the tests runs them; none is a
dependency of the course, and without them the equations of `test_conventions` stand alone. Seen to
hold with flax 0.12.8, dm-haiku 0.0.17, keras 3.15.1, mlx 0.32.4 and TensorFlow 2.21.0.
"""

import os

import numpy as np
import pytest

from gru_ref.cell import init_params, step
from gru_ref.formats.flax import from_flax_linen, from_flax_nnx, to_flax_linen, to_flax_nnx
from gru_ref.formats.haiku import from_haiku, to_haiku
from gru_ref.formats.keras import layers_from_keras, layers_to_keras
from gru_ref.formats.mlx import from_mlx, to_mlx
from gru_ref.formats.tensorflow import from_gru_block_cell, to_gru_block_cell
from gru_ref.layers import init_stack, stack_forward
from gru_ref.lstm import init_lstm_params, lstm_forward
from gru_ref.sequence import unroll

T, N, D, H = 6, 3, 4, 5
RUNNING = 1e-6  # float32 over six steps


def float32(p):
    return type(p)(*(w.astype(np.float32) for w in p))


def data():
    """Return p, x and h_0."""
    rng = np.random.default_rng(0)
    p = float32(init_params(rng, D, H))
    x, h_0 = rng.normal(size=(T, N, D)), rng.uniform(-1, 1, (N, H))
    return p, x.astype(np.float32), h_0.astype(np.float32)


def close(seen, due):
    np.testing.assert_allclose(seen, np.asarray(due), rtol=0, atol=RUNNING)


def moved(weights):
    """Return a tree of arrays, each a little off, so that no bias is 0."""
    rng = np.random.default_rng(1)
    if hasattr(weights, "items"):
        return {k: moved(w) for k, w in weights.items()}
    return np.asarray(weights) + rng.normal(0, 0.3, np.shape(weights)).astype(np.float32)


def test_flax_linen():
    linen, jax = pytest.importorskip("flax.linen"), pytest.importorskip("jax")
    p, x, h_0 = data()
    cell = linen.GRUCell(features=H)
    theirs = moved(cell.init(jax.random.key(0), h_0, x[0])["params"])
    for weights, ours in ((theirs, from_flax_linen(theirs)), (to_flax_linen(p), p)):
        h = h_0
        for x_t in x:
            h, _ = cell.apply({"params": weights}, h, x_t)
        close(unroll(x, ours, h_0).h_T, h)


def test_flax_nnx():
    nnx, jnp = pytest.importorskip("flax.nnx"), pytest.importorskip("jax.numpy")
    p, x, h_0 = data()
    p = p._replace(b_hn=np.zeros_like(p.b_hn))
    cell = nnx.GRUCell(D, H, rngs=nnx.Rngs(0))
    state = nnx.state(cell, nnx.Param)
    theirs = moved(nnx.to_pure_dict(state))
    for weights, ours in ((theirs, from_flax_nnx(theirs)), (to_flax_nnx(p), p)):
        nnx.replace_by_pure_dict(state, weights)
        nnx.update(cell, state)
        h = jnp.asarray(h_0)
        for x_t in x:
            h, _ = cell(h, jnp.asarray(x_t))
        close(unroll(x, ours, h_0).h_T, h)


def test_haiku():
    haiku, jax = pytest.importorskip("haiku"), pytest.importorskip("jax")
    p, x, h_0 = data()
    cell = haiku.without_apply_rng(haiku.transform(lambda x, h: haiku.GRU(H)(x, h)))
    theirs = moved(cell.init(jax.random.key(0), x[0], h_0))["gru"]
    for weights, ours in ((theirs, from_haiku(theirs)), (to_haiku(p), p)):
        h = h_0
        for x_t in x:
            _, h = cell.apply({"gru": weights}, x_t, h)
        close(unroll(x, ours, h_0, reset="before").h_T, h)


@pytest.mark.parametrize("bias", [True, False])
def test_mlx(bias):
    mx, nn = pytest.importorskip("mlx.core"), pytest.importorskip("mlx.nn")
    p, x, h_0 = data()
    p = p if bias else type(p)(*p[:6], *(np.zeros_like(b) for b in p[6:]))
    layer = nn.GRU(D, H, bias=bias)
    theirs = {k: np.array(w) for k, w in layer.parameters().items() if w is not None}
    for weights, ours in ((theirs, from_mlx(theirs)), (to_mlx(p, bias), p)):
        layer.update({k: mx.array(w) for k, w in weights.items()})
        h = np.array(layer(mx.array(x.transpose(1, 0, 2)), mx.array(h_0)))
        close(unroll(x, ours, h_0).h, h.transpose(1, 0, 2))


def test_the_block_cell_of_tensorflow():
    raw_ops = pytest.importorskip("tensorflow").raw_ops
    p, x, h = data()
    weights = to_gru_block_cell(p)
    *_, due = raw_ops.GRUBlockCell(x=x[0], h_prev=h, **weights)
    close(step(x[0], h, p, "before"), due)
    close(step(x[0], h, from_gru_block_cell(weights), "before"), due)


def keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras")


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("reset", ["after", "before"])
def test_keras_in_both_directions(reset, bias):
    layers = keras().layers
    _, x, _ = data()
    options = {"return_sequences": True, "reset_after": reset == "after", "use_bias": bias}
    stack = [layers.Bidirectional(layers.GRU(H, **options)) for _ in range(2)]

    def run():
        h = x.transpose(1, 0, 2)
        for layer in stack:
            h = layer(h)
        return np.array(h.detach() if hasattr(h, "detach") else h).transpose(1, 0, 2)

    run()  # builds them
    theirs = [[moved(w) for w in layer.get_weights()] for layer in stack]
    ours = init_stack(np.random.default_rng(2), D, H, 2, 2)
    keep = 12 if bias else 6
    ours = tuple(
        tuple(float32(type(p)(*p[:keep], *(0 * b for b in p[keep:]))) for p in layer)
        for layer in ours
    )
    for lists, stacked in (
        (theirs, layers_from_keras(theirs, reset)),
        (layers_to_keras(ours, reset, bias), ours),
    ):
        for layer, weights in zip(stack, lists, strict=True):
            layer.set_weights(weights)
        close(stack_forward(x, stacked, reset=reset).h, run())


def test_keras_lstm():
    _, x, h_0 = data()
    layer, zeros = keras().layers.LSTM(H, return_sequences=True), np.zeros_like(h_0)
    layer.build((N, T, D))
    theirs = [moved(w) for w in layer.get_weights()]
    ours = float32(init_lstm_params(np.random.default_rng(2), D, H))
    ((read,),) = layers_from_keras([theirs])
    for weights, p in ((theirs, read), (layers_to_keras(((ours,),))[0], ours)):
        layer.set_weights(weights)
        h = layer(x.transpose(1, 0, 2))
        h = np.array(h.detach() if hasattr(h, "detach") else h)
        close(lstm_forward(x, zeros, zeros, p).h, h.transpose(1, 0, 2))
