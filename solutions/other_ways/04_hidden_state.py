"""Other ways to write the answers of chapter 4."""


def hidden_state(x_t, h_prev, r_t, z_t, W_in, b_in, W_hn, b_hn):
    """The blend as a step from n_t towards h_prev: one multiplication fewer."""
    n_t = np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))
    return n_t + z_t * (h_prev - n_t)


def gru_cell(x_t, h_prev, p):
    """Two products for all three gates, as libraries do it: weights packed, results cut."""
    from_input = x_t @ np.concatenate([p.W_ir, p.W_iz, p.W_in]).T
    from_state = h_prev @ np.concatenate([p.W_hr, p.W_hz, p.W_hn]).T
    i_r, i_z, i_n = np.split(from_input + np.concatenate([p.b_ir, p.b_iz, p.b_in]), 3, axis=-1)
    h_r, h_z, h_n = np.split(from_state + np.concatenate([p.b_hr, p.b_hz, p.b_hn]), 3, axis=-1)
    z_t = sigmoid(i_z + h_z)
    n_t = np.tanh(i_n + sigmoid(i_r + h_r) * h_n)
    return n_t + z_t * (h_prev - n_t)


def unpack_torch_weights(weight_ih, weight_hh, bias_ih, bias_hh):
    """Every block cut by its place."""
    H = weight_hh.shape[1]
    r, z, n = slice(0, H), slice(H, 2 * H), slice(2 * H, 3 * H)
    return GRUParams(
        *(weight_ih[r], weight_ih[z], weight_ih[n], weight_hh[r], weight_hh[z], weight_hh[n]),
        *(bias_ih[r], bias_ih[z], bias_ih[n], bias_hh[r], bias_hh[z], bias_hh[n]),
    )


def flip_update_gate(p):
    """By the names of the fields: what ends in z is negated."""
    return GRUParams(**{name: -w if name.endswith("z") else w for name, w in p._asdict().items()})


def weights_that_make_it_a_tanh_rnn(W_i, b_i, W_h, b_h):
    """Zeros of the right shapes by their fields, and over them what differs."""
    zeros = {f"W_i{g}": 0 * W_i for g in "rzn"} | {f"W_h{g}": 0 * W_h for g in "rzn"}
    zeros |= {f"b_{side}{g}": 0 * b_i for side in "ih" for g in "rzn"}
    open_and_shut = {"b_ir": 0 * b_i + 40, "b_iz": 0 * b_i - 40}
    return GRUParams(**zeros | open_and_shut | {"W_in": W_i, "b_in": b_i, "W_hn": W_h, "b_hn": b_h})


def weights_that_remember(D, H):
    """The bias of the state's side, and candidates that are not 0: the closed gate hides them."""
    W_i, W_h, b = np.ones((H, D)), np.zeros((H, H)), np.zeros(H)
    return GRUParams(0 * W_i, 0 * W_i, W_i, W_h, W_h, W_h, b, b, b, b, np.full(H, 40.0), b)
