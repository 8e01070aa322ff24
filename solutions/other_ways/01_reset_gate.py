"""Other ways to write the answers of chapter 1."""


def reset_gate(x_t, h_prev, W_ir, b_ir, W_hr, b_hr):
    """The sums by their letters: d is summed over, h stays."""
    from_input = np.einsum("...d,hd->...h", x_t, W_ir) + b_ir
    from_state = np.einsum("...d,hd->...h", h_prev, W_hr) + b_hr
    return sigmoid(from_input + from_state)


def concat_gate(x_t, h_prev, W, b):
    """Two products with the two parts of W: nothing is joined."""
    H = len(b)
    return sigmoid(h_prev @ W[:, :H].T + x_t @ W[:, H:].T + b)


def split_weights(W):
    """Cut by a function that takes the place of the cut."""
    W_hr, W_ir = np.split(W, [len(W)], axis=1)
    return W_hr, W_ir


def bias_for_gate(r):
    """As a difference of two logarithms."""
    return np.log(r) - np.log(1 - r)
