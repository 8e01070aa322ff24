"""Every convention: exact round trips, its own equations, published vectors, and its messages.

Published vectors:
- ONNX: the node tests test_gru_* of the package onnx 1.22.0 (Apache 2.0), float32. The package
  carries them as files up to that release only, so the outputs stand here. All four have
  linear_before_reset=0; the weights of three are one constant, those of test_gru_seq_length come
  from numpy's RandomState(0), which never changes.
- Keras: the outputs that its own `gru_test.py` expects (keras/src/layers/rnn, Apache 2.0).
"""

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from gru_ref.cell import GRUParams, init_params, step
from gru_ref.formats.conventions import CONVENTIONS, convert, reset_side_is_free
from gru_ref.formats.keras import from_keras, to_keras
from gru_ref.formats.layout import flat
from gru_ref.formats.onnx import from_onnx, to_onnx
from gru_ref.formats.papers import from_article_a, to_article_a
from gru_ref.formats.pytorch import from_pytorch, to_pytorch
from gru_ref.formats.tensorflow import from_trax, to_trax

SIZES = [(1, 1), (1, 3), (4, 1), (3, 2), (2, 5)]
NO_BIAS = ("article_b", "article_c", "cho2014", "chung2014")
ONE_BIAS = ("article_a", "keras_before", "haiku", "trax", "gru_block_cell")
ONE_AND_B_HN = ("flax_linen", "mlx")
NO_B_HN = ("flax_nnx",)
TWO_BIASES = ("pytorch", "keras_after", "onnx_after", "onnx_before", "burn_after", "burn_before")
ROUNDING = 1e-14  # float64, where only the order of the sums differs


def shapes_of(name, D, H):
    matrices = {"W_r": (H, D), "W_z": (H, D), "W": (H, D)}
    hidden = {"U_r": (H, H), "U_z": (H, H), "U": (H, H)}
    keras = {"kernel": (D, 3 * H), "recurrent_kernel": (H, 3 * H)}
    linen = {f"i{g}.kernel": (D, H) for g in "rzn"} | {f"h{g}.kernel": (H, H) for g in "rzn"}
    burn = {
        f"{gate}_gate.{of}_transform.{kind}": (size, H) if kind == "weight" else (H,)
        for kind in ("weight", "bias")
        for of, size in (("input", D), ("hidden", H))
        for gate in ("reset", "update", "new")
    }
    onnx = {"W": (1, 3 * H, D), "R": (1, 3 * H, H), "B": (1, 6 * H)}
    return {
        "article_a": dict.fromkeys(("W_r", "W_z", "W"), (H, H + D))
        | dict.fromkeys(("b_r", "b_z", "b"), (H,)),
        "article_b": matrices | hidden,
        "article_c": dict.fromkeys(("U_r", "U_u", "U_g"), (D, H))
        | dict.fromkeys(("W_r", "W_u", "W_g"), (H, H)),
        "cho2014": matrices | hidden,
        "chung2014": matrices | hidden,
        "pytorch": {"weight_ih_l0": (3 * H, D), "weight_hh_l0": (3 * H, H)}
        | {"bias_ih_l0": (3 * H,), "bias_hh_l0": (3 * H,)},
        "keras_after": keras | {"bias": (2, 3 * H)},
        "keras_before": keras | {"bias": (3 * H,)},
        "onnx_after": onnx,
        "onnx_before": onnx,
        "flax_linen": linen | {f"{g}.bias": (H,) for g in ("ir", "iz", "in", "hn")},
        "flax_nnx": {"dense_i.kernel": (D, 3 * H), "dense_h.kernel": (H, 3 * H)}
        | {"dense_i.bias": (3 * H,)},
        "mlx": {"Wx": (3 * H, D), "Wh": (3 * H, H), "b": (3 * H,), "bhn": (H,)},
        "burn_after": burn,
        "burn_before": burn,
        "haiku": {"w_i": (D, 3 * H), "w_h": (H, 3 * H), "b": (3 * H,)},
        "trax": {"w1": (D + H, 2 * H), "w2": (D + H, H), "b1": (2 * H,), "b2": (H,)},
        "gru_block_cell": {"w_ru": (D + H, 2 * H), "w_c": (D + H, H)}
        | {"b_ru": (2 * H,), "b_c": (H,)},
    }[name]


def random_weights(name, D, H, seed=0):
    rng = np.random.default_rng(seed)
    return {key: rng.normal(size=shape) for key, shape in shapes_of(name, D, H).items()}


def random_step(D, H, N=4, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, D)), rng.normal(size=(N, H))


def assert_same_bits(seen, due):
    assert sorted(seen) == sorted(due)
    for name in due:
        assert seen[name].dtype == due[name].dtype
        assert seen[name].shape == due[name].shape
        assert seen[name].tobytes() == due[name].tobytes(), name


# Each convention's own equation, in its own layout. torch's sigmoid, so that ours is not used.


def s(a):
    return torch.sigmoid(torch.from_numpy(np.asarray(a))).numpy()


def article_a(w, x, h):
    X = np.hstack([h, x])
    r, z = s(X @ w["W_r"].T + w["b_r"]), s(X @ w["W_z"].T + w["b_z"])
    n = np.tanh(np.hstack([r * h, x]) @ w["W"].T + w["b"])
    return z * h + (1 - z) * n


def article_b(w, x, h):
    z = s(x @ w["W_z"].T + h @ w["U_z"].T)
    r = s(x @ w["W_r"].T + h @ w["U_r"].T)
    return z * h + (1 - z) * np.tanh(x @ w["W"].T + r * (h @ w["U"].T))


def article_c(w, x, H):
    r = s(x @ w["U_r"] + H @ w["W_r"])
    u = s(x @ w["U_u"] + H @ w["W_u"])
    return u * H + (1 - u) * np.tanh(x @ w["U_g"] + (r * H) @ w["W_g"])


def cho2014(w, x, h):
    r = s(x @ w["W_r"].T + h @ w["U_r"].T)
    z = s(x @ w["W_z"].T + h @ w["U_z"].T)
    return z * h + (1 - z) * np.tanh(x @ w["W"].T + (r * h) @ w["U"].T)


def chung2014(w, x, h):
    r = s(x @ w["W_r"].T + h @ w["U_r"].T)
    z = s(x @ w["W_z"].T + h @ w["U_z"].T)
    return (1 - z) * h + z * np.tanh(x @ w["W"].T + (r * h) @ w["U"].T)


def pytorch(w, x, h):
    i_r, i_z, i_n = np.split(x @ w["weight_ih_l0"].T + w["bias_ih_l0"], 3, axis=-1)
    h_r, h_z, h_n = np.split(h @ w["weight_hh_l0"].T + w["bias_hh_l0"], 3, axis=-1)
    z = s(i_z + h_z)
    return (1 - z) * np.tanh(i_n + s(i_r + h_r) * h_n) + z * h


def keras_after(w, x, h):
    x_z, x_r, x_h = np.split(x @ w["kernel"] + w["bias"][0], 3, axis=-1)
    h_z, h_r, h_h = np.split(h @ w["recurrent_kernel"] + w["bias"][1], 3, axis=-1)
    z = s(x_z + h_z)
    return z * h + (1 - z) * np.tanh(x_h + s(x_r + h_r) * h_h)


def keras_before(w, x, h):
    x_z, x_r, x_h = np.split(x @ w["kernel"] + w["bias"], 3, axis=-1)
    u_z, u_r, u_h = np.split(w["recurrent_kernel"], 3, axis=1)
    z = s(x_z + h @ u_z)
    return z * h + (1 - z) * np.tanh(x_h + (s(x_r + h @ u_r) * h) @ u_h)


def onnx_gru(w, X, initial_h, **attributes):
    """Return Y_h of ONNX's own reference implementation for X (T, N, D)."""
    H = w["R"].shape[-1]
    names = ["X", "W", "R", "B", "", "initial_h"]
    node = helper.make_node("GRU", names, ["", "Y_h"], hidden_size=H, **attributes)
    value = [helper.make_tensor_value_info(n, TensorProto.DOUBLE, None) for n in names if n]
    y_h = helper.make_tensor_value_info("Y_h", TensorProto.DOUBLE, None)
    model = helper.make_model(helper.make_graph([node], "gru", value, [y_h]))
    feeds = {"X": X, "W": w["W"], "R": w["R"], "B": w["B"], "initial_h": initial_h[None]}
    return ReferenceEvaluator(model).run(None, feeds)[0][0]


def onnx_after(w, x, h):
    return onnx_gru(w, x[None], h, linear_before_reset=1)


def onnx_before(w, x, h):
    return onnx_gru(w, x[None], h)  # linear_before_reset=0 is the default


def flax_linen(w, x, h):
    def dense(name, a):
        return a @ w[f"{name}.kernel"] + w.get(f"{name}.bias", 0)

    z = s(dense("iz", x) + dense("hz", h))
    n = np.tanh(dense("in", x) + s(dense("ir", x) + dense("hr", h)) * dense("hn", h))
    return (1 - z) * n + z * h


def flax_nnx(w, x, h):
    i_r, i_z, i_n = np.split(x @ w["dense_i.kernel"] + w["dense_i.bias"], 3, axis=-1)
    h_r, h_z, h_n = np.split(h @ w["dense_h.kernel"], 3, axis=-1)
    z = s(i_z + h_z)
    return (1 - z) * np.tanh(i_n + s(i_r + h_r) * h_n) + z * h


def mlx(w, x, h):
    x_r, x_z, x_n = np.split(x @ w["Wx"].T + w["b"], 3, axis=-1)
    h_r, h_z, h_n = np.split(h @ w["Wh"].T, 3, axis=-1)
    z = s(x_z + h_z)
    return (1 - z) * np.tanh(x_n + s(x_r + h_r) * (h_n + w["bhn"])) + z * h


def burn(w, x, h, reset_after):
    def linear(gate, of, a):
        name = f"{gate}_gate.{of}_transform"
        return a @ w[f"{name}.weight"] + w[f"{name}.bias"]

    r = s(linear("reset", "input", x) + linear("reset", "hidden", h))
    z = s(linear("update", "input", x) + linear("update", "hidden", h))
    through = r * linear("new", "hidden", h) if reset_after else linear("new", "hidden", r * h)
    return (1 - z) * np.tanh(linear("new", "input", x) + through) + z * h


def burn_after(w, x, h):
    return burn(w, x, h, reset_after=True)


def burn_before(w, x, h):
    return burn(w, x, h, reset_after=False)


def haiku(w, x, h):
    H = h.shape[-1]
    z, r = np.split(s(x @ w["w_i"][:, : 2 * H] + h @ w["w_h"][:, : 2 * H] + w["b"][: 2 * H]), 2, -1)
    a = np.tanh(x @ w["w_i"][:, 2 * H :] + (r * h) @ w["w_h"][:, 2 * H :] + w["b"][2 * H :])
    return (1 - z) * h + z * a


def trax(w, x, h):
    u, r = np.split(s(np.hstack([x, h]) @ w["w1"] + w["b1"]), 2, axis=-1)
    return u * h + (1 - u) * np.tanh(np.hstack([x, r * h]) @ w["w2"] + w["b2"])


def gru_block_cell(w, x, h):
    r, u = np.split(s(np.hstack([x, h]) @ w["w_ru"] + w["b_ru"]), 2, axis=-1)
    return (1 - u) * np.tanh(np.hstack([x, h * r]) @ w["w_c"] + w["b_c"]) + u * h


OWN_EQUATIONS = {
    "article_a": article_a,
    "article_b": article_b,
    "article_c": article_c,
    "cho2014": cho2014,
    "chung2014": chung2014,
    "pytorch": pytorch,
    "keras_after": keras_after,
    "keras_before": keras_before,
    "onnx_after": onnx_after,
    "onnx_before": onnx_before,
    "flax_linen": flax_linen,
    "flax_nnx": flax_nnx,
    "mlx": mlx,
    "burn_after": burn_after,
    "burn_before": burn_before,
    "haiku": haiku,
    "trax": trax,
    "gru_block_cell": gru_block_cell,
}


def written(name, p):
    """Return p in the form of a convention, a tree as one mapping."""
    return flat(CONVENTIONS[name].from_params(p))


def test_every_convention_has_its_equation_here():
    assert sorted(OWN_EQUATIONS) == sorted(CONVENTIONS)
    assert sorted(NO_BIAS + ONE_BIAS + ONE_AND_B_HN + NO_B_HN + TWO_BIASES) == sorted(CONVENTIONS)


@pytest.mark.parametrize(("D", "H"), SIZES)
@pytest.mark.parametrize("name", CONVENTIONS)
def test_weights_read_from_a_convention_compute_its_equations(name, D, H):
    weights, (x_t, h_prev) = random_weights(name, D, H), random_step(D, H)
    seen = step(x_t, h_prev, CONVENTIONS[name].to_params(weights), CONVENTIONS[name].reset)
    due = OWN_EQUATIONS[name](weights, x_t, h_prev)
    np.testing.assert_allclose(seen, due, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize(("D", "H"), SIZES)
@pytest.mark.parametrize("name", CONVENTIONS)
def test_parameters_written_in_a_convention_compute_its_equations(name, D, H):
    p, (x_t, h_prev) = init_params(np.random.default_rng(0), D, H), random_step(D, H)
    if name in NO_BIAS:
        p = GRUParams(*p[:6], *(np.zeros(H) for _ in range(6)))
    if name in NO_B_HN:
        p = p._replace(b_hn=np.zeros(H))
    seen = OWN_EQUATIONS[name](written(name, p), x_t, h_prev)
    due = step(x_t, h_prev, p, CONVENTIONS[name].reset)
    np.testing.assert_allclose(seen, due, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("D", "H"), SIZES)
@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_round_trip_keeps_every_bit(name, D, H, dtype):
    weights = {key: w.astype(dtype) for key, w in random_weights(name, D, H).items()}
    for w in weights.values():
        w.flat[0] = -0.0  # the number that a sum with 0 would change
    there = CONVENTIONS[name].to_params(weights)
    assert_same_bits(written(name, there), weights)


@pytest.mark.parametrize("name", TWO_BIASES)
def test_parameters_come_back_from_a_form_with_two_biases(name):
    p = init_params(np.random.default_rng(0), 3, 2)
    back = CONVENTIONS[name].to_params(CONVENTIONS[name].from_params(p))
    assert_same_bits(back._asdict(), p._asdict())


@pytest.mark.parametrize("name", CONVENTIONS)
def test_conversion_shares_no_memory(name):
    weights = random_weights(name, 3, 2)
    p = CONVENTIONS[name].to_params(weights)
    assert not any(np.shares_memory(a, b) for a in p for b in weights.values())
    back = written(name, p)
    assert not any(np.shares_memory(a, b) for a in p for b in back.values())


def test_article_a_has_the_sizes_of_its_story():
    w = to_article_a(init_params(np.random.default_rng(0), 32, 70))
    assert [a.shape for a in w.values()] == [(70, 102)] * 3 + [(70,)] * 3


@pytest.mark.parametrize("name", ONE_BIAS)
def test_two_biases_become_their_sum_where_there_is_one(name):
    p = init_params(np.random.default_rng(0), 3, 2)
    back = CONVENTIONS[name].to_params(CONVENTIONS[name].from_params(p))
    for b_i, b_h, joined, rest in zip(p[6:9], p[9:12], back[6:9], back[9:12], strict=True):
        np.testing.assert_array_equal(joined, b_i + b_h)
        np.testing.assert_array_equal(rest, 0)


def test_the_update_gates_of_cho_and_chung_are_flipped():
    weights = random_weights("cho2014", 3, 2)
    seen = convert(weights, "cho2014", "chung2014")
    due = {key: -w if key in ("W_z", "U_z") else w for key, w in weights.items()}
    assert_same_bits(seen, due)


# Published vectors


@pytest.mark.parametrize(
    ("D", "H", "scale", "bias", "Y_h"),
    [
        (2, 5, 0.1, 0.0, [0.12397026, 0.20053662, 0.19991654]),  # test_gru_defaults
        (3, 3, 0.1, 0.1, [0.20053662, 0.15482338, 0.07484276]),  # test_gru_with_initial_bias
        (2, 6, 0.2, 0.0, [0.19030014, 0.1751368, 0.09733085]),  # test_gru_batchwise
    ],
)
def test_constant_node_vectors_of_onnx(D, H, scale, bias, Y_h):
    W, R = np.full((1, 3 * H, D), scale), np.full((1, 3 * H, H), scale)
    B = np.concatenate([np.full((1, 3 * H), bias), np.zeros((1, 3 * H))], axis=1)
    x_t = np.arange(1.0, 3 * D + 1).reshape(3, D)
    seen = step(x_t, np.zeros((3, H)), from_onnx({"W": W, "R": R, "B": B}), "before")
    due = np.repeat(np.array(Y_h)[:, None], H, axis=1)
    np.testing.assert_allclose(seen, due, rtol=0, atol=1e-7)  # float32 of numbers below 1


def test_random_node_vector_of_onnx_over_two_steps():
    D, H = 3, 5  # test_gru_seq_length
    rng = np.random.RandomState(0)
    W, R, W_B, R_B = (
        rng.randn(1, *shape).astype(np.float32).astype(float)
        for shape in ((3 * H, D), (3 * H, H), (3 * H,), (3 * H,))
    )
    p = from_onnx({"W": W, "R": R, "B": np.concatenate([W_B, R_B], axis=1)})
    h_t = np.zeros((3, H))
    for x_t in np.arange(1.0, 19.0).reshape(2, 3, D):
        h_t = step(x_t, h_t, p, "before")
    due = [
        [-1.30678061e-03, -7.35266358e-02, 3.93016756e-01, -1.13057345e-03, -1.48788989e-01],
        [-1.13389646e-07, -6.69003566e-06, 7.50085562e-02, -2.73153091e-06, -8.99315160e-03],
        [-9.19529036e-12, -5.57028423e-10, 9.96355526e-03, -6.59210997e-09, -1.94893437e-04],
    ]
    np.testing.assert_allclose(h_t, due, rtol=1e-5, atol=1e-7)  # float32, exponents up to 40


@pytest.mark.parametrize(
    ("name", "reset", "Y_h"),
    [
        ("keras_after", "after", [0.5217289, 0.6371659, 0.39384964]),
        ("keras_before", "before", [0.51447755, 0.6426879, 0.40208298]),
    ],
)
def test_vectors_of_keras_over_six_steps(name, reset, Y_h):
    D, H = 4, 3
    constants = {"kernel": 0.01, "recurrent_kernel": 0.02, "bias": 0.03}
    p = from_keras({k: np.full(shapes_of(name, D, H)[k], c) for k, c in constants.items()}, reset)
    h_t = np.zeros((3, H))
    for x_t in np.arange(72.0).reshape(3, 6, D).swapaxes(0, 1):
        h_t = step(x_t, h_t, p, reset)
    due = np.repeat(np.array(Y_h)[:, None], H, axis=1)
    np.testing.assert_allclose(h_t, due, rtol=0, atol=1e-6)  # Keras' test allows 1e-5


@pytest.mark.parametrize("linear_before_reset", [0, 1])
def test_onnx_runs_our_weights_over_time(linear_before_reset):
    T, N, D, H = 6, 4, 3, 5
    rng = np.random.default_rng(0)
    p, X, h_t = init_params(rng, D, H), rng.normal(size=(T, N, D)), rng.normal(size=(N, H))
    due = onnx_gru(to_onnx(p), X, h_t, linear_before_reset=linear_before_reset)
    for x_t in X:
        h_t = step(x_t, h_t, p, "after" if linear_before_reset else "before")
    np.testing.assert_allclose(h_t, due, rtol=0, atol=ROUNDING)


# PyTorch


def test_torch_gru_runs_our_weights_over_time():
    T, N, D, H = 6, 4, 3, 5
    rng = np.random.default_rng(0)
    p, X, h_t = init_params(rng, D, H), rng.normal(size=(T, N, D)), rng.normal(size=(N, H))
    gru = torch.nn.GRU(D, H, dtype=torch.float64)
    gru.load_state_dict({name: torch.from_numpy(w) for name, w in to_pytorch(p).items()})
    due = gru(torch.from_numpy(X), torch.from_numpy(h_t)[None])[1][0].detach().numpy()
    for x_t in X:
        h_t = step(x_t, h_t, p)
    np.testing.assert_allclose(h_t, due, rtol=0, atol=ROUNDING)


def test_a_torch_gru_comes_back_bit_by_bit():
    state = torch.nn.GRU(3, 2).state_dict()
    due = {name: w.numpy() for name, w in state.items()}
    assert_same_bits(to_pytorch(from_pytorch(state)), due)


def test_a_torch_gru_cell_comes_back_bit_by_bit():
    state = torch.nn.GRUCell(3, 2).state_dict()
    due = {name: w.numpy() for name, w in state.items()}
    assert_same_bits(to_pytorch(from_pytorch(state), suffix=""), due)


def test_torch_parameters_that_require_a_gradient_are_read():
    gru = torch.nn.GRU(3, 2)
    p = from_pytorch(dict(gru.named_parameters()))
    np.testing.assert_array_equal(p.W_ir, gru.weight_ih_l0.detach()[:2])


def test_training_torch_later_leaves_our_parameters_alone():
    gru = torch.nn.GRU(3, 2)
    p = from_pytorch(gru.state_dict())
    with torch.no_grad():
        gru.weight_ih_l0.add_(1)
    np.testing.assert_array_equal(p.W_ir + 1, gru.weight_ih_l0.detach()[:2].numpy())


@pytest.mark.parametrize("suffix", ["_l0", "_l1", "_l0_reverse", "_l1_reverse"])
def test_one_layer_and_direction_of_a_stack_is_picked_by_its_suffix(suffix):
    state = torch.nn.GRU(3, 2, num_layers=2, bidirectional=True).state_dict()
    due = {name: w.numpy() for name, w in state.items() if name.rsplit("h", 1)[1] == suffix}
    assert_same_bits(to_pytorch(from_pytorch(state, suffix), suffix), due)


def test_a_stack_of_layers_is_not_taken_for_one():
    with pytest.raises(ValueError, match=r"suffix.*has the arrays .* seen were .*weight_ih_l1"):
        from_pytorch(torch.nn.GRU(3, 2, num_layers=2).state_dict())


def test_a_torch_lstm_is_not_taken_for_a_gru():
    with pytest.raises(ValueError, match=r"weight_ih_l0 has shape \(8, 3\), expected \(3H, D\)"):
        from_pytorch(torch.nn.LSTM(3, 2).state_dict())


# From one convention to another


PAIRS = [(source, target) for source in NO_BIAS for target in CONVENTIONS]
SAME_SIDE = [(a, b) for a, b in PAIRS if CONVENTIONS[a].reset == CONVENTIONS[b].reset]


@pytest.mark.parametrize(("source", "target"), SAME_SIDE)
def test_forms_that_reset_on_the_same_side_compute_the_same(source, target):
    weights, (x_t, h_prev) = random_weights(source, 3, 2), random_step(3, 2)
    seen = OWN_EQUATIONS[target](flat(convert(weights, source, target)), x_t, h_prev)
    due = OWN_EQUATIONS[source](weights, x_t, h_prev)
    np.testing.assert_allclose(seen, due, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize(("source", "target"), sorted(set(PAIRS) - set(SAME_SIDE)))
def test_forms_that_reset_on_different_sides_are_not_converted(source, target):
    with pytest.raises(ValueError, match="these are different functions"):
        convert(random_weights(source, 3, 2), source, target)


@pytest.mark.parametrize("H", [1, 3])
@pytest.mark.parametrize(
    ("source", "target"), [("pytorch", "article_a"), ("pytorch", "onnx_before")]
)
def test_a_diagonal_w_hn_without_b_hn_resets_on_either_side(source, target, H):
    x_t, h_prev = random_step(2, H)
    p = init_params(np.random.default_rng(0), 2, H)
    p = p._replace(W_hn=np.diag(np.diag(p.W_hn)), b_hn=np.zeros(H))
    weights = CONVENTIONS[source].from_params(p)
    due = OWN_EQUATIONS[source](weights, x_t, h_prev)
    there = convert(weights, source, target)
    np.testing.assert_allclose(
        OWN_EQUATIONS[target](there, x_t, h_prev), due, rtol=0, atol=ROUNDING
    )
    back = convert(there, target, source)
    np.testing.assert_allclose(OWN_EQUATIONS[source](back, x_t, h_prev), due, rtol=0, atol=ROUNDING)


def test_a_diagonal_w_hn_with_b_hn_does_not():
    p = init_params(np.random.default_rng(0), 2, 1)
    assert not reset_side_is_free(p)
    with pytest.raises(ValueError, match=r"pytorch resets after .* keras_before resets before it"):
        convert(to_pytorch(p), "pytorch", "keras_before")


def test_a_w_hn_beside_the_diagonal_does_not():
    p = init_params(np.random.default_rng(0), 2, 2)._replace(b_hn=np.zeros(2))
    assert not reset_side_is_free(p)
    with pytest.raises(ValueError, match="expected a diagonal W_hn and b_hn = 0"):
        convert(to_keras(p), "keras_after", "onnx_before")


@pytest.mark.parametrize("names", [("mxnet", "pytorch"), ("pytorch", "mxnet")])
def test_an_unknown_convention_is_named(names):
    weights = to_pytorch(init_params(np.random.default_rng(0), 3, 2))
    with pytest.raises(ValueError, match="^'mxnet' is not a convention, expected one of article_a"):
        convert(weights, *names)


# What cannot be read or written


@pytest.mark.parametrize("bias", GRUParams._fields[6:])
@pytest.mark.parametrize("name", NO_BIAS)
def test_a_bias_is_refused_by_a_form_without_one(name, bias):
    p = CONVENTIONS[name].to_params(random_weights(name, 3, 2))
    with pytest.raises(ValueError, match=rf"has no bias, but {bias} reaches 0.25, expected 0"):
        CONVENTIONS[name].from_params(p._replace(**{bias: np.array([0.0, -0.25])}))


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_missing_array_is_named(name):
    weights = random_weights(name, 3, 2)
    missing = next(iter(weights))  # a matrix; all biases together may be absent
    del weights[missing]
    with pytest.raises(ValueError, match=rf"has the arrays \[.*'{missing}'.* seen were"):
        CONVENTIONS[name].to_params(weights)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_an_array_too_many_is_named(name):
    weights = random_weights(name, 3, 2) | {"gamma": np.ones(2)}
    with pytest.raises(ValueError, match="seen were .*'gamma'"):
        CONVENTIONS[name].to_params(weights)


INPUT_IN_ROWS = {
    ("pytorch", "weight_ih_l0"),
    ("onnx_after", "W"),
    ("onnx_before", "W"),
    ("mlx", "Wx"),
}


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name in CONVENTIONS for key in shapes_of(name, 3, 2)]
)
def test_an_array_of_another_shape_is_refused(name, key):
    weights = random_weights(name, 3, 2)
    axis = -2 if (name, key) in INPUT_IN_ROWS else -1  # one whose size the other arrays fix
    other = list(weights[key].shape)
    other[axis] = 11
    for shape in (other, [*other, 1], []):
        with pytest.raises(
            ValueError, match=r"has shape \(.*\), expected \(.*H.*\).*check the layout"
        ):
            CONVENTIONS[name].to_params(weights | {key: np.ones(shape)})


def test_a_shape_is_named_with_the_sizes_it_was_held_against():
    weights = random_weights("keras_after", 3, 2) | {"bias": np.ones((2, 5))}
    with pytest.raises(
        ValueError, match=r"bias has shape \(2, 5\), expected \(2, 3H\) with D = 3, H = 2"
    ):
        from_keras(weights)


def test_article_a_needs_columns_for_the_input():
    weights = random_weights("article_a", 3, 2)
    weights |= {key: np.ones((2, 2)) for key in ("W_r", "W_z", "W")}
    with pytest.raises(ValueError, match=r"W has shape \(2, 2\), expected \(H, H \+ D\)"):
        from_article_a(weights)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_parameters_that_do_not_fit_each_other_are_not_written(name):
    p = CONVENTIONS[name].to_params(random_weights(name, 3, 2))
    with pytest.raises(ValueError, match=r"^W_hz has shape \(3, 3\), expected \(2, 2\)"):
        CONVENTIONS[name].from_params(p._replace(W_hz=np.ones((3, 3))))


def test_flax_nnx_has_no_place_for_b_hn():
    p = init_params(np.random.default_rng(0), 3, 2)
    with pytest.raises(ValueError, match="nnx GRUCell has no place for it, but b_hn reaches"):
        CONVENTIONS["flax_nnx"].from_params(p)


def test_the_tuple_of_trax_is_read():
    p = init_params(np.random.default_rng(0), 3, 2)
    w = to_trax(p)
    again = from_trax((w["w1"], w["b1"], w["w2"], w["b2"]))
    assert_same_bits(to_trax(again), w)


def test_an_unknown_reset_of_keras_is_named():
    weights = random_weights("keras_after", 3, 2)
    for act in (lambda: from_keras(weights, "none"), lambda: to_keras(from_keras(weights), "none")):
        with pytest.raises(ValueError, match="^reset is 'none', expected"):
            act()
