"""Weights as libraries and papers write them, to and from `GRUParams`, `LSTMParams` and layers.

Read `layout` (named arrays of known shape, gates in a library's order), then a library each:
`pytorch`, `keras`, `onnx` (GRU and LSTM, one layer or a stack), `flax`, `mlx`, `burn`, `haiku`,
`tensorflow` (and trax), and `papers` (articles A, B, C, Cho 2014, Chung 2014). `conventions` has
all of them by name. Files: `files` reads arrays, `found` sees networks among them, `graph` those of
an ONNX graph, `load` is the way in. `speech` and `denoiser` are the trained GRUs of two packages,
which chapter 5 runs through the student's own functions.
"""
