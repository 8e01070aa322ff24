"""Write vectors.json, what `gru_ref` gives for drawn cells: `python -m tests.site.make_vectors`."""

import json
from pathlib import Path

import numpy as np

import gru_ref

WRITTEN = Path(__file__).with_name("vectors.json")
SIZES = ((3, 1, 7), (2, 3, 5), (1, 1, 1))  # D, H, T


def vectors():
    """Return cells with their inputs, what each step computes, and dL/dh, dL/dx of L = sum h_T."""
    made, rng = [], np.random.default_rng(13)
    for D, H, T in SIZES:
        p, x = gru_ref.init_params(rng, D, H), rng.normal(size=(T, D))
        p = gru_ref.GRUParams(*(3 * w for w in p))
        h, steps = rng.uniform(-1, 1, H), []
        case = {
            "x": x.tolist(),
            "h_0": h.tolist(),
            "p": {k: w.tolist() for k, w in p._asdict().items()},
        }
        for x_t in x:
            steps.append((x_t, h, gru_ref.step_values(x_t, h, p)))
            h = steps[-1][2].h_t
        dh, gradients = np.ones(H), []
        for x_t, h_prev, v in reversed(steps):
            back = gru_ref.step_backward(dh, x_t, h_prev, v, p)
            gradients.insert(0, {"dh": dh.tolist(), "dx": back.dx_t.tolist()})
            dh = back.dh_prev
        for (_, _, v), g in zip(steps, gradients, strict=True):
            g |= dict(zip("rznh", (a.tolist() for a in v), strict=True))
        made.append(case | {"steps": gradients})
    return made


if __name__ == "__main__":
    WRITTEN.write_text(json.dumps(vectors()) + "\n", encoding="utf-8")
