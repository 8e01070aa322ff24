"""What is measured of the reference: `python -m gru_ref bench`.

`sequence` compares the fast path with torch, onnxruntime and the plain loop, on one thread, and
`machine` names what it ran on. `gpu` compares ways to run a GRU on a card (`contenders`) with what
the card can do (`ceilings`). `kernels` prints what our kernels take of a card, and needs none.
"""
