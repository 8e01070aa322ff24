# %% [markdown]
r"""
# 0 · Attention

A query looks at keys and takes a mean of values.
"""

# %%
import numpy as np

from tests.other_course.student import check, start

start("00_attention", globals())

# %% [markdown]
r"""
## Exercise 0.1 · `softmax_rows`

$$p_{ij} = \frac{e^{s_{ij}}}{\sum_k e^{s_{ik}}}$$
"""


# %% solution="softmax_rows"
def softmax_rows(s):
    """Return s with each row turned into shares that sum to 1."""
    ### BEGIN SOLUTION
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
    ### END SOLUTION


# %% check="softmax_rows"
check(softmax_rows)

# %% [markdown]
r"""
## Exercise 0.2 · `scaled_dot_product`
"""


# %% solution="scaled_dot_product"
def scaled_dot_product(q, k, v):
    """Return for each query the mean of the values, weighted by its keys; shape (n, d)."""
    ### BEGIN SOLUTION
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    return softmax_rows(scores) @ v
    ### END SOLUTION


# %% check="scaled_dot_product"
check(scaled_dot_product)

# %% [markdown] answer="why_the_root" points=1
r"""
The variance of a sum of d products grows with d.
"""
