"""Other ways to write the answers of chapter 7."""


def rnn_jacobian(h_t, W_h):
    """With the diagonal matrix that the formula writes."""
    return np.diag(1 - h_t**2) @ W_h


def gru_jacobian(x_t, h_prev, p):
    """Column by column: what a step along each unit changes, by the complex step."""
    i = 1e-30j
    columns = []
    for e in np.eye(len(h_prev)):
        h = h_prev + i * e
        a_r = x_t @ p.W_ir.T + p.b_ir + h @ p.W_hr.T + p.b_hr
        a_z = x_t @ p.W_iz.T + p.b_iz + h @ p.W_hz.T + p.b_hz
        r, z = 0.5 * (1 + np.tanh(0.5 * a_r)), 0.5 * (1 + np.tanh(0.5 * a_z))
        n = np.tanh(x_t @ p.W_in.T + p.b_in + r * (h @ p.W_hn.T + p.b_hn))
        columns.append(((1 - z) * n + z * h).imag / 1e-30)
    return np.stack(columns, axis=1)


def article_jacobian(x_t, h_prev, p):
    """With the diagonal matrices that the formula writes."""
    r_t, z_t, n_t, _ = gru_step(x_t, h_prev, p)
    return np.diag(z_t) + np.diag((1 - z_t) * (1 - n_t**2)) @ np.diag(r_t) @ p.W_hn


def saturate_gates(p, r, z):
    """By the names of the fields: a gate's arrays are 0, but for one bias."""
    changed = {name: 0 * w for name, w in p._asdict().items() if name[-1] in "rz"}
    changed["b_ir"] = changed["b_ir"] + (40 if r else -40)
    changed["b_iz"] = changed["b_iz"] + (40 if z else -40)
    return p._replace(**changed)


def gradient_norms(dh_T, Js):
    """By calling itself, with the gradient one step earlier and the Jacobians that are left."""
    norm = np.linalg.norm(dh_T)
    if len(Js) == 0:
        return np.array([norm])
    return np.concatenate([[norm], gradient_norms(dh_T @ Js[-1], Js[:-1])])


def memory_horizon(norms):
    """A walk that ends at the first one: what comes later is not looked at."""
    k = 0
    while norms[k] > norms[0] / np.e:
        k += 1
    return k


def clip_by_norm(grads, max_norm):
    """All numbers in one long vector, whose norm NumPy knows."""
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
    return GRUParams(*(g / max(1, norm / max_norm) for g in grads))


def chrono_bias(u):
    """Through the gate that it stands for: z = u / (1 + u), and its logit."""
    z = u / (1 + u)
    return np.log(z / (1 - z))
