"""Other ways to write the answers of chapter 9."""


def units_for_budget(budget, D):
    """The quadratic equation solved, and rounded down."""
    b = D + 2
    return tuple(int((-b + np.sqrt(b**2 + 4 * budget / g)) / 2 + 1e-9) for g in (1, 3, 4))


def median_steps(steps, solved):
    """Steps divided by 1 or by 0: what was not solved becomes infinite."""
    with np.errstate(divide="ignore"):
        return np.median(steps / solved)


def notes_nll(logits, notes):
    """The larger part taken out, so that no exponential grows."""
    each = np.maximum(logits, 0) - logits * notes + np.log1p(np.exp(-np.abs(logits)))
    return each.sum(axis=-1).mean()
