"""In place of the training that only demonstrations use, in the sandbox."""
