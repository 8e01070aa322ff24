"""What is measured of the reference: `python -m gru_ref bench`.

`sequence` compares the fast path with torch, onnxruntime and the plain loop, on one thread, and
`machine` names what it ran on; `gpu` compares ways to train a GRU on a card with what the card can
do.
"""
