"""Right answers to the exercises of chapters 8 and 9, each written differently from the key."""

import math
import statistics

import numpy as np
import torch

from autograder.course.chapters.ch09_cell import with_gradients
from gru_ref.cell import GRUParams, step, step_backward, step_values, zeros
from gru_ref.formats.conventions import from_pytorch, to_pytorch
from gru_ref.sequence import unroll, unroll_backward


def _mse_by_torch(y, target):
    y = torch.tensor(y, requires_grad=True)
    loss = torch.nn.functional.mse_loss(y, torch.tensor(target))
    loss.backward()
    return loss.item(), y.grad.numpy()


def _network_by_torch(x, h_0, target, w):
    gru = torch.nn.GRU(x.shape[2], h_0.shape[1], dtype=torch.float64)
    packed = to_pytorch(GRUParams(*w[:12]))
    gru.load_state_dict({k: torch.from_numpy(np.array(a)) for k, a in packed.items()})
    W_y, b_y = (torch.tensor(a, requires_grad=True) for a in w[12:])
    h = gru(torch.from_numpy(x), torch.from_numpy(h_0)[None])[0]
    loss = torch.nn.functional.mse_loss(h[-1] @ W_y.T + b_y, torch.from_numpy(target))
    loss.backward()
    grads = from_pytorch({k: p.grad for k, p in gru.named_parameters()})
    return loss.item(), [*grads, W_y.grad.numpy(), b_y.grad.numpy()]


def _gradients_by_torch(x, h_0, target, w):
    loss, grads = _network_by_torch(x, h_0, target, w)
    return loss, type(w)(*grads)


def _gradients_step_by_step(x, h_0, target, w):
    p, hs = GRUParams(*w[:12]), [h_0]
    for x_t in x:
        hs.append(step(x_t, hs[-1], p))
    dy = hs[-1] @ w.W_y.T + w.b_y - target
    loss = (dy * dy).mean()
    dy = 2 * dy / dy.size
    flow, grads = dy @ w.W_y, zeros(x.shape[2], h_0.shape[1])
    for t in reversed(range(len(x))):
        back = step_backward(flow, x[t], hs[t], step_values(x[t], hs[t], p), p)
        flow = back.dh_prev
        grads = (
            back.params
            if grads is None
            else [a + b for a, b in zip(grads, back.params, strict=True)]
        )
    return loss, type(w)(*grads, np.einsum("nk,nh->kh", dy, hs[-1]), np.ones(len(dy)) @ dy)


def _gradients_from_sequence(x, h_0, target, w):
    p = GRUParams(*w[:12])
    run = unroll(x, p, h_0)
    error = run.h[-1] @ w.W_y.T + w.b_y - target
    dh = np.zeros_like(run.h)
    dh[-1] += 2 / error.size * error @ w.W_y
    grads = unroll_backward(dh, run.kept).params
    dy = 2 * error / error.size
    return np.mean(error**2), type(w)(*grads, (run.h[-1].T @ dy).T, dy.sum(0))


def _adam_towards(w, g, m, v, t, lr):
    m = m + (g - m) / 10
    v = v + (g * g - v) / 1000
    rate = lr * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - rate * m / (np.sqrt(v) + 1e-8 * np.sqrt(1 - 0.999**t)), m, v


def _adam_by_torch(w, g, m, v, t, lr):
    p = torch.nn.Parameter(torch.tensor(w))
    p.grad = torch.tensor(g)
    adam = torch.optim.Adam([p], lr=float(lr))
    adam.state[p] = {
        "step": torch.tensor(float(t - 1)),
        "exp_avg": torch.tensor(m),
        "exp_avg_sq": torch.tensor(v),
    }
    adam.step()
    state = adam.state[p]
    return p.detach().numpy(), state["exp_avg"].numpy(), state["exp_avg_sq"].numpy()


def _train_by_index(xs, targets, w, lr, max_norm):
    for b in range(len(xs)):
        zero = np.zeros((xs[b].shape[1], len(w.b_hr)))
        grads = _gradients_step_by_step(xs[b], zero, targets[b], w)[1]
        norm = np.linalg.norm(np.concatenate([np.ravel(g) for g in grads]))
        w = type(w)(*[a - lr * (g if norm <= max_norm else g / norm * max_norm)
                      for a, g in zip(w, grads, strict=True)])  # fmt: skip
    return w


def _train_by_torch(xs, targets, w, lr, max_norm):
    for x, target in zip(xs, targets, strict=True):
        _, grads = _network_by_torch(x, np.zeros((x.shape[1], len(w.b_hr))), target, w)
        held = [torch.nn.Parameter(torch.tensor(np.array(a))) for a in w]
        for p, g in zip(held, grads, strict=True):
            p.grad = torch.tensor(np.array(g))
        torch.nn.utils.clip_grad_norm_(held, float(max_norm))
        torch.optim.SGD(held, lr=float(lr)).step()
        w = type(w)(*(p.detach().numpy() for p in held))
    return w


def _train_with_one_factor(xs, targets, w, lr, max_norm):
    start = np.zeros((xs.shape[2], w.W_hr.shape[1]))
    for i, x in enumerate(xs):
        _, g = _gradients_from_sequence(x, start, targets[i], w)
        factor = lr * min(1.0, max_norm / math.sqrt(sum(float(np.sum(a * a)) for a in g)))
        w = w._replace(**{k: getattr(w, k) - factor * getattr(g, k) for k in w._fields})
    return w


# --- which cell ------------------------------------------------------------------------------


def _cell_of_torch(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    cell = torch.nn.GRUCell(x_t.shape[-1], h_prev.shape[-1], dtype=torch.float64)
    packed = (weight_ih, weight_hh, bias_ih, bias_hh)
    with torch.no_grad():
        for parameter, array in zip(cell.parameters(), packed, strict=True):
            parameter.copy_(torch.from_numpy(array))
        return cell(torch.from_numpy(x_t), torch.from_numpy(h_prev)).numpy()


def _cell_in_numpy(x_t, h_prev, weight_ih, weight_hh, bias_ih, bias_hh):
    H = h_prev.shape[-1]
    a_i, a_h = x_t @ weight_ih.T + bias_ih, h_prev @ weight_hh.T + bias_hh
    gates = s_of(a_i[..., : 2 * H] + a_h[..., : 2 * H])
    n_t = np.tanh(a_i[..., 2 * H :] + gates[..., :H] * a_h[..., 2 * H :])
    return n_t + gates[..., H:] * (h_prev - n_t)


def s_of(a):
    return (np.tanh(a / 2) + 1) / 2


def _cell_through_params(x_t, h_prev, *packed):
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return step(x_t, h_prev, from_pytorch(dict(zip(names, packed, strict=True))))


def _units_by_formula(budget, D):
    b = int(D) + 2
    return [int((-b + math.sqrt(b * b + 4 * int(budget) / g)) / 2 + 1e-9) for g in (1, 3, 4)]


def _units_by_table(budget, D):
    H = np.arange(1000)
    return tuple(np.max(H[g * H * (D + H + 2) <= budget]) for g in (1, 3, 4))


def _units_downwards(budget, D):
    def largest(g):
        H = int(budget)
        while g * H * (D + H + 2) > budget:
            H -= 1
        return H

    return np.array([largest(1), largest(3), largest(4)])


def _median_by_sorting(steps, solved):
    ordered = sorted(s if ok else math.inf for s, ok in zip(steps, solved, strict=True))
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _median_by_division(steps, solved):
    with np.errstate(divide="ignore"):
        return np.median(steps / solved)


def _notes_by_torch(logits, notes):
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    a, y = torch.tensor(logits), torch.tensor(notes)
    return loss(a, y, reduction="sum").item() / logits[..., 0].size


def _notes_by_max(logits, notes):
    each = np.maximum(logits, 0) - logits * notes + np.log1p(np.exp(-np.abs(logits)))
    return np.mean(np.sum(each, 2))


TRAINING = {
    "adding_targets": [
        lambda x: np.einsum("tn,tn->n", x[:, :, 0], x[:, :, 1])[:, None],
        lambda x: np.array([[x[x[:, n, 1] == 1, n, 0].sum()] for n in range(x.shape[1])]),
        lambda x: np.prod(x, axis=2).sum(0, keepdims=True).T,
    ],
    "mean_squared_error": [
        lambda y, target: (((y - target) ** 2).sum() / y.size, (y - target) / (y.size / 2)),
        lambda y, target: (np.square(target - y).mean(), -2 * (target - y) / np.prod(y.shape)),
        _mse_by_torch,
    ],
    "loss_and_gradients": [_gradients_by_torch, _gradients_step_by_step, _gradients_from_sequence],
    "adam_step": [
        lambda w, g, m, v, t, lr: (
            w
            - lr
            * (0.9 * m + 0.1 * g)
            / (1 - 0.9**t)
            / (((0.999 * v + 0.001 * g * g) / (1 - 0.999**t)) ** 0.5 + 1e-8),
            0.9 * m + 0.1 * g,
            0.999 * v + 0.001 * g * g,
        ),  # fmt: skip
        _adam_towards,
        _adam_by_torch,
    ],
    "train_on": [_train_by_index, _train_by_torch, _train_with_one_factor],
    "run_gru_cell": [
        with_gradients(f) for f in (_cell_of_torch, _cell_in_numpy, _cell_through_params)
    ],
    "units_for_budget": [_units_by_formula, _units_by_table, _units_downwards],
    "median_steps": [
        _median_by_sorting,
        _median_by_division,
        lambda steps, solved: statistics.median(
            s if ok > 0.5 else math.inf for s, ok in zip(steps, solved, strict=True)
        ),
    ],
    "notes_nll": [
        _notes_by_torch,
        _notes_by_max,
        lambda logits, notes: np.logaddexp(0, logits * (1 - 2 * notes)).mean() * logits.shape[-1],
    ],
}
