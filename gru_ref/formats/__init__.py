"""GRU weights as libraries and papers write them, to and from `GRUParams`.

Read `layout` (named arrays of known shape), then `libraries` (PyTorch, Keras, ONNX) and `papers`
(articles A, B, C, Cho 2014, Chung 2014), then `conventions`, which has all of them by name.
"""
