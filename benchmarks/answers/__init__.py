"""Right answers that are written otherwise than the key."""
