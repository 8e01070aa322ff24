"""Files: what `load` finds in each kind, that it computes as it did there, and each refusal."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, load_model, numpy_helper, save_model
from safetensors.torch import save_file

from gru_ref.cell import init_params, step
from gru_ref.errors import UsageError
from gru_ref.formats.burn import to_burn
from gru_ref.formats.flax import to_flax_linen, to_flax_nnx
from gru_ref.formats.haiku import to_haiku
from gru_ref.formats.keras import layers_to_keras, to_keras
from gru_ref.formats.layout import flat
from gru_ref.formats.load import load, load_all
from gru_ref.formats.mlx import to_mlx
from gru_ref.formats.onnx import layers_to_onnx
from gru_ref.formats.tensorflow import to_gru_block_cell, to_trax
from gru_ref.layers import init_stack, stack_forward
from gru_ref.lstm import init_lstm_params
from gru_ref.training.checkpoints import save

D, H = 3, 4
RUNNING = 1e-6  # float32


def params(seed=0):
    return init_params(np.random.default_rng(seed), D, H)


def same_step(network, p, reset):
    """Whether the one layer of a network and p compute the same h_t."""
    rng = np.random.default_rng(1)
    x_t, h_prev = rng.normal(size=(2, D)), rng.normal(size=(2, H))
    ((q,),) = network.layers
    due = step(x_t, h_prev, p, reset)
    return np.allclose(step(x_t, h_prev, q, network.reset), due, rtol=0, atol=1e-14)


class Tagger(torch.nn.Module):
    """A model as people have one: its GRU is a part with a name."""

    def __init__(self, kind=torch.nn.GRU, **options):
        super().__init__()
        self.embed = torch.nn.Embedding(7, D)
        self.rnn = kind(D, H, **options)
        self.read_out = torch.nn.Linear(H, 2)


def through_torch(module, x):
    with torch.no_grad():
        return module(torch.from_numpy(x))[0].numpy()


# PyTorch's files


@pytest.mark.parametrize("ending", [".pt", ".pth", ".safetensors", ".npz"])
def test_a_gru_inside_a_model_is_found_in_every_kind_of_file(tmp_path, ending):
    model, path = Tagger(num_layers=2, bidirectional=True), tmp_path / f"model{ending}"
    if ending == ".safetensors":
        save_file(model.state_dict(), path)
    elif ending == ".npz":
        np.savez(path, **{name: w.numpy() for name, w in model.state_dict().items()})
    else:
        torch.save({"epoch": 3, "model": model.state_dict()}, path)
    seen = load(path)
    assert seen.name == ("model.rnn" if ending in (".pt", ".pth") else "rnn")
    assert (seen.library, seen.cell, seen.reset, seen.sizes) == ("pytorch", "gru", "after", (D, H))
    x = np.random.default_rng(0).normal(size=(5, 2, D)).astype(np.float32)
    due = through_torch(model.rnn, x)
    np.testing.assert_allclose(stack_forward(x, seen.layers).h, due, rtol=0, atol=RUNNING)


def test_bfloat16_in_safetensors_is_read(tmp_path):
    path, gru = tmp_path / "half.safetensors", torch.nn.GRU(D, H)
    save_file({name: w.bfloat16() for name, w in gru.state_dict().items()}, path)
    ((p,),) = load(path).layers
    np.testing.assert_array_equal(p.W_ir, gru.weight_ih_l0.detach().bfloat16().float()[:H])


def test_the_folder_of_a_run_is_read(tmp_path):
    model = Tagger(torch.nn.LSTM)
    save(tmp_path, {"settings": "", "model": model.state_dict(), "step": 1})
    seen = load(tmp_path)
    assert (seen.name, seen.cell, seen.reset) == ("model.rnn", "lstm", None)


def test_of_several_networks_one_is_chosen_by_its_name(tmp_path):
    path = tmp_path / "two.npz"
    arrays = {}
    for part in ("enc", "dec"):  # w_ih for weight_ih, as some write it
        for name, w in torch.nn.GRU(D, H).state_dict().items():
            short = name.removesuffix("_l0").replace("weight", "w").replace("bias", "b")
            arrays[f"{part}_{short}"] = w.numpy()
    np.savez(path, **arrays)
    assert [network.name for network in load_all(path)] == ["enc", "dec"]
    np.testing.assert_array_equal(load(path, "dec").layers[0][0].W_ir, arrays["dec_w_ih"][:H])
    with pytest.raises(UsageError, match="holds 2 networks: choose one by its name, 'enc', 'dec'"):
        load(path)
    with pytest.raises(UsageError, match="no network 'end': choose one of: 'enc', 'dec'"):
        load(path, "end")


# Other libraries' names


@pytest.mark.parametrize(
    ("library", "to", "reset"),
    [
        ("flax_linen", to_flax_linen, "after"),
        ("flax_nnx", to_flax_nnx, "after"),
        ("mlx", to_mlx, "after"),
        ("haiku", to_haiku, "before"),
        ("trax", to_trax, "before"),
        ("gru_block_cell", to_gru_block_cell, "before"),
        ("keras", to_keras, "after"),
        ("keras", lambda p: to_keras(p, "before"), "before"),
        ("burn", to_burn, "after"),
        ("burn", to_burn, "before"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_a_library_is_told_by_its_names(tmp_path, library, to, reset):
    p = params()._replace(b_hn=np.zeros(H)) if library == "flax_nnx" else params()
    arrays = {f"model/cell/{name.replace('.', '/')}:0": a for name, a in flat(to(p)).items()}
    np.savez(tmp_path / "m.npz", other=np.ones(3), **arrays)
    seen = load(tmp_path / "m.npz", reset=reset if library == "burn" else None)
    assert (seen.name, seen.library, seen.reset) == ("model.cell", library, reset)
    assert same_step(seen, p, reset)


def test_both_directions_of_keras_are_one_layer(tmp_path):
    layers = init_stack(np.random.default_rng(0), D, H, 1, 2)
    (arrays,) = layers_to_keras(layers)
    names = [
        f"bidirectional/{way}_gru/gru_cell/{name}"
        for way in ("forward", "backward")
        for name in ("kernel", "recurrent_kernel", "bias")
    ]
    np.savez(tmp_path / "m.npz", **dict(zip(names, arrays, strict=True)))
    seen = load(tmp_path / "m.npz")
    x = np.random.default_rng(1).normal(size=(5, 2, D))
    due = stack_forward(x, layers).h
    np.testing.assert_allclose(stack_forward(x, seen.layers).h, due, rtol=0, atol=1e-13)


def test_an_lstm_of_keras_is_one(tmp_path):
    p = init_lstm_params(np.random.default_rng(0), D, H)
    np.savez(tmp_path / "m.npz", **{f"lstm/{k}": a for k, a in to_keras(p).items()})
    seen = load(tmp_path / "m.npz")
    assert (seen.name, seen.cell, seen.reset) == ("lstm", "lstm", None)


# ONNX


@pytest.mark.parametrize("kind", [torch.nn.GRU, torch.nn.LSTM])
@pytest.mark.parametrize("both", [False, True])
def test_layers_that_torch_exports_are_joined_again(tmp_path, kind, both):
    torch.manual_seed(0)
    module, path = kind(D, H, num_layers=2, bidirectional=both), tmp_path / "m.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter speaks of its successor
        torch.onnx.export(module, (torch.zeros(5, 2, D),), path, dynamo=False)
    seen = load(path)
    assert [len(layer) for layer in seen.layers] == [2 if both else 1] * 2
    assert seen.library == "onnx" and seen.sizes == (D, H)
    if kind is torch.nn.GRU:
        x = np.random.default_rng(0).normal(size=(5, 2, D)).astype(np.float32)
        due = through_torch(module, x)
        assert seen.reset == "after"
        np.testing.assert_allclose(stack_forward(x, seen.layers).h, due, rtol=0, atol=RUNNING)


def onnx_file(path, op="GRU", count=1, constant=True, **attributes):
    """Write `count` operators, each of which reads X, without joining them."""
    layer = init_stack(np.random.default_rng(0), D, H)[0]
    if op == "LSTM":
        layer = (init_lstm_params(np.random.default_rng(0), D, H),)
    (w,) = layers_to_onnx((layer,))
    if "P" in attributes:
        w["P"] = attributes.pop("P")
    names = ["X", "W", "R", "B"] + (["", "", "", "P"] if "P" in w else [])
    nodes = [
        helper.make_node(op, names, [f"Y{k}"], name=f"cell_{k}", hidden_size=H, **attributes)
        for k in range(count)
    ]
    stored = [numpy_helper.from_array(a, name) for name, a in w.items()]
    value = helper.make_tensor_value_info
    given = [] if constant else [value("R", TensorProto.DOUBLE, None)]
    graph = helper.make_graph(
        nodes,
        "g",
        [value("X", TensorProto.DOUBLE, None), *given],
        [value("Y0", TensorProto.DOUBLE, None)],
        [a for a in stored if constant or a.name != "R"],
    )
    save_model(helper.make_model(graph), path)
    return path


def test_operators_that_do_not_feed_each_other_are_apart(tmp_path):
    found = load_all(onnx_file(tmp_path / "m.onnx", count=2))
    assert [network.name for network in found] == ["cell_0", "cell_1"]
    assert found[0].reset == "before"  # ONNX' default


@pytest.mark.parametrize(
    ("op", "options", "due"),
    [
        ("GRU", {"clip": 3.0}, "clip is 3.0"),
        ("GRU", {"direction": "reverse"}, "direction is reverse"),
        ("GRU", {"activations": ["HardSigmoid", "Tanh"]}, "activations are Hardsigmoid, Tanh"),
        (
            "GRU",
            {"constant": False},
            "R is computed from the input of the graph.* expected a constant",
        ),
        ("LSTM", {"P": np.ones((1, 3 * H))}, "P lets the gates see c_t"),
        ("LSTM", {"input_forget": 1}, "input_forget couples"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_an_operator_has_beyond_ours_is_named(tmp_path, op, options, due):
    path = onnx_file(tmp_path / "m.onnx", op, **options)
    with pytest.raises(UsageError, match=rf"m.onnx, cell_0: {due}"):
        load(path)


def test_peepholes_of_0_are_none(tmp_path):
    assert load(onnx_file(tmp_path / "m.onnx", "LSTM", P=np.zeros((1, 3 * H)))).cell == "lstm"


def test_weights_that_the_graph_computes_from_constants_are_computed(tmp_path):
    due = load(onnx_file(tmp_path / "m.onnx"))
    model = load_model(tmp_path / "m.onnx")
    (R,) = [a for a in model.graph.initializer if a.name == "R"]
    halved = numpy_helper.to_array(R) / 2
    R.CopyFrom(numpy_helper.from_array(halved, "half"))
    model.graph.node.insert(0, helper.make_node("Add", ["half", "half"], ["R"]))
    save_model(model, tmp_path / "m.onnx")
    for a, b in zip(load(tmp_path / "m.onnx").layers[0][0], due.layers[0][0], strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_operator_in_the_branch_of_an_if_is_found(tmp_path):
    inner = load_model(onnx_file(tmp_path / "m.onnx"))
    given = list(inner.graph.input)
    del inner.graph.input[:]
    graphs = {"then_branch": inner.graph, "else_branch": inner.graph}
    node = helper.make_node("If", ["which"], ["Y"], **graphs)
    which = helper.make_tensor_value_info("which", TensorProto.BOOL, [])
    Y = helper.make_tensor_value_info("Y", TensorProto.DOUBLE, None)
    outer = helper.make_model(helper.make_graph([node], "outer", [which, *given], [Y]))
    save_model(outer, tmp_path / "m.onnx")
    assert [each.name for each in load_all(tmp_path / "m.onnx")] == ["cell_0", "cell_0 (2)"]


def test_arrays_of_an_operator_that_do_not_fit_are_named(tmp_path):
    model = load_model(onnx_file(tmp_path / "m.onnx"))
    (b,) = [a for a in model.graph.initializer if a.name == "B"]
    b.CopyFrom(numpy_helper.from_array(np.ones((1, 5)), "B"))
    save_model(model, tmp_path / "m.onnx")
    with pytest.raises(UsageError, match=r"cell_0: an ONNX GRU: B has shape \(1, 5\)"):
        load(tmp_path / "m.onnx")


# Refusals


def refused(path, **options):
    with pytest.raises(UsageError) as error:
        load(path, **options)
    return str(error.value)


@pytest.mark.parametrize("ending", [".npz", ".pt", ".safetensors", ".onnx"])
@pytest.mark.parametrize("content", [b"", b"no weights at all"])
def test_a_file_of_something_else_is_a_sentence(tmp_path, ending, content):
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    said = refused(path)
    assert str(path) in said and "\n" not in said


def test_python_objects_are_not_unpickled(tmp_path):
    torch.save(Tagger(), tmp_path / "m.pt")
    np.savez(tmp_path / "m.npz", a=np.array([{}], object))
    for ending in (".pt", ".npz"):
        assert "Python objects that would run code" in refused(tmp_path / f"m{ending}")


def test_a_file_that_is_not_there_and_one_of_another_kind_are_named(tmp_path):
    assert refused(tmp_path / "m.pt") == f"There is no file {tmp_path / 'm.pt'}."
    assert "holds no run: there is no checkpoint.pt in it" in refused(tmp_path)
    (tmp_path / "m.h5").touch()
    assert "ends in '.h5', expected one of: .npz, .pt" in refused(tmp_path / "m.h5")


def test_a_file_without_a_gru_tells_its_arrays(tmp_path):
    np.savez(tmp_path / "m.npz", **{f"a{k}": np.ones(1) for k in range(10)})
    assert "its arrays are a0, a1" in refused(tmp_path / "m.npz")
    assert "and 2 more" in refused(tmp_path / "m.npz")


@pytest.mark.parametrize(
    ("kind", "options", "due"),
    [
        (torch.nn.RNN, {}, "rnn: weight_hh_l0 has shape (4, 4), a plain RNN's"),
        (torch.nn.LSTM, {"proj_size": 2}, "rnn: weight_hr_l0 projects h to fewer numbers"),
    ],
)
def test_what_a_file_has_beyond_ours_is_named(tmp_path, kind, options, due):
    torch.save(Tagger(kind, **options).state_dict(), tmp_path / "m.pt")
    assert due in refused(tmp_path / "m.pt")


def test_a_reset_that_the_arrays_do_not_tell_is_asked_for(tmp_path):
    np.savez(tmp_path / "burn.npz", **to_burn(params()))
    zero = params()._replace(**{f"b_{k}": np.zeros(H) for k in "ir iz in hr hz hn".split()})
    np.savez(tmp_path / "keras.npz", **to_keras(zero, bias=False))
    for name in ("burn", "keras"):
        assert "do not tell whether it resets before or after" in refused(tmp_path / f"{name}.npz")
        assert load(tmp_path / f"{name}.npz", reset="before").reset == "before"
    said = refused(tmp_path / "burn.npz", reset="none")
    assert said == "There is no reset 'none'; choose one of: after, before."


@pytest.mark.parametrize("package", ["onnx", "safetensors"])
def test_a_package_that_is_missing_is_named(tmp_path, package):
    path = tmp_path / f"m.{package}"
    path.touch()
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        f"from gru_ref.formats.load import load\nload({str(path)!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert f"read by the package {package}, which is not installed" in done.stderr
