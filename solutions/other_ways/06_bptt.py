"""Other ways to write the answers of chapter 6."""


def sigmoid_backward(s, ds):
    """The slope as a difference from that of the middle, a quarter."""
    return ds * (0.25 - (s - 0.5) ** 2)


def tanh_backward(n, dn):
    """The slope as two factors."""
    return dn * (1 - n) * (1 + n)


def blend_backward(dh_t, z_t, n_t, h_prev):
    """What goes to h_prev first: the rest goes to n_t."""
    dh_prev = dh_t * z_t
    return dh_t * (h_prev - n_t), dh_t - dh_prev, dh_prev


def product_backward(da, v, W):
    """The sums by their letters: n is summed over for the weights, h for the vectors."""
    dv = np.einsum("nh,hd->nd", da, W)
    dW = np.einsum("nh,nd->hd", da, v)
    return dv, dW, np.einsum("nh->h", da)


def gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p):
    """Packed: the three gates side by side, so that a product serves three gates at once."""
    da_n = dh_t * (1 - z_t) * (1 - n_t**2)
    da_z = dh_t * (h_prev - n_t) * z_t * (1 - z_t)
    da_r = da_n * (h_prev @ p.W_hn.T + p.b_hn) * r_t * (1 - r_t)
    d_i = np.concatenate([da_r, da_z, da_n], axis=1)
    d_h = np.concatenate([da_r, da_z, da_n * r_t], axis=1)
    dx_t = d_i @ np.concatenate([p.W_ir, p.W_iz, p.W_in])
    dh_prev = dh_t * z_t + d_h @ np.concatenate([p.W_hr, p.W_hz, p.W_hn])
    packed = (d_i.T @ x_t, d_h.T @ h_prev, d_i.sum(axis=0), d_h.sum(axis=0))
    return dx_t, dh_prev, GRUParams(*(g for array in packed for g in np.split(array, 3)))


def gru_backward(dh, x, h_0, p):
    """By calling itself: the later steps first, then this one with what they send back."""
    if len(x) == 0:
        return np.zeros_like(x), np.zeros_like(h_0), GRUParams(*(np.zeros_like(w) for w in p))
    r_t, z_t, n_t, h_1 = gru_step(x[0], h_0, p)
    dx, dh_1, later = gru_backward(dh[1:], x[1:], h_1, p)
    dx_0, dh_0, now = gru_cell_backward(dh[0] + dh_1, x[0], h_0, r_t, z_t, n_t, p)
    grads = GRUParams(*(a + b for a, b in zip(now, later, strict=True)))
    return np.concatenate([dx_0[None], dx]), dh_0, grads


def directional_derivative(f, x, v, eps):
    """Both values from one expression, and their difference."""
    before, after = (f(x + side * eps * v) for side in (-1, 1))
    return np.subtract(after, before) / (2 * eps)


def truncated_bptt(dh, x, h_0, p, window):
    """One loop backwards over all steps: at each border of a window the flow is set to 0."""
    h, kept = h_0, []
    for x_t in x:
        r_t, z_t, n_t, h_t = gru_step(x_t, h, p)
        kept.append((x_t, h, r_t, z_t, n_t))
        h = h_t
    flow, grads = 0 * h_0, [0 * w for w in p]
    for t in reversed(range(len(x))):
        if (t + 1) % window == 0:
            flow = 0 * flow
        _, flow, g = gru_cell_backward(dh[t] + flow, *kept[t], p)
        grads = [a + b for a, b in zip(grads, g, strict=True)]
    return GRUParams(*grads)
