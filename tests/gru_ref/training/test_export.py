"""An exported model is the model: onnxruntime and safetensors read back what was trained."""

import sys

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors import safe_open

from gru_ref.cli import main
from gru_ref.training.loop import fit
from gru_ref.training.models import over_time
from gru_ref.training.run import load_model
from gru_ref.training.settings import Settings

SMALL = {"length": 8, "hidden": 5, "steps": 3, "progress": False, "device": "cpu"}


def export(*words):
    return main(["export", *map(str, words)])


@pytest.mark.parametrize(("cell", "layers"), [("gru", 2), ("lstm", 2), ("tanh", 2), ("own", 1)])
def test_onnxruntime_gives_what_the_model_gives_whole_and_step_by_step(
    cell, layers, tmp_path, capsys
):
    fit("copy", cell, layers=layers, folder=tmp_path / "run", **SMALL)
    file = tmp_path / "model.onnx"
    assert export(tmp_path / "run", "--to", file) == 0
    assert capsys.readouterr().out == f"Written: {file}\n"
    model, *_ = load_model(tmp_path / "run")
    x = torch.randn(7, 3, 10, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        due, state = model(x)
    due_state = [s.numpy() for s in (state if isinstance(state, tuple) else (state,))]
    session = onnxruntime.InferenceSession(file.read_bytes())
    names = [i.name for i in session.get_inputs()]
    assert names == (["x", "h_0", "c_0"] if cell == "lstm" else ["x", "h_0"])
    before = [np.zeros((layers, 3, 5), np.float32)] * (len(names) - 1)
    y, *after = session.run(None, dict(zip(names, [x.numpy(), *before], strict=True)))
    for seen, right in zip([y, *after], [due.numpy(), *due_state], strict=True):
        np.testing.assert_allclose(seen, right, rtol=0, atol=1e-5)  # float32
    for t in range(7):
        feeds = dict(zip(names, [x[t : t + 1].numpy(), *before], strict=True))
        y_t, *before = session.run(None, feeds)
        np.testing.assert_allclose(y_t[0], due[t].numpy(), rtol=0, atol=1e-5)


def test_safetensors_hold_the_weights_and_the_settings_of_any_cell(tmp_path):
    r = fit("adding", over_time(torch.nn.GRUCell), folder=tmp_path / "run", **SMALL)
    assert export(tmp_path / "run", "--to", tmp_path / "m.safetensors") == 0
    with safe_open(tmp_path / "m.safetensors", "pt") as file:
        assert Settings.from_json(file.metadata()["settings"]) == r.settings
        due = r.model.state_dict()
        assert set(file.keys()) == set(due)
        assert all(torch.equal(file.get_tensor(k), w) for k, w in due.items())


def test_what_cannot_be_exported_is_said(tmp_path, capsys, monkeypatch):
    fit("adding", "mingru", folder=tmp_path / "run", **SMALL)
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    calls = {
        "ONNX has no node for the cell mingru, only for gru, own,": "m.onnx",
        "m.h5 does not say as what: it must end in .onnx or .safetensors.": "m.h5",
        "needs the package safetensors: `pip install 'gru-course[formats]'`": "m.safetensors",
    }
    for due, name in calls.items():
        assert export(tmp_path / "run", "--to", tmp_path / name) == 2
        said = capsys.readouterr().err
        assert due in said and said.count("\n") == 1
    assert export("/nowhere", "--to", tmp_path / "m.onnx") == 2
    assert capsys.readouterr().err == "There is no checkpoint at /nowhere.\n"
    assert [f.name for f in tmp_path.iterdir()] == ["run"]
