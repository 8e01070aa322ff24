"""Right answers to every exercise, each written differently from the key."""

import math

import numpy as np

from benchmarks.answers.right_parallel import PARALLEL
from benchmarks.answers.right_training import TRAINING
from gru_ref.cell import GRUParams


def s_exp(a):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-a))


def s_logaddexp(a):
    return np.exp(-np.logaddexp(0, -a))


def s_where(a):
    a = np.asarray(a, dtype=float)
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1 / (1 + e), e / (1 + e))


def s_tanh(a):
    return (np.tanh(a / 2) + 1) / 2


def p_einsum(v, W):
    return np.einsum("...d,hd->...h", v, W)


def p_transposed(v, W):
    return (W @ v.T).T


def p_loop(v, W):
    rows = np.atleast_2d(v)
    out = np.zeros((len(rows), len(W)))
    for i in range(len(rows)):
        for j in range(len(W)):
            for d in range(rows.shape[1]):
                out[i, j] += rows[i, d] * W[j, d]
    return out if np.ndim(v) == 2 else out[0]


def p_tensordot(v, W):
    return np.tensordot(v, W, axes=([-1], [1]))


SIGMOIDS = (s_exp, s_logaddexp, s_where, s_tanh)
PRODUCTS = (p_einsum, p_transposed, p_loop, p_tensordot)
PAIRS = tuple(zip(SIGMOIDS, PRODUCTS, strict=True))


def _joined(x, h, Wi, bi, Wh, bh):
    W = np.concatenate([Wi, Wh], axis=1)
    return np.concatenate([x, h], axis=-1) @ W.T + (bi + bh)


def _affines():
    return [lambda x, h, Wi, bi, Wh, bh, p=p: p(x, Wi) + p(h, Wh) + (bi + bh) for p in PRODUCTS] + [
        _joined
    ]


def _gates():
    return [
        lambda x, h, Wi, bi, Wh, bh, s=s, p=p: s(p(x, Wi) + bi + p(h, Wh) + bh) for s, p in PAIRS
    ] + [lambda *a: s_tanh(_joined(*a))]


def _joined_by_hand(x_t, h_prev, W, b):
    H = len(b)
    return s_tanh(h_prev @ W[:, :H].T + x_t @ W[:, H:].T + b)


def _stacked(x_t, h_prev, W, b):
    X = np.hstack([h_prev, x_t]) if x_t.ndim == 1 else np.column_stack([h_prev, x_t])
    return s_exp((W @ X.T).T + b)


def _after(x, h, r, Wi, bi, Wh, bh, p):
    past = p(h, Wh) + bh
    return np.tanh(p(x, Wi) + bi + r * past)


def _before(x, h, r, Wi, bi, Wh, bh, p):
    return np.tanh(p(x, Wi) + bi + p(np.multiply(r, h), Wh) + bh)


def _before_by_columns(x, h, r, Wi, bi, Wh, bh):
    if x.ndim == 2:
        rows = [
            _before_by_columns(a, b, c, Wi, bi, Wh, bh) for a, b, c in zip(x, h, r, strict=True)
        ]
        return np.array(rows)
    return np.tanh(Wi @ x + bi + (Wh * r) @ h + bh)


def _gap(*a):
    return np.max(np.abs(_after(*a, p_einsum) - _before(*a, p_einsum)))


def _hidden(x, h, r, z, Wi, bi, Wh, bh, p):
    n = _after(x, h, r, Wi, bi, Wh, bh, p)
    return n + z * (h - n)


def _cell(x_t, h_prev, p, s, product):
    r = s(product(x_t, p.W_ir) + p.b_ir + product(h_prev, p.W_hr) + p.b_hr)
    z = s(product(x_t, p.W_iz) + p.b_iz + product(h_prev, p.W_hz) + p.b_hz)
    n = np.tanh(product(x_t, p.W_in) + p.b_in + r * (product(h_prev, p.W_hn) + p.b_hn))
    return n - z * n + z * h_prev


def _packed_cell(x_t, h_prev, p):
    gi = x_t @ np.concatenate([p.W_ir, p.W_iz, p.W_in]).T + np.concatenate([p.b_ir, p.b_iz, p.b_in])
    gh = h_prev @ np.concatenate([p.W_hr, p.W_hz, p.W_hn]).T
    gh = gh + np.concatenate([p.b_hr, p.b_hz, p.b_hn])
    i_r, i_z, i_n = np.split(gi, 3, axis=-1)
    h_r, h_z, h_n = np.split(gh, 3, axis=-1)
    z = s_exp(i_z + h_z)
    return (1 - z) * np.tanh(i_n + s_exp(i_r + h_r) * h_n) + z * h_prev


def _unpack_slices(weight_ih, weight_hh, bias_ih, bias_hh):
    H = len(bias_ih) // 3
    cut = (slice(0, H), slice(H, 2 * H), slice(2 * H, None))
    return GRUParams(*(a[c] for a in (weight_ih, weight_hh, bias_ih, bias_hh) for c in cut))


def _unpack_dict(weight_ih, weight_hh, bias_ih, bias_hh):
    H = weight_hh.shape[1]
    found = {}
    for prefix, a in (
        ("W_i", weight_ih),
        ("W_h", weight_hh),
        ("b_i", bias_ih),
        ("b_h", bias_hh),
    ):
        for i, gate in enumerate("rzn"):
            found[prefix + gate] = a[i * H : (i + 1) * H]
    return GRUParams(**found)


def _unpack_reshape(weight_ih, weight_hh, bias_ih, bias_hh):
    H, D = weight_hh.shape[1], weight_ih.shape[1]
    shapes = ((3, H, D), (3, H, H), (3, H), (3, H))
    packed = (weight_ih, weight_hh, bias_ih, bias_hh)
    rows = (row for a, s in zip(packed, shapes, strict=True) for row in np.reshape(a, s))
    return GRUParams(*(row.tolist() for row in rows))


def _flip_loop(p):
    return GRUParams(*(-w if "z" in name else w for name, w in zip(p._fields, p, strict=True)))


def _flip_dict(p):
    return GRUParams(**{k: v * (-1 if k.endswith("z") else 1) for k, v in p._asdict().items()})


def _flip_list(p):
    return GRUParams(*(np.negative(w) if i in (1, 4, 7, 10) else w for i, w in enumerate(p)))


def _rnn(W_i, b_i, W_h, b_h, r=25.0, z=-25.0, past_bias_inside=True):
    H, D = W_i.shape
    w_i, w_h, b = np.zeros((H, D)), np.zeros((H, H)), np.zeros(H)
    b_n = (b_i, b_h) if past_bias_inside else (b_i + b_h, b)
    return GRUParams(
        w_i, w_i, W_i, w_h, w_h, W_h, b + r / 2, b + z / 2, b_n[0], b + r / 2, b + z / 2, b_n[1]
    )


def _rnn_with_noise(W_i, b_i, W_h, b_h):
    p = _rnn(W_i, b_i, W_h, b_h, 60.0, -60.0)
    return p._replace(W_hr=np.ones_like(p.W_hr), W_hz=np.ones_like(p.W_hz))


def _remember(D, H, b=20.0):
    w = np.random.default_rng(0).normal
    o, w_h, no = np.zeros((H, D)), np.zeros((H, H)), np.zeros(H)
    return GRUParams(w(size=(H, D)), o, w(size=(H, D)), w_h, w_h, w_h, no, no + b, no, no, no, no)


def _stored(D, H):
    D, H = int(D), int(H)
    shapes = [(H, D)] * 3 + [(H, H)] * 3 + [(H,)] * 6
    return GRUParams(*(np.full(s, 500.0 if i == 10 else 0.0) for i, s in enumerate(shapes)))


def _filled(x, h_0, p):
    out = np.empty((*x.shape[:2], h_0.shape[1]))
    h = h_0.copy()
    for t in range(len(x)):
        h = _packed_cell(x[t], h, p)
        out[t] = h
    return out


def _each_sequence(x, h_0, p):
    rows = []
    for n in range(x.shape[1]):
        h, row = h_0[n], []
        for t in range(len(x)):
            h = _cell(x[t, n], h, p, s_exp, p_einsum)
            row.append(h)
        rows.append(row)
    return np.swapaxes(np.array(rows), 0, 1)


def _recursive(x, h_0, p):
    if len(x) == 0:
        return np.zeros((0, *h_0.shape))
    h = _packed_cell(x[0], h_0, p)
    return np.concatenate([h[None], _recursive(x[1:], h, p)])


FORWARDS = (_filled, _each_sequence, _recursive)


def _cut_and_pad(x, lengths, h_0, p, f):
    out, last = np.zeros((*x.shape[:2], h_0.shape[1])), np.zeros_like(h_0)
    for n, length in enumerate(lengths):
        states = f(x[:length, n : n + 1], h_0[n : n + 1], p)[:, 0]
        out[:length, n], last[n] = states, states[-1]
    return out, last


def _masked_after(x, lengths, h_0, p):
    out = _filled(x, h_0, p)
    last = out[lengths - 1, np.arange(len(lengths))]
    return np.where((np.arange(len(x))[:, None] < lengths)[..., None], out, 0), last


def _mixed(x, lengths, h_0, p):
    h, out = h_0, []
    for t in range(len(x)):
        over = t >= lengths
        new = np.array(_packed_cell(x[t], h, p))
        new[over] = h[over]
        h = new
        out.append(np.copy(h))
        out[-1][over] = 0
    return out, h


def _stack(x, h_0, layers, f):
    last = np.zeros_like(h_0)
    for i, p in enumerate(layers):
        x = f(x, h_0[i], p)
        last[i] = x[-1]
    return x, last


def _both_ways(x, h_0, p, q, f):
    back = np.flip(f(np.flip(x, 0), h_0[1], q), 0)
    return np.concatenate((f(x, h_0[0], p), back), axis=2)


def _count_by_shapes(D, H, layers):
    total = 0
    for layer in range(layers):
        inputs = H if layer else D
        total += sum(math.prod(s) for s in ((H, inputs), (H, H), (H,), (H,)))
    return [total, 3 * total, 4 * total]


def _cross_entropy_by_logaddexp(logits, targets):
    count = targets.size
    log_q = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    picked = np.take_along_axis(log_q, targets[..., None], axis=-1)
    d = np.exp(log_q)
    np.put_along_axis(d, targets[..., None], np.exp(picked) - 1, axis=-1)
    return -picked.mean(), d / count


def _cross_entropy_loops(logits, targets):
    T, N, K = logits.shape
    loss, d = 0.0, np.zeros(logits.shape)
    for t in range(T):
        for n in range(N):
            a = logits[t, n] - max(logits[t, n])
            total = sum(math.exp(v) for v in a)
            loss -= a[targets[t, n]] - math.log(total)
            for k in range(K):
                d[t, n, k] = (math.exp(a[k]) / total - (k == targets[t, n])) / (T * N)
    return loss / (T * N), d


def _cross_entropy_flat(logits, targets):
    a = logits.reshape(-1, logits.shape[-1])
    a = a - a.max(1)[:, None]
    q = np.exp(a) / np.exp(a).sum(1)[:, None]
    rows = np.arange(len(a))
    loss = np.log(np.exp(a).sum(1)) - a[rows, targets.ravel()]
    q[rows, targets.ravel()] -= 1
    return loss.mean(), (q / len(a)).reshape(logits.shape)


def _product_back_loops(da, v, W):
    dv, dW, db = np.zeros(v.shape), np.zeros(W.shape), np.zeros(len(W))
    for n in range(len(da)):
        for j in range(len(W)):
            db[j] += da[n, j]
            for d in range(v.shape[1]):
                dv[n, d] += da[n, j] * W[j, d]
                dW[j, d] += da[n, j] * v[n, d]
    return dv, dW, db


def _product_back_einsum(da, v, W):
    return np.einsum("nh,hd->nd", da, W), np.einsum("nh,nd->hd", da, v), np.einsum("nh->h", da)


def _product_back_outer(da, v, W):
    dW = sum(np.outer(a, b) for a, b in zip(da, v, strict=True))
    return [(W.T @ da.T).T, dW, np.ones(len(da)) @ da]


PRODUCTS_BACK = (_product_back_loops, _product_back_einsum, _product_back_outer)


def _cell_back(dh_t, x_t, h_prev, r_t, z_t, n_t, p, back=_product_back_einsum, as_dict=False):
    da_n = dh_t * (1 - z_t) * (1 - n_t * n_t)
    da_z = dh_t * (h_prev - n_t) * (z_t - z_t**2)
    da_r = da_n * (h_prev @ p.W_hn.T + p.b_hn) * (r_t - r_t**2)
    du = r_t * da_n
    found, dx, dh = {}, 0, z_t * dh_t
    for gate, i, h in (("r", da_r, da_r), ("z", da_z, da_z), ("n", da_n, du)):
        dv, found[f"W_i{gate}"], found[f"b_i{gate}"] = back(i, x_t, getattr(p, f"W_i{gate}"))
        dx = dx + dv
        dv, found[f"W_h{gate}"], found[f"b_h{gate}"] = back(h, h_prev, getattr(p, f"W_h{gate}"))
        dh = dh + dv
    if as_dict:
        return dx, dh, {k: found[k] for k in GRUParams._fields}
    return dx, dh, GRUParams(**found)


def _cell_back_packed(dh_t, x_t, h_prev, r_t, z_t, n_t, p):
    da_n = dh_t * (1 - z_t) * (1 - n_t**2)
    da_z = dh_t * (h_prev - n_t) * z_t * (1 - z_t)
    da_r = da_n * (h_prev @ p.W_hn.T + p.b_hn) * r_t * (1 - r_t)
    d_i = np.concatenate([da_r, da_z, da_n], axis=1)
    d_h = np.concatenate([da_r, da_z, da_n * r_t], axis=1)
    dx = d_i @ np.concatenate([p.W_ir, p.W_iz, p.W_in])
    dh = dh_t * z_t + d_h @ np.concatenate([p.W_hr, p.W_hz, p.W_hn])
    parts = (d_i.T @ x_t, d_h.T @ h_prev, d_i.sum(0), d_h.sum(0))
    return dx, dh, GRUParams(*(b for a in parts for b in np.split(a, 3)))


def _kept_states(x, h_0, p):
    states, kept, h = [h_0], [], h_0
    for x_t in x:
        r = s_exp(x_t @ p.W_ir.T + p.b_ir + h @ p.W_hr.T + p.b_hr)
        z = s_exp(x_t @ p.W_iz.T + p.b_iz + h @ p.W_hz.T + p.b_hz)
        n = np.tanh(x_t @ p.W_in.T + p.b_in + r * (h @ p.W_hn.T + p.b_hn))
        kept.append((x_t, h, r, z, n))
        h = n + z * (h - n)
        states.append(h)
    return states, kept


def _over_time(dh, x, h_0, p, back=_cell_back):
    _, kept = _kept_states(x, h_0, p)
    dxs, flow, total = [], 0 * h_0, [np.zeros_like(w) for w in p]
    for d, k in zip(dh[::-1], kept[::-1], strict=True):
        dx, flow, g = back(d + flow, *k, p)
        dxs.insert(0, dx)
        for w, v in zip(total, g, strict=True):
            w += v
    return np.array(dxs), flow, GRUParams(*total)


def _over_time_recursive(dh, x, h_0, p):
    _, kept = _kept_states(x[:1], h_0, p)
    if len(x) == 1:
        dx, back, g = _cell_back_packed(dh[0], *kept[0], p)
        return dx[None], back, g
    after, _ = _kept_states(x[:1], h_0, p)
    later, flow, rest = _over_time_recursive(dh[1:], x[1:], after[1], p)
    dx, back, g = _cell_back_packed(dh[0] + flow, *kept[0], p)
    grads = GRUParams(*(a + b for a, b in zip(g, rest, strict=True)))
    return np.concatenate([dx[None], later]), back, grads


def _over_time_by_torch(dh, x, h_0, p):
    import torch

    leaves = [torch.tensor(a, requires_grad=True) for a in (x, h_0, *p)]
    x_, h, w = leaves[0], leaves[1], GRUParams(*leaves[2:])
    loss = 0
    for t in range(len(x)):
        r = torch.sigmoid(x_[t] @ w.W_ir.T + w.b_ir + h @ w.W_hr.T + w.b_hr)
        z = torch.sigmoid(x_[t] @ w.W_iz.T + w.b_iz + h @ w.W_hz.T + w.b_hz)
        n = torch.tanh(x_[t] @ w.W_in.T + w.b_in + r * (h @ w.W_hn.T + w.b_hn))
        h = (1 - z) * n + z * h
        loss = loss + (torch.tensor(dh[t]) * h).sum()
    loss.backward()
    dx, dh_0, *grads = (a.grad.numpy() for a in leaves)
    return dx, dh_0, GRUParams(*grads)


def _truncated(dh, x, h_0, p, window, back=_over_time):
    total, h = [np.zeros_like(w) for w in p], h_0
    for a in range(0, len(x), int(window)):
        b = min(len(x), a + int(window))
        total = [s + g for s, g in zip(total, back(dh[a:b], x[a:b], h, p)[2], strict=True)]
        h = _kept_states(x[a:b], h, p)[0][-1]
    return GRUParams(*total)


def _truncated_in_one_loop(dh, x, h_0, p, window):
    _, kept = _kept_states(x, h_0, p)
    flow, total = 0 * h_0, [np.zeros_like(w) for w in p]
    for t in range(len(x) - 1, -1, -1):
        if (t + 1) % window == 0:
            flow = 0 * flow
        _, flow, g = _cell_back(dh[t] + flow, *kept[t], p)
        total = [s + d for s, d in zip(total, g, strict=True)]
    return GRUParams(*total)


def _jacobian_by_differences(f, h, eps=1e-6):
    columns = [(f(h + eps * e) - f(h - eps * e)) / (2 * eps) for e in np.eye(len(h))]
    return np.array(columns).T


def _gates_of(x_t, h, p):
    r = s_exp(x_t @ p.W_ir.T + p.b_ir + h @ p.W_hr.T + p.b_hr)
    z = s_exp(x_t @ p.W_iz.T + p.b_iz + h @ p.W_hz.T + p.b_hz)
    u = h @ p.W_hn.T + p.b_hn
    return r, z, np.tanh(x_t @ p.W_in.T + p.b_in + r * u), u


def _jacobian_by_diagonals(x_t, h_prev, p):
    r, z, n, u = _gates_of(x_t, h_prev, p)
    N = np.diag(1 - n**2) @ (np.diag(r) @ p.W_hn + np.diag(u * r * (1 - r)) @ p.W_hr)
    return np.diag(z) + np.diag((h_prev - n) * z * (1 - z)) @ p.W_hz + np.diag(1 - z) @ N


def _jacobian_by_backward(x_t, h_prev, p):
    r, z, n, _ = _gates_of(x_t, h_prev, p)
    rows = [
        _cell_back(e[None], x_t[None], h_prev[None], r[None], z[None], n[None], p)[1][0]
        for e in np.eye(len(h_prev))
    ]
    return np.array(rows)


def _jacobian_by_torch(x_t, h_prev, p):
    import torch

    w = GRUParams(*(torch.tensor(a) for a in p))
    x = torch.tensor(x_t)

    def cell(h):
        r = torch.sigmoid(w.W_ir @ x + w.b_ir + w.W_hr @ h + w.b_hr)
        z = torch.sigmoid(w.W_iz @ x + w.b_iz + w.W_hz @ h + w.b_hz)
        n = torch.tanh(w.W_in @ x + w.b_in + r * (w.W_hn @ h + w.b_hn))
        return (1 - z) * n + z * h

    return torch.func.jacrev(cell)(torch.tensor(h_prev)).numpy()


def _article_with_frozen_gates(x_t, h_prev, p):
    r, z, n, _ = _gates_of(x_t, h_prev, p)
    J = np.zeros(p.W_hn.shape)
    for i in range(len(J)):
        for j in range(len(J)):
            J[i, j] = (1 - z[i]) * (1 - n[i] ** 2) * r[i] * p.W_hn[i, j] + (i == j) * z[i]
    return J


def _saturated(p, r, z, size=30.0):
    no = np.zeros_like(p.b_ir)
    b_r, b_z = no + (size if r else -size), no + (size if z else -size)
    W_i, W_h = np.zeros_like(p.W_ir), np.zeros_like(p.W_hr)
    return GRUParams(W_i, W_i, p.W_in, W_h, W_h, p.W_hn, b_r, b_z, p.b_in, no, no, p.b_hn)


def _norms_by_product(dh_T, Js):
    P, norms = np.eye(len(dh_T)), [np.linalg.norm(dh_T)]
    for J in reversed(Js):
        P = P @ J
        norms.append(np.linalg.norm(P.T @ dh_T))
    return norms


def _norms_recursive(dh_T, Js):
    rest = [] if len(Js) == 0 else _norms_recursive(dh_T @ Js[-1], Js[:-1])
    return [math.sqrt(sum(v * v for v in dh_T)), *rest]


def _norms_einsum(dh_T, Js):
    found = [dh_T]
    for J in Js[::-1]:
        found.append(np.einsum("ij,i->j", J, found[-1]))
    return np.linalg.norm(found, axis=1)


def _clip_flat(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
    return GRUParams(*(g / max(1, norm / max_norm) for g in grads))


def _clip_branch(grads, max_norm):
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in grads))
    if norm <= max_norm:
        return grads
    return grads._replace(**{k: g * max_norm / norm for k, g in grads._asdict().items()})


def _clip_by_torch(grads, max_norm):
    import torch

    weights = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in grads]
    for w, g in zip(weights, grads, strict=True):
        w.grad = torch.tensor(g)
    norm = torch.linalg.vector_norm(torch.cat([w.grad.ravel() for w in weights]))
    factor = torch.clamp(torch.as_tensor(max_norm) / norm, max=1.0)
    return GRUParams(*((w.grad * factor).numpy() for w in weights))


def _shares_by_products(z):
    T = len(z)
    came_in = [1.0] + [1 - z_t for z_t in z]
    return [came_in[t] * math.prod(z[t:]) for t in range(T + 1)]


def _shares_by_cumprod(z):
    later = np.append(np.cumprod(z[::-1])[::-1], 1)
    return later * np.insert(1 - z, 0, 1)


def _shares_backwards(z):
    left, found = 1.0, []
    for z_t in reversed(z):
        found.insert(0, left * (1 - z_t))
        left *= z_t
    return np.array([left, *found])


def _shares_by_unit_states(z):
    h, candidates = np.eye(len(z) + 1)[0], np.eye(len(z) + 1)[1:]
    for z_t, n_t in zip(z, candidates, strict=True):
        h = z_t * h + (1 - z_t) * n_t
    return h


RIGHT = {
    "sigmoid": [
        *SIGMOIDS,
        np.vectorize(
            lambda a: 1 / (1 + math.exp(-a)) if a > 0 else math.exp(a) / (1 + math.exp(a))
        ),
    ],
    "affine": _affines(),
    "reset_gate": _gates(),
    "concat_gate": [_joined_by_hand, _stacked, lambda x, h, W, b: _joined_by_hand(x, h, W, b)],
    "split_weights": [
        lambda W: np.split(W, [len(W)], axis=1),
        lambda W: {"W_hr": W[:, : len(W)].copy(), "W_ir": W[:, len(W) :].copy()},
        lambda W: (W.T[: len(W)].T, W.T[len(W) :].T.tolist()),
    ],
    "bias_for_gate": [
        lambda r: np.log(r / (1 - r)),
        lambda r: -np.log(1 / r - 1),
        lambda r: np.log(r) - np.log(1 - r),
        lambda r: 2 * np.arctanh(2 * r - 1) if np.all(r > 1e-6) else np.log(r / (1 - r)),
    ],
    "update_gate": _gates(),
    "blend": [
        lambda z_t, h_prev, n_t: n_t + z_t * (h_prev - n_t),
        lambda z_t, h_prev, n_t: h_prev - (1 - z_t) * (h_prev - n_t),
        lambda z_t, h_prev, n_t: np.add(np.multiply(z_t, h_prev), np.multiply(1.0 - z_t, n_t)),
        lambda z_t, h_prev, n_t: np.einsum("k...,k...", [z_t, 1 - z_t], [h_prev, n_t]),
    ],
    "half_life": [
        lambda z: np.log2(0.5) / np.log2(z),
        lambda z: -1 / np.log2(z),
        lambda z: np.log10(2) / -np.log10(z),
        lambda z: np.emath.logn(z, 0.5),
    ],
    "bias_for_half_life": [
        lambda steps: -np.log(2 ** (1 / steps) - 1),
        lambda steps: -np.log(np.expm1(np.log(2) / steps)),
        lambda steps: np.log(np.exp2(-1 / steps)) - np.log(1 - np.exp2(-1 / steps)),
    ],
    "candidate_reset_after": [lambda *a, p=p: _after(*a, p) for p in PRODUCTS],
    "candidate_reset_before": [lambda *a, p=p: _before(*a, p) for p in PRODUCTS]
    + [_before_by_columns],
    "convention_gap": [
        _gap,
        lambda *a: float(_gap(*a)),
        lambda *a: [_gap(*a)],
        lambda *a: np.linalg.norm((_after(*a, p_loop) - _before(*a, p_loop)).ravel(), np.inf),
    ],
    "hidden_state": [lambda *a, p=p: _hidden(*a, p) for p in PRODUCTS],
    "gru_cell": [lambda x, h, p, s=s, w=w: _cell(x, h, p, s, w) for s, w in PAIRS] + [_packed_cell],
    "unpack_torch_weights": [_unpack_slices, _unpack_dict, _unpack_reshape],
    "flip_update_gate": [_flip_loop, _flip_dict, _flip_list],
    "weights_that_make_it_a_tanh_rnn": [
        _rnn,
        lambda *a: _rnn(*a, past_bias_inside=False),
        lambda *a: _rnn(*a, r=1000.0, z=-1000.0),
        _rnn_with_noise,
    ],
    "weights_that_remember": [
        _remember,
        _stored,
        lambda D, H: _remember(D, H, b=1000.0),
        lambda D, H: _remember(D, H, b=15.0),
    ],
    "gru_forward": list(FORWARDS),
    "gru_forward_lengths": [lambda *a: _cut_and_pad(*a, _filled), _masked_after, _mixed],
    "stacked_gru": [lambda x, h_0, layers, f=f: _stack(x, h_0, layers, f) for f in FORWARDS],
    "bidirectional_gru": [lambda x, h, p, q, f=f: _both_ways(x, h, p, q, f) for f in FORWARDS],
    "count_parameters": [
        _count_by_shapes,
        lambda D, H, layers: (
            np.array([1, 3, 4]) * (H * (D + H + 2) + (layers - 1) * 2 * H * (H + 1))
        ),
        lambda D, H, layers: {
            "tanh_rnn": _count_by_shapes(D, H, layers)[0],
            "gru": _count_by_shapes(D, H, layers)[1],
            "lstm": _count_by_shapes(D, H, layers)[2],
        },
    ],
    "softmax_cross_entropy": [
        _cross_entropy_by_logaddexp,
        _cross_entropy_loops,
        _cross_entropy_flat,
    ],
    "sigmoid_backward": [
        lambda s, ds: ds * (s - s**2),
        lambda s, ds: ds * (0.25 - (s - 0.5) ** 2),
        lambda s, ds: ds / (1 / s + 1 / (1 - s)),
    ],
    "tanh_backward": [
        lambda n, dn: dn - dn * n * n,
        lambda n, dn: dn * (1 - n) * (1 + n),
        lambda n, dn: dn / np.cosh(np.arctanh(n)) ** 2,
    ],
    "blend_backward": [
        lambda dh_t, z_t, n_t, h_prev: (dh_t * h_prev - dh_t * n_t, dh_t - dh_t * z_t, z_t * dh_t),
        lambda dh_t, z_t, n_t, h_prev: [dh_t * (h_prev - n_t), (1 - z_t) * dh_t, dh_t * z_t],
        lambda dh_t, z_t, n_t, h_prev: {
            "dz_t": dh_t * (h_prev - n_t),
            "dn_t": dh_t * (1 - z_t),
            "dh_prev": dh_t * z_t,
        },
    ],
    "product_backward": list(PRODUCTS_BACK),
    "gru_cell_backward": [
        *(lambda *a, b=b: _cell_back(*a, back=b) for b in PRODUCTS_BACK),
        lambda *a: _cell_back(*a, as_dict=True),
        _cell_back_packed,
    ],
    "gru_backward": [
        _over_time,
        lambda *a: _over_time(*a, back=_cell_back_packed),
        _over_time_recursive,
        _over_time_by_torch,
    ],
    "directional_derivative": [
        lambda f, x, v, eps: f(x + eps * v) / (2 * eps) - f(x - eps * v) / (2 * eps),
        lambda f, x, v, eps: 0.5 * sum(s * f(x + s * eps * v) for s in (1, -1)) / eps,
        lambda f, x, v, eps: np.diff([f(x - eps * v), f(x + eps * v)])[0] / (2 * eps),
    ],
    "truncated_bptt": [
        _truncated,
        _truncated_in_one_loop,
        lambda *a: _truncated(*a, back=_over_time_recursive),
    ],
    "rnn_jacobian": [
        lambda h_t, W_h: np.diag(1 - h_t**2) @ W_h,
        lambda h_t, W_h: W_h - np.einsum("i,ij->ij", h_t**2, W_h),
        lambda h_t, W_h: (W_h.T * (1 - h_t * h_t)).T,
    ],
    "gru_jacobian": [_jacobian_by_diagonals, _jacobian_by_backward, _jacobian_by_torch],
    "article_jacobian": [
        _article_with_frozen_gates,
        lambda x_t, h_prev, p: (
            lambda r, z, n, u: np.diag(z) + np.diag((1 - z) * (1 - n * n) * r) @ p.W_hn
        )(*_gates_of(x_t, h_prev, p)),
        lambda x_t, h_prev, p: (
            lambda r, z, n, u: np.eye(len(z)) * z + ((1 - z) * (1 - n**2) * r * p.W_hn.T).T
        )(*_gates_of(x_t, h_prev, p)),
    ],
    "saturate_gates": [
        _saturated,
        lambda p, r, z: _saturated(p, r, z, 500.0),
        lambda p, r, z: _saturated(p, r, z, 15.0),
    ],
    "gradient_norms": [_norms_by_product, _norms_recursive, _norms_einsum],
    "memory_horizon": [
        lambda norms: np.flatnonzero(norms <= norms[0] * np.exp(-1))[0],
        lambda norms: next(k for k, v in enumerate(norms) if v / norms[0] <= 1 / math.e),
        lambda norms: float(np.where(np.log(norms[0] / norms) >= 1)[0].min()),
    ],
    "clip_by_norm": [_clip_flat, _clip_branch, _clip_by_torch],
    "chrono_bias": [
        lambda u: np.log(u),
        lambda u: np.log((u / (1 + u)) / (1 - u / (1 + u))),
        lambda u: -np.log(1 / u),
    ],
    "shares": [_shares_by_products, _shares_by_cumprod, _shares_backwards, _shares_by_unit_states],
}
RIGHT |= TRAINING | PARALLEL
