# %% [markdown]
r"""
# 0 · Start here
"""

# %%
import numpy as np

from autograder.student import check, hint, predict, progress, reset, settle, start

start("00_start_here", globals())


# %% solution="sigmoid"
def sigmoid(a):
    """Return σ(a), element by element, in the shape of a."""
    ### BEGIN SOLUTION
    return 0.5 * (1 + np.tanh(0.5 * a))
    ### END SOLUTION


# %% check="sigmoid"
check(sigmoid)


# %% solution="affine"
def affine(x_t, h_prev, W_i, b_i, W_h, b_h):
    """Return W_i x_t + b_i + W_h h_prev + b_h, shape (H,) or (N, H)."""
    ### BEGIN SOLUTION
    return x_t @ W_i.T + b_i + h_prev @ W_h.T + b_h
    ### END SOLUTION


# %% check="affine"
check(affine)

# %% [markdown] answer="why_two_products" points=2
r"""
Because.
"""
