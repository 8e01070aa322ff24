"""A whole sequence in few calls of NumPy, laid out for speed.

Read `buffers` (the memory and its layout), then `forward`, then `backward`. What it must equal is
the loop in `gru_ref.sequence`.
"""
