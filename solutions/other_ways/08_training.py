"""Other ways to write the answers of chapter 8."""


def adding_targets(x):
    """The products and their sum over time by letters."""
    return np.einsum("tn,tn->n", x[:, :, 0], x[:, :, 1])[:, None]


def mean_squared_error(y, target):
    """The sum of squares as a product of one long vector with itself."""
    d = (y - target).ravel()
    return d @ d / y.size, (2 / y.size * d).reshape(y.shape)


def loss_and_gradients(x, h_0, target, w):
    """The loss and its gradient written out, and the rest by letters."""
    h = gru_forward(x, h_0, w)
    error = h[-1] @ w.W_y.T + w.b_y - target
    dy = 2 * error / error.size
    dh = np.concatenate([0 * h[:-1], (dy @ w.W_y)[None]])
    _, _, grads = gru_backward(dh, x, h_0, w)
    dW_y = np.einsum("nk,nh->kh", dy, h[-1])
    return (error**2).mean(), Weights(*grads, dW_y, np.einsum("nk->k", dy))


def adam_step(w, g, m, v, t, lr):
    """Averages as a step towards the new value, both corrections in the rate."""
    m = m + 0.1 * (g - m)
    v = v + 0.001 * (g * g - v)
    root = np.sqrt(1 - 0.999**t)
    return w - lr * root / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-8 * root), m, v


def train_on(xs, targets, w, lr, max_norm):
    """By the batch's number; the step is shortened, and no gradient is."""
    for b in range(len(xs)):
        h_0 = np.zeros((xs[b].shape[1], len(w.b_hr)))
        _, grads = loss_and_gradients(xs[b], h_0, targets[b], w)
        norm = np.sqrt(sum((g**2).sum() for g in grads))
        step = lr * min(1, max_norm / norm)
        w = Weights(*(a - step * g for a, g in zip(w, grads, strict=True)))
    return w
