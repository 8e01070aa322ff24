"""Training any cell on any task, on Lightning Fabric; it needs torch, lightning and tqdm.

Read `settings` (what a run depends on), `tasks`, `models` with `parallel` (cells that need no loop
over time), `kernels` (the loop as one GPU kernel) and `attention` (a causal Transformer), then
`loop`, which is one page and holds the rest together: `devices`, `run` and `checkpoints` (what
survives a stop), `journal` (what is written down), `result` (what comes back), `interrupt`
(Ctrl-C), `memory` (not enough of it), `cuda_graph`. `presets` has the settings of the comparison;
`many_models` trains one model for each seed and learning rate at once; `export` writes a trained
model for other programs.
"""
