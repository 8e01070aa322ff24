"""Right answers to every exercise, each written differently from the key."""

import math

import numpy as np

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
    return tuple(a[c] for a in (weight_ih, weight_hh, bias_ih, bias_hh) for c in cut)


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
    return found


def _unpack_reshape(weight_ih, weight_hh, bias_ih, bias_hh):
    H, D = weight_hh.shape[1], weight_ih.shape[1]
    shapes = ((3, H, D), (3, H, H), (3, H), (3, H))
    packed = (weight_ih, weight_hh, bias_ih, bias_hh)
    return [
        row.tolist()
        for a, shape in zip(packed, shapes, strict=True)
        for row in np.reshape(a, shape)
    ]


def _flip_loop(p):
    return GRUParams(*(-w if "z" in name else w for name, w in zip(p._fields, p, strict=True)))


def _flip_dict(p):
    return {k: v * (-1 if k.endswith("z") else 1) for k, v in p._asdict().items()}


def _flip_list(p):
    return [np.negative(w) if i in (1, 4, 7, 10) else w for i, w in enumerate(p)]


def _rnn(W_i, b_i, W_h, b_h, r=25.0, z=-25.0, past_bias_inside=True):
    H, D = W_i.shape
    w_i, w_h, b = np.zeros((H, D)), np.zeros((H, H)), np.zeros(H)
    b_n = (b_i, b_h) if past_bias_inside else (b_i + b_h, b)
    return GRUParams(
        w_i, w_i, W_i, w_h, w_h, W_h, b + r / 2, b + z / 2, b_n[0], b + r / 2, b + z / 2, b_n[1]
    )


def _rnn_with_noise(W_i, b_i, W_h, b_h):
    p = _rnn(W_i, b_i, W_h, b_h, 60.0, -60.0)
    return p._replace(W_ir=np.ones_like(p.W_ir), W_hz=np.ones_like(p.W_hz))


def _remember(D, H, b=20.0):
    w = np.random.default_rng(0).normal
    o, w_h, no = np.zeros((H, D)), np.zeros((H, H)), np.zeros(H)
    return GRUParams(w(size=(H, D)), o, w(size=(H, D)), w_h, w_h, w_h, no, no + b, no, no, no, no)


def _stored(D, H):
    D, H = int(D), int(H)
    shapes = [(H, D)] * 3 + [(H, H)] * 3 + [(H,)] * 6
    return tuple(np.full(s, 500.0 if i == 10 else 0.0) for i, s in enumerate(shapes))


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
    return out * (np.arange(len(x))[:, None] < lengths)[..., None], last


def _mixed(x, lengths, h_0, p):
    h, out = h_0, []
    for t in range(len(x)):
        m = (t < lengths).astype(float)[:, None]
        h = m * _packed_cell(x[t], h, p) + (1 - m) * h
        out.append(m * h)
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
}
