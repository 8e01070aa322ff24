"""Other ways to write the answers of chapter 3."""


def candidate_reset_after(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    """The past under a name of its own, and the sums by their letters."""
    past = np.einsum("...d,hd->...h", h_prev, W_hn) + b_hn
    return np.tanh(np.einsum("...d,hd->...h", x_t, W_in) + b_in + r_t * past)


def candidate_reset_before(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    """One product: the input beside the state that the gate has let through."""
    both = np.concatenate([x_t, r_t * h_prev], axis=-1)
    return np.tanh(both @ np.concatenate([W_in, W_hn], axis=1).T + b_in + b_hn)


def convention_gap(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn):
    """The largest size of a difference as a norm: that of order infinity."""
    given = (x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn)
    gap = candidate_reset_after(*given) - candidate_reset_before(*given)
    return np.linalg.norm(gap.ravel(), np.inf)
