"""The GRU's loop as one GPU kernel, forwards and backwards, and a scan; needs the extra `kernels`.

Read `plan` (which sizes fit a card, in bytes), `forward` and `backward` (the two kernels, in
Triton), `gru` (both as one function that torch differentiates), `cell` (the cell `fused`, which is
`torch.nn.GRU` where the kernels cannot run), then `scan`, which stands by itself, and `compiled`
(what a compiler for a card says of them, without one).

With TRITON_INTERPRET=1 in the environment, before anything imports Triton, the kernels run on a
CPU, slowly and exactly: so they are tested.
"""
