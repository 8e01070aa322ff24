"""Other ways to write the answers of chapter 2."""


def update_gate(x_t, h_prev, W_iz, b_iz, W_hz, b_hz):
    """One product: inputs side by side, weights side by side."""
    both = np.concatenate([x_t, h_prev], axis=-1)
    return sigmoid(both @ np.concatenate([W_iz, W_hz], axis=1).T + b_iz + b_hz)


def blend(z_t, h_prev, n_t):
    """From n_t, a share z_t of the way to h_prev: one multiplication fewer."""
    return n_t + z_t * (h_prev - n_t)


def half_life(z):
    """In logarithms to base 2, of which that of a half is -1."""
    return -1 / np.log2(z)


def bias_for_half_life(steps):
    """Both steps in one formula: z / (1 - z) is 1 / (2^(1/steps) - 1)."""
    return -np.log(np.expm1(np.log(2) / steps))


def shares(z):
    """Without a loop: what comes in, times the product of all later gates."""
    later = np.append(np.cumprod(z[::-1])[::-1], 1)
    return later * np.append(1, 1 - z)
