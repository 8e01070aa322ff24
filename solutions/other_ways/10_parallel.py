"""Other ways to write the answers of chapter 10."""


def compose(A_2, b_2, A_1, b_1):
    """The products by their letters: no axis is added and taken away."""
    A = np.einsum("...ij,...jk->...ik", A_2, A_1)
    return A, np.einsum("...ij,...j->...i", A_2, b_1) + b_2


def linear_scan(A, b, h_0):
    """Each round every step reaches twice as far back (Hillis and Steele)."""
    A, b = A.copy(), b.copy()
    b[:1] += (A[:1] @ h_0[..., None])[..., 0]
    reach = 1
    while reach < len(b):
        A_new, b_new = compose(A[reach:], b[reach:], A[:-reach], b[:-reach])
        A[reach:], b[reach:] = A_new, b_new
        reach *= 2
    return b


def mingru(x, h_0, p):
    """One step after the other, as chapter 5 runs a cell."""
    _, z, n, _ = gru_step(x, np.zeros((len(x), len(h_0))), p)
    h, states = h_0, []
    for z_t, n_t in zip(z, n, strict=True):
        h = z_t * h + (1 - z_t) * n_t
        states.append(h)
    return np.array(states)


def residual(h, x, h_0, p):
    """The states moved on by one step, and h_0 in the place that is free."""
    h_prev = np.roll(h, 1, axis=0)
    h_prev[0] = h_0
    return h - gru_step(x, h_prev, p)[3]


def gate_step(h, x, h_0, p):
    """The blend step after step: gates and candidates of the guess, states as they become."""
    _, z, n, _ = gru_step(x, np.vstack([h_0, h[:-1]]), p)
    new, states = h_0, []
    for z_t, n_t in zip(z, n, strict=True):
        new = n_t + z_t * (new - n_t)
        states.append(new)
    return np.stack(states)


def newton_step(h, x, h_0, p):
    """The correction one step after the other: each needs the one before."""
    h_prev, e = np.vstack([h_0, h[:-1]]), residual(h, x, h_0, p)
    d, new = 0 * h_0, np.empty_like(h)
    for t in range(len(h)):
        d = gru_jacobian(x[t], h_prev[t], p) @ d - e[t]
        new[t] = h[t] + d
    return np.clip(new, -1, 1)


def parallel_bptt(dh, x, h, h_0, p):
    """Backwards one step after the other, as chapter 6 does it."""
    h_prev = np.vstack([h_0, h[:-1]])
    r, z, n, _ = gru_step(x, h_prev, p)
    flow, dx, grads = 0 * h_0, np.empty_like(x), [0 * w for w in p]
    for t in reversed(range(len(x))):
        step = (a[t][None] for a in (x, h_prev, r, z, n))
        dx_t, back, g = gru_cell_backward((dh[t] + flow)[None], *step, p)
        dx[t], flow = dx_t[0], back[0]
        grads = [a + b for a, b in zip(grads, g, strict=True)]
    return dx, flow, GRUParams(*grads)
