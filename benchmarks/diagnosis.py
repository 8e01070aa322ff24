"""How well the course names mistakes: `python -m benchmarks.diagnosis` prints the tables.

The judge sees only what a function returns. It is shown here what nobody told it of:

restyled   a declared mistake, written by hand in another way than its declaration
by hand    two mistakes in one function, as a student would write them
summed     m1 + m2 - right, for two declared mistakes m1 and m2, where the shapes agree
by unit    m1 for every other number of the answer's last axis, m2 for the rest
by batch   m1 for one vector, m2 for a batch
composed   m1 of inputs in which m2 has been made already

An answer with two mistakes must fail, and must get the name of one of the two or none at all.
All but the times is the same on every run.
"""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import math
import re
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from autograder.answer import call, leaves
from autograder.chapters import EXERCISES
from autograder.exercise import Exercise, Mistake
from autograder.judge import judge
from autograder.verdict import PASSED, Verdict
from gru_ref.cell import GRUParams, sigmoid
from tests.right_answers import RIGHT

# Wrong answers in students' styles, in the letters of the stubs. `name: code`, or `name + name:`
# where two mistakes meet; the code is an expression, or indented lines that end in a return.
ANSWERS = """
== sigmoid
overflow: np.exp(a) / (np.exp(a) + 1)
overflow: np.exp(a) * (1 + np.exp(a)) ** -1.0
overflow: np.vectorize(lambda v: math.exp(v) / (1 + math.exp(v)))(a)
sign_of_the_exponent: 1 / (1 + np.exp(a))
tanh_without_halves: 1 / (1 + np.exp(-2 * a))
tanh_for_sigmoid: (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a))
softmax_for_sigmoid: np.exp(a) / np.sum(np.exp(a))
sign_of_the_exponent + tanh_without_halves: 1 / (1 + np.exp(2 * a))
sign_of_the_exponent + overflow: np.exp(-a) / (1 + np.exp(-a))
tanh_for_sigmoid + sign_of_the_exponent: -np.tanh(a)
softmax_for_sigmoid + sign_of_the_exponent: np.exp(-a) / np.exp(-a).sum()

== affine
fails_for_a_batch: np.dot(W_i, x_t) + b_i + np.dot(W_h, h_prev) + b_h
fails_for_a_batch: W_i @ x_t.T + b_i + W_h @ h_prev.T + b_h
fails_for_a_batch: np.einsum("hd,d->h", W_i, x_t) + b_i + np.einsum("hk,k->h", W_h, h_prev) + b_h
fails_for_a_batch:
    a = np.zeros(len(b_i))
    for i in range(len(b_i)):
        for d in range(len(x_t)):
            a[i] += W_i[i, d] * x_t[d]
        for k in range(len(h_prev)):
            a[i] += W_h[i, k] * h_prev[k]
    return a + b_i + b_h
W_h_transposed: W_i @ x_t + b_i + W_h.T @ h_prev + b_h
W_h_transposed: np.dot(x_t, W_i.T) + np.dot(h_prev, W_h) + (b_i + b_h)
W_h_transposed:
    a = b_i + b_h
    for i in range(len(b_i)):
        a[i] += sum(W_i[i, d] * x_t[d] for d in range(len(x_t)))
        a[i] += sum(W_h[k, i] * h_prev[k] for k in range(len(h_prev)))
    return a
W_transposed:
    a = np.einsum("...d,dh->...h", x_t, W_i) + b_i
    return a + np.einsum("...k,kh->...h", h_prev, W_h) + b_h
W_transposed: np.dot(x_t, W_i) + np.dot(h_prev, W_h) + (b_i + b_h)
W_i_transposed: W_i.T @ x_t + b_i + W_h @ h_prev + b_h
star_for_matrix_product: x_t * W_i + b_i + h_prev * W_h + b_h
star_for_the_product_with_h: np.sum(W_i * x_t, axis=1) + b_i + W_h * h_prev + b_h
star_for_the_product_with_x: np.multiply(W_i, x_t) + b_i + np.dot(W_h, h_prev) + b_h
b_i_forgotten: np.einsum("...d,hd->...h", x_t, W_i) + np.einsum("...k,hk->...h", h_prev, W_h) + b_h
b_h_forgotten: np.hstack([h_prev, x_t]) @ np.hstack([W_h, W_i]).T + b_i
both_biases_forgotten: W_i @ x_t + W_h @ h_prev
bias_inside_the_product: np.dot(W_i, x_t) + b_i + np.dot(W_h, h_prev + b_h)
W_i_and_W_h_swapped: W_h @ x_t + b_i + W_i @ h_prev + b_h
star_for_the_product_with_x + b_h_forgotten: x_t * W_i + b_i + h_prev @ W_h.T
star_for_the_product_with_x + W_h_transposed: x_t * W_i + b_i + h_prev @ W_h + b_h
sigmoid_applied + W_h_transposed: sigmoid(x_t @ W_i.T + b_i + h_prev @ W_h + b_h)
W_h_transposed + b_i_forgotten: x_t @ W_i.T + h_prev @ W_h + b_h
W_h_transposed + b_h_forgotten: np.dot(W_i, x_t) + b_i + np.dot(W_h.T, h_prev)
W_h_transposed + both_biases_forgotten: x_t @ W_i.T + h_prev @ W_h
W_transposed + b_h_forgotten: x_t @ W_i + b_i + h_prev @ W_h
W_i_transposed + b_i_forgotten: x_t @ W_i + h_prev @ W_h.T + b_h
bias_inside_the_product + b_i_forgotten: x_t @ W_i.T + (h_prev + b_h) @ W_h.T
bias_inside_the_product + W_h_transposed: x_t @ W_i.T + b_i + (h_prev + b_h) @ W_h
W_i_and_W_h_swapped + b_h_forgotten: x_t @ W_h.T + b_i + h_prev @ W_i.T
fails_for_a_batch + b_i_forgotten: W_i @ x_t + W_h @ h_prev + b_h
fails_for_a_batch + bias_inside_the_product: W_i @ x_t + b_i + W_h @ (h_prev + b_h)

== reset_gate
tanh_for_sigmoid: np.tanh(W_ir @ x_t + b_ir + W_hr @ h_prev + b_hr)
sigmoid_forgotten: np.dot(W_ir, x_t) + b_ir + np.dot(W_hr, h_prev) + b_hr
h_ignored: sigmoid(np.dot(x_t, W_ir.T) + b_ir)
state_product_forgotten: 1 / (1 + np.exp(-(x_t @ W_ir.T + b_ir + b_hr)))
x_ignored: sigmoid(np.dot(W_hr, h_prev) + b_hr)
normalised_like_a_softmax:
    e = np.exp(W_ir @ x_t + b_ir + W_hr @ h_prev + b_hr)
    return e / np.sum(e)
one_minus_the_gate: 1 / (1 + np.exp(x_t @ W_ir.T + b_ir + h_prev @ W_hr.T + b_hr))
W_h_transposed: sigmoid(W_ir @ x_t + b_ir + W_hr.T @ h_prev + b_hr)
biases_outside_the_sigmoid: sigmoid(W_ir @ x_t + W_hr @ h_prev) + (b_ir + b_hr)
W_h_transposed + b_i_forgotten: sigmoid(x_t @ W_ir.T + h_prev @ W_hr + b_hr)
W_h_transposed + tanh_for_sigmoid: np.tanh(x_t @ W_ir.T + b_ir + h_prev @ W_hr + b_hr)
W_h_transposed + sigmoid_forgotten: W_ir @ x_t + b_ir + W_hr.T @ h_prev + b_hr
sigmoid_forgotten + b_h_forgotten: x_t @ W_ir.T + b_ir + h_prev @ W_hr.T
sigmoid_forgotten + both_biases_forgotten: W_ir @ x_t + W_hr @ h_prev
tanh_for_sigmoid + both_biases_forgotten: np.tanh(x_t @ W_ir.T + h_prev @ W_hr.T)
one_minus_the_gate + b_h_forgotten: 1 - sigmoid(x_t @ W_ir.T + b_ir + h_prev @ W_hr.T)
one_minus_the_gate + W_transposed: 1 - sigmoid(x_t @ W_ir + b_ir + h_prev @ W_hr + b_hr)
x_ignored + tanh_for_sigmoid: np.tanh(h_prev @ W_hr.T + b_hr)
h_ignored + sigmoid_forgotten: x_t @ W_ir.T + b_ir + 0 * h_prev
normalised_like_a_softmax + b_i_forgotten:
    e = np.exp(x_t @ W_ir.T + h_prev @ W_hr.T + b_hr)
    return e / e.sum(-1, keepdims=True)

== concat_gate
x_before_h: sigmoid(W @ np.append(x_t, h_prev) + b)
x_before_h: sigmoid(np.hstack((x_t, h_prev)) @ W.T + b)
fails_for_a_batch: sigmoid(W @ np.concatenate([h_prev, x_t]) + b)
fails_for_a_batch: 1 / (1 + np.exp(-(np.r_[h_prev, x_t] @ W.T + b)))
sigmoid_forgotten: W @ np.r_[h_prev, x_t] + b
bias_forgotten: sigmoid(np.dot(W, np.append(h_prev, x_t)))
tanh_for_sigmoid: np.tanh(np.dot(W, np.append(h_prev, x_t)) + b)
x_before_h + bias_forgotten: sigmoid(np.concatenate([x_t, h_prev], axis=-1) @ W.T)
x_before_h + sigmoid_forgotten: np.concatenate([x_t, h_prev], axis=-1) @ W.T + b
fails_for_a_batch + x_before_h: sigmoid(np.concatenate([x_t, h_prev]) @ W.T + b)
fails_for_a_batch + tanh_for_sigmoid: np.tanh(np.concatenate([h_prev, x_t]) @ W.T + b)

== split_weights
returned_in_the_other_order: np.split(W, [len(W)], axis=1)[::-1]
cut_as_if_x_came_first: (W[:, -len(W) :], W[:, : -len(W)])
cut_in_the_middle: np.hsplit(W, [W.shape[1] // 2])
cut_into_two_equal_halves: np.split(W, 2, axis=1)
blocks_transposed: np.split(W.T, [len(W)])
returned_in_the_other_order + cut_in_the_middle: np.hsplit(W, [W.shape[1] // 2])[::-1]
returned_in_the_other_order + cut_as_if_x_came_first: (W[:, : -len(W)], W[:, -len(W) :])
returned_in_the_other_order + blocks_transposed: np.split(W.T, [len(W)])[::-1]

== bias_for_gate
sign: -np.log(r / (1 - r))
sign: np.log(1 / r - 1)
log_of_r_alone: np.vectorize(math.log)(r)
tanh_inverted: 0.5 * np.log((1 + r) / (1 - r))
half_the_bias: np.log(r / (1 - r)) / 2
base_10: np.log10(r) - np.log10(1 - r)
base_2: -np.log2(1 / r - 1)
sigmoid_again: 1 / (1 + np.exp(-r))
sign + half_the_bias: -np.log(r / (1 - r)) / 2
sign + base_10: np.log10((1 - r) / r)
sign + log_of_r_alone: -np.log(r)
base_2 + half_the_bias: np.log2(r / (1 - r)) / 2

== update_gate
W_transposed: sigmoid(np.dot(x_t, W_iz) + np.dot(h_prev, W_hz) + (b_iz + b_hz))
W_h_transposed:
    a = b_iz + b_hz
    a = a + np.einsum("...d,hd->...h", x_t, W_iz) + np.einsum("...h,hk->...k", h_prev, W_hz)
    return 0.5 * (1 + np.tanh(a / 2))
fails_for_a_batch: 1 / (1 + np.exp(-(np.dot(W_iz, x_t) + b_iz + np.dot(W_hz, h_prev) + b_hz)))
fails_for_a_batch: sigmoid(W_iz @ x_t.T + b_iz + W_hz @ h_prev.T + b_hz)
fails_for_a_batch:
    a = np.zeros(len(b_iz))
    for i in range(len(a)):
        a[i] = np.sum(W_iz[i] * x_t) + b_iz[i] + np.sum(W_hz[i] * h_prev) + b_hz[i]
    return sigmoid(a)
b_i_forgotten: sigmoid(W_iz @ x_t + W_hz @ h_prev + b_hz)
b_h_forgotten: sigmoid(np.hstack([x_t, h_prev]) @ np.hstack([W_iz, W_hz]).T + b_iz)
both_biases_forgotten: np.vectorize(lambda v: 1 / (1 + np.exp(-v)))(W_iz @ x_t + W_hz @ h_prev)
one_minus_the_gate: sigmoid(-(W_iz @ x_t) - b_iz - W_hz @ h_prev - b_hz)
W_ir_of_the_reset_gate: sigmoid(W_ir @ x_t + b_ir + W_hr @ h_prev + b_hr)
W_hr_of_the_reset_gate: sigmoid(x_t @ W_iz.T + b_iz + h_prev @ W_hr.T + b_hr)
b_h_forgotten + W_transposed: sigmoid(x_t @ W_iz + b_iz + h_prev @ W_hz)
one_minus_the_gate + b_i_forgotten: 1 - sigmoid(x_t @ W_iz.T + h_prev @ W_hz.T + b_hz)
one_minus_the_gate + tanh_for_sigmoid: 1 - np.tanh(x_t @ W_iz.T + b_iz + h_prev @ W_hz.T + b_hz)
biases_outside_the_sigmoid + W_h_transposed: sigmoid(x_t @ W_iz.T + h_prev @ W_hz) + b_iz + b_hz

== blend
z_and_1_minus_z_swapped: h_prev + z_t * (n_t - h_prev)
one_minus_forgotten: z_t * (h_prev + n_t)
candidate_not_weighted: np.add(np.multiply(h_prev, z_t), n_t)
past_not_weighted: h_prev + n_t - z_t * n_t
dot_product_for_hadamard: np.dot(z_t, h_prev) + np.dot(1 - z_t, n_t)
dot_product_for_hadamard: np.sum(z_t * h_prev) + np.sum((1 - z_t) * n_t)
h_prev_overwritten:
    h_prev[...] = z_t * h_prev + (1 - z_t) * n_t
    return h_prev
z_and_1_minus_z_swapped + past_not_weighted: h_prev + z_t * n_t
z_and_1_minus_z_swapped + candidate_not_weighted: (1 - z_t) * h_prev + n_t
z_and_1_minus_z_swapped + dot_product_for_hadamard: (1 - z_t) @ h_prev + z_t @ n_t
candidate_not_weighted + past_not_weighted: h_prev + n_t
z_and_1_minus_z_swapped + h_prev_overwritten:
    h_prev *= 1 - z_t
    h_prev += z_t * n_t
    return h_prev

== half_life
of_1_minus_z: -np.log(2) / np.log1p(-z)
sign: 1 / np.log2(z)
bases_mixed: -math.log(2) / np.log10(z)
bases_mixed_the_other_way: np.log10(0.5) / np.log(z)
bases_mixed_2: -math.log(2) / np.log2(z)
time_constant: 1 / -np.log(z)
linear_decay: 1 / (2 - 2 * z)
upside_down: -np.log2(z)
sign + of_1_minus_z: np.log(2) / np.log(1 - z)
sign + bases_mixed: np.log(2) / np.log10(z)
sign + time_constant: 1 / np.log(z)
sign + upside_down: np.log(z) / np.log(2)
upside_down + of_1_minus_z: np.log(1 - z) / np.log(0.5)
time_constant + of_1_minus_z: -1 / np.log(1 - z)
linear_decay + of_1_minus_z: 0.5 / z

== bias_for_half_life
z_for_b: np.exp(-np.log(2) / steps)
sign: np.log(2 ** (1 / steps) - 1)
time_constant: -np.log(np.exp(1 / steps) - 1)
log_of_z_alone: -np.log(2) / steps
linear_decay: np.log(2 * steps - 1)
power_of_k:
    z = 0.5 ** steps
    return np.log(z) - np.log(1 - z)
sign + time_constant: np.log(np.exp(1 / steps) - 1)
sign + linear_decay: -np.log(2 * steps - 1)
z_for_b + time_constant: np.exp(-1 / steps)
log_of_z_alone + time_constant: -1 / steps

== candidate_reset_after
before_for_after: np.tanh(W_in @ x_t + b_in + W_hn @ (r_t * h_prev) + b_hn)
b_hn_outside_the_reset: np.tanh(np.dot(W_in, x_t) + r_t * np.dot(W_hn, h_prev) + (b_in + b_hn))
dot_product_for_hadamard: np.tanh(W_in @ x_t + b_in + np.dot(r_t, W_hn @ h_prev + b_hn))
dot_product_for_hadamard: np.tanh(x_t @ W_in.T + b_in + np.sum(r_t * (h_prev @ W_hn.T + b_hn)))
r_outside_tanh: np.tanh(W_in @ x_t + b_in + W_hn @ h_prev + b_hn) * r_t
r_on_everything: np.tanh(np.multiply(r_t, x_t @ W_in.T + b_in + h_prev @ W_hn.T + b_hn))
r_ignored: np.tanh(np.hstack([x_t, h_prev]) @ np.hstack([W_in, W_hn]).T + b_in + b_hn)
sigmoid_for_tanh: 1 / (1 + np.exp(-(W_in @ x_t + b_in + r_t * (W_hn @ h_prev + b_hn))))
tanh_forgotten: W_in @ x_t + b_in + r_t * (W_hn @ h_prev + b_hn)
W_hn_transposed: np.tanh(W_in @ x_t + b_in + r_t * (W_hn.T @ h_prev + b_hn))
b_in_forgotten: np.tanh(np.einsum("...d,hd->...h", x_t, W_in) + (h_prev @ W_hn.T + b_hn) * r_t)
r_outside_tanh + b_hn_forgotten: r_t * np.tanh(x_t @ W_in.T + b_in + h_prev @ W_hn.T)
before_for_after + b_hn_forgotten: np.tanh(x_t @ W_in.T + b_in + (r_t * h_prev) @ W_hn.T)
before_for_after + one_minus_r: np.tanh(x_t @ W_in.T + b_in + ((1 - r_t) * h_prev) @ W_hn.T + b_hn)
sigmoid_for_tanh + b_hn_outside_the_reset:
    return sigmoid(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T) + b_hn)
tanh_forgotten + W_hn_transposed: x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn + b_hn)
one_minus_r + W_hn_transposed: np.tanh(x_t @ W_in.T + b_in + (1 - r_t) * (h_prev @ W_hn + b_hn))
b_hn_outside_the_reset + b_in_forgotten: np.tanh(x_t @ W_in.T + r_t * (h_prev @ W_hn.T) + b_hn)
r_on_the_input + sigmoid_for_tanh: sigmoid(r_t * (x_t @ W_in.T + b_in) + h_prev @ W_hn.T + b_hn)

== candidate_reset_before
after_for_before: np.tanh(W_in @ x_t + b_in + (W_hn @ h_prev + b_hn) * r_t)
reset_after_the_product: np.tanh(W_in @ x_t + (W_hn.T * r_t).T @ h_prev + (b_in + b_hn))
one_minus_r: np.tanh(x_t @ W_in.T + b_in + (h_prev - r_t * h_prev) @ W_hn.T + b_hn)
r_on_the_input: np.tanh(r_t * (W_in @ x_t + b_in) + W_hn @ h_prev + b_hn)
b_hn_forgotten: np.tanh(W_in @ x_t + b_in + (W_hn * r_t) @ h_prev)
W_hn_transposed: np.tanh(W_in @ x_t + b_in + W_hn.T @ (r_t * h_prev) + b_hn)
dot_product_for_hadamard:
    h = np.full(len(b_hn), r_t @ h_prev)
    return np.tanh(W_in @ x_t + b_in + W_hn @ h + b_hn)
dot_product_before_the_product:
    return np.tanh(x_t @ W_in.T + b_in + (r_t @ h_prev) @ W_hn.T + b_hn)
tanh_forgotten: np.dot(x_t, W_in.T) + b_in + np.dot(np.multiply(h_prev, r_t), W_hn.T) + b_hn
after_for_before + b_in_forgotten: np.tanh(x_t @ W_in.T + r_t * (h_prev @ W_hn.T + b_hn))
after_for_before + tanh_forgotten: x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn)
reset_after_the_product + W_hn_transposed:
    return np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn) + b_hn)
reset_after_the_product + one_minus_r:
    return np.tanh(x_t @ W_in.T + b_in + (1 - r_t) * (h_prev @ W_hn.T) + b_hn)
sigmoid_for_tanh + b_hn_forgotten: sigmoid(x_t @ W_in.T + b_in + (r_t * h_prev) @ W_hn.T)
W_hn_transposed + b_in_forgotten: np.tanh(x_t @ W_in.T + (r_t * h_prev) @ W_hn + b_hn)

== convention_gap
abs_forgotten:
    after = candidate_reset_after(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn)
    return np.max(after - candidate_reset_before(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn))
mean_for_maximum:
    w = (W_in, b_in, W_hn, b_hn)
    after, before = candidate_reset_after, candidate_reset_before
    return np.average(np.abs(before(x_t, h_prev, r_t, *w) - after(x_t, h_prev, r_t, *w)))
norm_for_maximum:
    past = h_prev @ W_hn.T
    after = np.tanh(x_t @ W_in.T + b_in + r_t * (past + b_hn))
    before = np.tanh(x_t @ W_in.T + b_in + (r_t * h_prev) @ W_hn.T + b_hn)
    return np.sqrt(np.sum((after - before) ** 2))
mean_for_maximum + abs_forgotten:
    after = candidate_reset_after(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn)
    return np.mean(after - candidate_reset_before(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn))
difference_of_the_maxima + abs_forgotten:
    after = candidate_reset_after(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn)
    return after.max() - candidate_reset_before(x_t, h_prev, r_t, W_in, b_in, W_hn, b_hn).max()

== hidden_state
z_and_1_minus_z_swapped:
    n_t = np.tanh(W_in @ x_t + b_in + r_t * (W_hn @ h_prev + b_hn))
    return z_t * n_t + (1 - z_t) * h_prev
r_and_z_swapped:
    n_t = np.tanh(x_t @ W_in.T + b_in + z_t * (h_prev @ W_hn.T + b_hn))
    return n_t + r_t * (h_prev - n_t)
r_in_the_blend:
    n_t = np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))
    h_prev = r_t * h_prev
    return (1 - z_t) * n_t + z_t * h_prev
reset_before:
    h_r = np.multiply(r_t, h_prev)
    n_t = np.tanh(W_in @ x_t + b_in + W_hn @ h_r + b_hn)
    return n_t - z_t * n_t + z_t * h_prev
reset_ignored:
    n_t = np.tanh(np.dot(W_in, x_t) + b_in + np.dot(W_hn, h_prev) + b_hn)
    return (1 - z_t) * n_t + z_t * h_prev
past_weighted_too_early:
    h_t = z_t * h_prev
    n_t = np.tanh(x_t @ W_in.T + b_in + r_t * (h_t @ W_hn.T + b_hn))
    return (1 - z_t) * n_t + z_t * h_t
candidate_sees_the_weighted_past:
    h_prev *= z_t
    n_t = np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))
    h_prev += (1 - z_t) * n_t
    return h_prev
past_weighted_too_early:
    h_prev = z_t * h_prev
    n_t = np.tanh(W_in @ x_t + b_in + r_t * (W_hn @ h_prev + b_hn))
    return (1 - z_t) * n_t + z_t * h_prev
candidate_alone: np.tanh(W_in @ x_t + b_in + r_t * (W_hn @ h_prev + b_hn))
h_prev_overwritten:
    n_t = np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))
    h_prev[:] = (1 - z_t) * n_t + z_t * h_prev
    return h_prev
z_and_1_minus_z_swapped + reset_before:
    n_t = np.tanh(x_t @ W_in.T + b_in + (r_t * h_prev) @ W_hn.T + b_hn)
    return z_t * n_t + (1 - z_t) * h_prev
z_and_1_minus_z_swapped + reset_ignored:
    n_t = np.tanh(x_t @ W_in.T + b_in + h_prev @ W_hn.T + b_hn)
    return z_t * n_t + (1 - z_t) * h_prev
z_and_1_minus_z_swapped + r_and_z_swapped:
    n_t = np.tanh(x_t @ W_in.T + b_in + z_t * (h_prev @ W_hn.T + b_hn))
    return r_t * n_t + (1 - r_t) * h_prev
r_in_the_blend + reset_ignored:
    n_t = np.tanh(x_t @ W_in.T + b_in + h_prev @ W_hn.T + b_hn)
    return (1 - z_t) * n_t + z_t * r_t * h_prev
r_in_the_blend + reset_before:
    h_prev = r_t * h_prev
    n_t = np.tanh(x_t @ W_in.T + b_in + h_prev @ W_hn.T + b_hn)
    return (1 - z_t) * n_t + z_t * h_prev
candidate_alone + reset_before: np.tanh(x_t @ W_in.T + b_in + (r_t * h_prev) @ W_hn.T + b_hn)
candidate_alone + reset_ignored: np.tanh(x_t @ W_in.T + b_in + h_prev @ W_hn.T + b_hn)
candidate_alone + r_and_z_swapped: np.tanh(x_t @ W_in.T + b_in + z_t * (h_prev @ W_hn.T + b_hn))
z_and_1_minus_z_swapped + h_prev_overwritten:
    n_t = np.tanh(x_t @ W_in.T + b_in + r_t * (h_prev @ W_hn.T + b_hn))
    h_prev *= 1 - z_t
    h_prev += z_t * n_t
    return h_prev

== gru_cell
z_and_1_minus_z_swapped:
    r_t = sigmoid(p.W_ir @ x_t + p.b_ir + p.W_hr @ h_prev + p.b_hr)
    z_t = sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hz @ h_prev + p.b_hz)
    n_t = np.tanh(p.W_in @ x_t + p.b_in + r_t * (p.W_hn @ h_prev + p.b_hn))
    return (1 - z_t) * h_prev + z_t * n_t
reset_weights_in_the_update_gate:
    r_t = sigmoid(x_t @ p.W_ir.T + p.b_ir + h_prev @ p.W_hr.T + p.b_hr)
    z_t = r_t
    n_t = np.tanh(x_t @ p.W_in.T + p.b_in + r_t * (h_prev @ p.W_hn.T + p.b_hn))
    return n_t + z_t * (h_prev - n_t)
r_and_z_swapped:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    return hidden_state(x_t, h_prev, z_t, r_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
reset_ignored:
    z_t = sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hz @ h_prev + p.b_hz)
    n_t = np.tanh(p.W_in @ x_t + p.b_in + p.W_hn @ h_prev + p.b_hn)
    return n_t - z_t * n_t + z_t * h_prev
reset_before:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = candidate_reset_before(x_t, h_prev, r_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
    return blend(z_t, h_prev, n_t)
b_hn_outside_the_reset:
    X = np.concatenate([x_t, h_prev], axis=-1)
    r_t = sigmoid(X @ np.hstack([p.W_ir, p.W_hr]).T + p.b_ir + p.b_hr)
    z_t = sigmoid(X @ np.hstack([p.W_iz, p.W_hz]).T + p.b_iz + p.b_hz)
    n_t = np.tanh(x_t @ p.W_in.T + r_t * (h_prev @ p.W_hn.T) + (p.b_in + p.b_hn))
    return (1 - z_t) * n_t + z_t * h_prev
h_prev_replaced_by_its_reset:
    r_t = sigmoid(p.W_ir @ x_t + p.b_ir + p.W_hr @ h_prev + p.b_hr)
    h = r_t * h_prev
    z_t = sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hz @ h + p.b_hz)
    n_t = np.tanh(p.W_in @ x_t + p.b_in + p.W_hn @ h + p.b_hn)
    return (1 - z_t) * n_t + z_t * h
gates_see_the_reset_state:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, r_t * h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    return hidden_state(x_t, h_prev, r_t, z_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
tanh_for_sigmoid:
    r_t = np.tanh(p.W_ir @ x_t + p.b_ir + p.W_hr @ h_prev + p.b_hr)
    z_t = np.tanh(p.W_iz @ x_t + p.b_iz + p.W_hz @ h_prev + p.b_hz)
    n_t = np.tanh(p.W_in @ x_t + p.b_in + r_t * (p.W_hn @ h_prev + p.b_hn))
    return (1 - z_t) * n_t + z_t * h_prev
sigmoid_for_tanh:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = 1 / (1 + np.exp(-(p.W_in @ x_t + p.b_in + r_t * (p.W_hn @ h_prev + p.b_hn))))
    return blend(z_t, h_prev, n_t)
W_h_transposed:
    r_t = sigmoid(np.dot(p.W_ir, x_t) + p.b_ir + np.dot(h_prev, p.W_hr) + p.b_hr)
    z_t = sigmoid(np.dot(p.W_iz, x_t) + p.b_iz + np.dot(h_prev, p.W_hz) + p.b_hz)
    n_t = np.tanh(np.dot(p.W_in, x_t) + p.b_in + r_t * (np.dot(h_prev, p.W_hn) + p.b_hn))
    return (1 - z_t) * n_t + z_t * h_prev
fails_for_a_batch:
    r_t = sigmoid(np.dot(p.W_ir, x_t) + p.b_ir + np.dot(p.W_hr, h_prev) + p.b_hr)
    z_t = sigmoid(np.dot(p.W_iz, x_t) + p.b_iz + np.dot(p.W_hz, h_prev) + p.b_hz)
    n_t = np.tanh(np.dot(p.W_in, x_t) + p.b_in + r_t * (np.dot(p.W_hn, h_prev) + p.b_hn))
    return (1 - z_t) * n_t + z_t * h_prev
fails_for_a_batch:
    h_t = np.zeros(len(p.b_ir))
    for i in range(len(h_t)):
        r = sigmoid(np.sum(p.W_ir[i] * x_t) + p.b_ir[i] + np.sum(p.W_hr[i] * h_prev) + p.b_hr[i])
        z = sigmoid(np.sum(p.W_iz[i] * x_t) + p.b_iz[i] + np.sum(p.W_hz[i] * h_prev) + p.b_hz[i])
        u = np.sum(p.W_hn[i] * h_prev) + p.b_hn[i]
        h_t[i] = (1 - z) * np.tanh(np.sum(p.W_in[i] * x_t) + p.b_in[i] + r * u) + z * h_prev[i]
    return h_t
state_biases_forgotten:
    X = np.concatenate([h_prev, x_t], axis=-1)
    r_t = sigmoid(X @ np.hstack([p.W_hr, p.W_ir]).T + p.b_ir)
    z_t = sigmoid(X @ np.hstack([p.W_hz, p.W_iz]).T + p.b_iz)
    n_t = np.tanh(x_t @ p.W_in.T + p.b_in + r_t * (h_prev @ p.W_hn.T))
    return (1 - z_t) * n_t + z_t * h_prev
W_hr_for_W_hz:
    r_t = sigmoid(p.W_ir @ x_t + p.b_ir + p.W_hr @ h_prev + p.b_hr)
    z_t = sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hr @ h_prev + p.b_hz)
    n_t = np.tanh(p.W_in @ x_t + p.b_in + r_t * (p.W_hn @ h_prev + p.b_hn))
    return n_t + z_t * (h_prev - n_t)
h_prev_overwritten:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = candidate_reset_after(x_t, h_prev, r_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
    h_prev *= z_t
    h_prev += (1 - z_t) * n_t
    return h_prev
z_and_1_minus_z_swapped + reset_before:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = candidate_reset_before(x_t, h_prev, r_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
    return blend(1 - z_t, h_prev, n_t)
z_and_1_minus_z_swapped + b_hn_forgotten:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = np.tanh(x_t @ p.W_in.T + p.b_in + r_t * (h_prev @ p.W_hn.T))
    return (1 - z_t) * h_prev + z_t * n_t
z_and_1_minus_z_swapped + reset_weights_in_the_update_gate:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    n_t = candidate_reset_after(x_t, h_prev, r_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
    return r_t * n_t + (1 - r_t) * h_prev
z_and_1_minus_z_swapped + r_and_z_swapped:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = np.tanh(x_t @ p.W_in.T + p.b_in + z_t * (h_prev @ p.W_hn.T + p.b_hn))
    return r_t * n_t + (1 - r_t) * h_prev
reset_before + input_biases_only:
    r_t = sigmoid(x_t @ p.W_ir.T + p.b_ir + h_prev @ p.W_hr.T)
    z_t = sigmoid(x_t @ p.W_iz.T + p.b_iz + h_prev @ p.W_hz.T)
    n_t = np.tanh(x_t @ p.W_in.T + p.b_in + (r_t * h_prev) @ p.W_hn.T + p.b_hn)
    return (1 - z_t) * n_t + z_t * h_prev
reset_before + W_h_transposed:
    r_t = sigmoid(x_t @ p.W_ir.T + p.b_ir + h_prev @ p.W_hr + p.b_hr)
    z_t = sigmoid(x_t @ p.W_iz.T + p.b_iz + h_prev @ p.W_hz + p.b_hz)
    n_t = np.tanh(x_t @ p.W_in.T + p.b_in + (r_t * h_prev) @ p.W_hn + p.b_hn)
    return (1 - z_t) * n_t + z_t * h_prev
tanh_for_sigmoid + sigmoid_for_tanh:
    r_t = np.tanh(x_t @ p.W_ir.T + p.b_ir + h_prev @ p.W_hr.T + p.b_hr)
    z_t = np.tanh(x_t @ p.W_iz.T + p.b_iz + h_prev @ p.W_hz.T + p.b_hz)
    n_t = sigmoid(x_t @ p.W_in.T + p.b_in + r_t * (h_prev @ p.W_hn.T + p.b_hn))
    return (1 - z_t) * n_t + z_t * h_prev
candidate_alone + reset_ignored: np.tanh(x_t @ p.W_in.T + p.b_in + h_prev @ p.W_hn.T + p.b_hn)
W_ir_for_W_iz + W_hr_for_W_hz:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_ir, p.b_iz, p.W_hr, p.b_hz)
    return hidden_state(x_t, h_prev, r_t, z_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
b_ir_for_b_iz + z_and_1_minus_z_swapped:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_ir, p.W_hz, p.b_hz)
    return hidden_state(x_t, h_prev, r_t, 1 - z_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
W_hz_for_W_hn + reset_ignored:
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = np.tanh(x_t @ p.W_in.T + p.b_in + h_prev @ p.W_hz.T + p.b_hn)
    return (1 - z_t) * n_t + z_t * h_prev
b_hn_outside_the_reset + sigmoid_for_tanh:
    r_t = reset_gate(x_t, h_prev, p.W_ir, p.b_ir, p.W_hr, p.b_hr)
    z_t = update_gate(x_t, h_prev, p.W_iz, p.b_iz, p.W_hz, p.b_hz)
    n_t = sigmoid(x_t @ p.W_in.T + p.b_in + r_t * (h_prev @ p.W_hn.T) + p.b_hn)
    return (1 - z_t) * n_t + z_t * h_prev

== unpack_torch_weights
order_z_r_n:
    cut = [np.split(a, 3) for a in (weight_ih, weight_hh, bias_ih, bias_hh)]
    return [block for z, r, n in cut for block in (r, z, n)]
order_r_n_z:
    H = len(bias_ih) // 3
    r, n, z = slice(0, H), slice(H, 2 * H), slice(2 * H, None)
    packed = (weight_ih, weight_hh, bias_ih, bias_hh)
    return [a[gate].tolist() for a in packed for gate in (r, z, n)]
input_and_state_biases_swapped:
    packed = (weight_ih, weight_hh, bias_hh, bias_ih)
    return [block for a in packed for block in np.array_split(a, 3)]
every_third_row:
    packed = (weight_ih, weight_hh, bias_ih, bias_hh)
    return [a.reshape(-1, 3, *a.shape[1:])[:, i] for a in packed for i in range(3)]
weights_transposed:
    b = [*np.split(bias_ih, 3), *np.split(bias_hh, 3)]
    return (*np.split(weight_ih.T, 3, axis=1), *np.split(weight_hh.T, 3, axis=1), *b)
biases_summed:
    b = np.split(bias_ih + bias_hh, 3)
    return (*np.split(weight_ih, 3), *np.split(weight_hh, 3), *b, *np.zeros((3, len(b[0]))))
order_z_r_n + input_and_state_biases_swapped:
    cut = [np.split(a, 3) for a in (weight_ih, weight_hh, bias_hh, bias_ih)]
    return [block for z, r, n in cut for block in (r, z, n)]
order_of_the_biases + input_and_state_biases_swapped:
    bi, bh = np.split(bias_hh, 3), np.split(bias_ih, 3)
    w = (*np.split(weight_ih, 3), *np.split(weight_hh, 3))
    return (*w, bi[1], bi[0], bi[2], bh[1], bh[0], bh[2])
every_third_row + input_and_state_biases_swapped:
    return [a[i::3] for a in (weight_ih, weight_hh, bias_hh, bias_ih) for i in range(3)]
weights_transposed + order_z_r_n:
    cut = [np.split(a, 3) for a in (weight_ih, weight_hh, bias_ih, bias_hh)]
    return [np.transpose(block) for z, r, n in cut for block in (r, z, n)]
biases_summed + order_z_r_n:
    cut = [np.split(a, 3) for a in (weight_ih, weight_hh, bias_ih + bias_hh, 0 * bias_hh)]
    return [block for z, r, n in cut for block in (r, z, n)]

== flip_update_gate
biases_not_flipped: [-w if name in ("W_iz", "W_hz") else w for name, w in p._asdict().items()]
weights_not_flipped: {k: -w if k in ("b_iz", "b_hz") else w for k, w in p._asdict().items()}
everything_flipped: tuple(-w for w in p)
reset_gate_flipped: [-w if name.endswith("r") else w for name, w in p._asdict().items()]
one_minus_the_weights: [1 - w if name[-1] == "z" else w for name, w in p._asdict().items()]
one_minus_the_weights + biases_not_flipped: p._replace(W_iz=1 - p.W_iz, W_hz=1 - p.W_hz)
input_side_only + biases_not_flipped: p._replace(W_iz=-p.W_iz)
reset_gate_flipped + biases_not_flipped: p._replace(W_ir=-p.W_ir, W_hr=-p.W_hr)

== weights_that_make_it_a_tanh_rnn
both_gates_left_at_one_half:
    i, h, b = np.zeros_like(W_i), np.zeros_like(W_h), np.zeros_like(b_i)
    return i, i, W_i, h, h, W_h, b, b, b_i, b, b, b_h
update_gate_open:
    i, h, b = np.zeros_like(W_i), np.zeros_like(W_h), np.zeros_like(b_i)
    return i, i, W_i, h, h, W_h, b + 100, b + 100, b_i, b, b, b_h
reset_gate_closed:
    i, h, b = np.zeros_like(W_i), np.zeros_like(W_h), np.zeros_like(b_i)
    return i, i, W_i, h, h, W_h, b, b, b_i, b - 50, b - 50, b_h
update_gate_left_at_one_half:
    i, h, b = np.zeros_like(W_i), np.zeros_like(W_h), np.zeros_like(b_i)
    return i, i, W_i, h, h, W_h, b + 30, b, b_i, b, b, b_h
reset_gate_closed + update_gate_left_at_one_half:
    i, h, b = np.zeros_like(W_i), np.zeros_like(W_h), np.zeros_like(b_i)
    return i, i, W_i, h, h, W_h, b - 50, b, b_i, b, b, b_h
reset_gate_closed + update_gate_open:
    i, h, b = np.zeros_like(W_i), np.zeros_like(W_h), np.zeros_like(b_i)
    return i, i, W_i, h, h, W_h, b - 50, b + 50, b_i, b, b, b_h

== weights_that_remember
update_gate_closed:
    i, h, b = np.zeros((H, D)), np.zeros((H, H)), np.zeros(H)
    return i, i, i, h, h, h, b, b - 100, b, b, b, b
update_gate_left_at_one_half: [np.zeros(s) for s in [(H, D)] * 3 + [(H, H)] * 3 + [(H,)] * 6]

== gru_forward
h_0_ignored:
    h, out = np.zeros_like(h_0), []
    for t in range(x.shape[0]):
        h = gru_cell(x[t], h, p)
        out.append(h)
    return np.stack(out)
h_not_carried: np.stack([gru_cell(x[t], h_0, p) for t in range(len(x))])
time_runs_backwards:
    h, out = h_0, []
    for t in reversed(range(len(x))):
        h = gru_cell(x[t], h, p)
        out.append(h)
    return np.stack(out)
states_before_the_step:
    h, out = h_0, np.zeros((*x.shape[:2], h_0.shape[1]))
    for t in range(len(x)):
        out[t] = h
        h = gru_cell(x[t], h, p)
    return out
last_state_only:
    for x_t in x:
        h_0 = gru_cell(x_t, h_0, p)
    return h_0
every_row_is_the_last_state:
    h, out = h_0.copy(), []
    for t in range(len(x)):
        h[:] = gru_cell(x[t], h, p)
        out.append(h)
    return np.array(out)
h_0_overwritten:
    out = []
    for x_t in x:
        h_0[:] = gru_cell(x_t, h_0, p)
        out.append(h_0.copy())
    return np.array(out)
h_0_ignored + states_before_the_step:
    h, out = np.zeros_like(h_0), []
    for x_t in x:
        out.append(h)
        h = gru_cell(x_t, h, p)
    return np.array(out)
h_0_ignored + h_not_carried: np.stack([gru_cell(x_t, np.zeros_like(h_0), p) for x_t in x])
h_0_ignored + time_runs_backwards: gru_forward(x[::-1], 0 * h_0, p)
h_0_ignored + last_state_only: gru_forward(x, 0 * h_0, p)[-1]
every_row_is_the_last_state + h_0_overwritten:
    out = []
    for x_t in x:
        h_0[:] = gru_cell(x_t, h_0, p)
        out.append(h_0)
    return np.array(out)

== gru_forward_lengths
lengths_ignored: (gru_forward(x, h_0, p), gru_forward(x, h_0, p)[-1])
last_state_reads_the_padding:
    out = gru_forward(x, h_0, p)
    last = out[-1].copy()
    for n, length in enumerate(lengths):
        out[length:, n] = 0
    return out, last
one_step_too_many:
    out, h = np.zeros((*x.shape[:2], h_0.shape[1])), h_0.copy()
    for t in range(len(x)):
        for n in range(len(lengths)):
            if t <= lengths[n]:
                h[n] = out[t, n] = gru_cell(x[t, n], h[n], p)
    return out, h
output_not_zero_in_the_padding:
    h, out = h_0, []
    for t in range(len(x)):
        h = np.where((t < lengths)[:, None], gru_cell(x[t], h, p), h)
        out.append(h)
    return np.array(out), h
one_step_too_many + output_not_zero_in_the_padding:
    h, out = h_0, []
    for t in range(len(x)):
        h = np.where((t <= lengths)[:, None], gru_cell(x[t], h, p), h)
        out.append(h)
    return np.array(out), h
one_step_too_many + h_0_ignored: gru_forward_lengths(x, lengths + 1, 0 * h_0, p)

== stacked_gru
every_layer_reads_x:
    outs = [gru_forward(x, h_0[i], layers[i]) for i in range(len(layers))]
    return outs[-1], np.stack([out[-1] for out in outs])
one_h_0_for_all_layers:
    last = []
    for p in layers:
        x = gru_forward(x, h_0[0], p)
        last.append(x[-1])
    return x, last
last_state_of_the_top_layer_only:
    for i in range(len(layers)):
        x = gru_forward(x, h_0[i], layers[i])
    return x, np.broadcast_to(x[-1], h_0.shape)
one_h_0_for_all_layers + last_state_of_the_top_layer_only:
    for p in layers:
        x = gru_forward(x, h_0[0], p)
    return x, np.stack([x[-1]] * len(layers))

== bidirectional_gru
output_left_reversed:
    back = gru_forward(np.flip(x, 0), h_0[1], p_backward)
    return np.dstack([gru_forward(x, h_0[0], p_forward), back])
input_not_reversed:
    pairs = ((h_0[0], p_forward), (h_0[1], p_backward))
    return np.concatenate([gru_forward(x, h, p) for h, p in pairs], axis=2)
halves_swapped:
    back = gru_forward(x[::-1], h_0[1], p_backward)[::-1]
    return np.dstack([back, gru_forward(x, h_0[0], p_forward)])
one_h_0_for_both + output_left_reversed:
    back = gru_forward(x[::-1], h_0[0], p_backward)
    return np.dstack([gru_forward(x, h_0[0], p_forward), back])
same_parameters_for_both + halves_swapped:
    back = gru_forward(x[::-1], h_0[1], p_forward)[::-1]
    return np.dstack([back, gru_forward(x, h_0[0], p_forward)])

== count_parameters
one_bias:
    block = H * (D + H + 1) + (layers - 1) * H * (2 * H + 1)
    return block, 3 * block, 4 * block
upper_layers_read_x: [k * layers * H * (D + H + 2) for k in (1, 3, 4)]
layers_ignored: np.array([1, 3, 4]) * (H * D + H * H + 2 * H)
one_bias + upper_layers_read_x: [k * layers * H * (D + H + 1) for k in (1, 3, 4)]
no_bias + layers_ignored: [k * (H * D + H * H) for k in (1, 3, 4)]
candidate_forgotten + one_bias:
    block = H * (D + H + 1) + (layers - 1) * H * (2 * H + 1)
    return block, 2 * block, 3 * block

== softmax_cross_entropy
summed_not_averaged:
    log_q = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    hot = np.arange(logits.shape[-1]) == targets[..., None]
    return -log_q[hot].sum(), np.exp(log_q) - hot
gradient_of_the_wrong_sign:
    log_q = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    hot = np.arange(logits.shape[-1]) == targets[..., None]
    return -log_q[hot].mean(), (hot - np.exp(log_q)) / targets.size
overflow:
    q = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    loss = -np.log(np.take_along_axis(q, targets[..., None], axis=-1)).mean()
    return loss, (q - np.eye(logits.shape[-1])[targets]) / targets.size
gradient_not_averaged + gradient_of_the_wrong_sign:
    log_q = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    hot = np.arange(logits.shape[-1]) == targets[..., None]
    return -log_q[hot].mean(), hot - np.exp(log_q)
loss_not_averaged + target_not_subtracted:
    log_q = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    hot = np.arange(logits.shape[-1]) == targets[..., None]
    return -log_q[hot].sum(), np.exp(log_q) / targets.size

== sigmoid_backward
sigmoid_applied_again:
    s = 1 / (1 + np.exp(-s))
    return ds * (s - s**2)
one_minus_s_forgotten: np.multiply(s, ds)
slope_of_tanh: ds - ds * s * s
upstream_forgotten: s - s**2
sigmoid_applied_again + upstream_forgotten: sigmoid(s) * (1 - sigmoid(s))
slope_of_tanh + upstream_forgotten: 1 - s**2

== tanh_backward
tanh_applied_again: dn / np.cosh(n) ** 2
slope_of_sigmoid: dn * (n - n**2)
square_forgotten: dn - n * dn
upstream_forgotten: (1 - n) * (1 + n)
tanh_applied_again + upstream_forgotten: 1 - np.tanh(n) ** 2
square_forgotten + upstream_forgotten: 1 - n

== blend_backward
dz_of_the_wrong_sign: (dh_t * n_t - dh_t * h_prev, dh_t - dh_t * z_t, dh_t * z_t)
n_term_of_dz_missing: [h_prev * dh_t, dh_t - z_t * dh_t, z_t * dh_t]
returned_in_another_order:
    dh_prev, dn_t, dz_t = z_t * dh_t, (1 - z_t) * dh_t, (h_prev - n_t) * dh_t
    return dh_prev, dn_t, dz_t
dz_of_the_wrong_sign + dn_and_dh_swapped: (dh_t * (n_t - h_prev), dh_t * z_t, dh_t * (1 - z_t))
n_term_of_dz_missing + dn_and_dh_swapped: (dh_t * h_prev, dh_t * z_t, dh_t * (1 - z_t))
dz_of_the_wrong_sign + upstream_forgotten: (n_t - h_prev, 1 - z_t, z_t)

== product_backward
W_transposed_in_dv: (np.einsum("nh,dh->nd", da, W), da.T @ v, np.sum(da, axis=0))
dW_transposed: (np.dot(da, W), np.einsum("nd,nh->dh", v, da), np.ones(len(da)) @ da)
dW_averaged_over_the_batch: (da @ W, np.einsum("nh,nd->hd", da, v) / len(v), np.mean(da, axis=0))
db_summed_over_units: (da @ W, da.T @ v, np.sum(da, axis=-1))
dW_transposed + db_averaged_over_the_batch: (da @ W, v.T @ da, da.mean(0))
W_transposed_in_dv + dW_transposed: (da @ W.T, v.T @ da, da.sum(0))
dW_transposed + db_not_summed: (da @ W, v.T @ da, da)

== gru_cell_backward
path_through_r_missing:
    dx, dh, g = gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p)
    da_n = dh_t * (1 - z_t) * (1 - n_t**2)
    da_r = da_n * (h_prev @ p.W_hn.T + p.b_hn) * r_t * (1 - r_t)
    return dx, dh - da_r @ p.W_hr, g
direct_path_missing:
    dz_t, dn_t, dh_prev = blend_backward(dh_t, z_t, n_t, h_prev)
    da_n, da_z = tanh_backward(n_t, dn_t), sigmoid_backward(z_t, dz_t)
    da_r = sigmoid_backward(r_t, da_n * (h_prev @ p.W_hn.T + p.b_hn))
    dx_r, dW_ir, db_r = product_backward(da_r, x_t, p.W_ir)
    dx_z, dW_iz, db_z = product_backward(da_z, x_t, p.W_iz)
    dx_n, dW_in, db_n = product_backward(da_n, x_t, p.W_in)
    dh_r, dW_hr, _ = product_backward(da_r, h_prev, p.W_hr)
    dh_z, dW_hz, _ = product_backward(da_z, h_prev, p.W_hz)
    dh_n, dW_hn, db_hn = product_backward(da_n * r_t, h_prev, p.W_hn)
    g = GRUParams(dW_ir, dW_iz, dW_in, dW_hr, dW_hz, dW_hn, db_r, db_z, db_n, db_r, db_z, db_hn)
    return dx_r + dx_z + dx_n, dh_r + dh_z + dh_n, g
r_missing_from_b_hn:
    dx, dh, g = gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p)
    return dx, dh, g._replace(b_hn=g.b_in)
r_missing_from_b_hn_and_W_hn:
    dx, dh, g = gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p)
    da_n = (dh_t - dh_t * z_t) * (1 - n_t * n_t)
    dh = dh + (da_n - da_n * r_t) @ p.W_hn
    return dx, dh, g._replace(W_hn=da_n.T @ h_prev, b_hn=da_n.sum(0))
dW_transposed:
    dx, dh, g = gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p)
    return [dx, dh, *(np.transpose(w) for w in g)]
biases_averaged:
    dx, dh, g = gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p)
    return dx, dh, {k: w if w.ndim == 2 else w / len(dh_t) for k, w in g._asdict().items()}
path_through_r_missing + r_missing_from_b_hn:
    dx, dh, g = gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p)
    da_r = dh_t * (1 - z_t) * (1 - n_t**2) * (h_prev @ p.W_hn.T + p.b_hn) * r_t * (1 - r_t)
    return dx, dh - da_r @ p.W_hr, g._replace(b_hn=g.b_in)
direct_path_missing + biases_averaged:
    dx, dh, g = gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p)
    g = [w if w.ndim == 2 else w / len(dh_t) for w in g]
    return dx, dh - dh_t * z_t, GRUParams(*g)
direct_path_missing + dW_transposed:
    dx, dh, g = gru_cell_backward(dh_t, x_t, h_prev, r_t, z_t, n_t, p)
    return dx, dh - dh_t * z_t, GRUParams(*(w.T for w in g))

== gru_backward
overwritten_not_accumulated:
    h = np.concatenate([h_0[None], gru_forward(x, h_0, p)])
    dx, flow = np.zeros_like(x), 0
    for t in range(len(x) - 1, -1, -1):
        r_t = reset_gate(x[t], h[t], p.W_ir, p.b_ir, p.W_hr, p.b_hr)
        z_t = update_gate(x[t], h[t], p.W_iz, p.b_iz, p.W_hz, p.b_hz)
        n_t = candidate_reset_after(x[t], h[t], r_t, p.W_in, p.b_in, p.W_hn, p.b_hn)
        dx[t], flow, g = gru_cell_backward(dh[t] + flow, x[t], h[t], r_t, z_t, n_t, p)
    return dx, flow, g
averaged_over_time:
    dx, dh_0, g = gru_backward(dh, x, h_0, p)
    return dx, dh_0, [w / len(x) for w in g]
loss_of_the_last_step_only: gru_backward(np.concatenate([0 * dh[:-1], dh[-1:]]), x, h_0, p)
h_0_ignored: gru_backward(dh, x, np.zeros_like(h_0), p)
loss_of_the_last_step_only + h_0_ignored:
    return gru_backward(np.concatenate([0 * dh[:-1], dh[-1:]]), x, 0 * h_0, p)
averaged_over_time + h_0_ignored:
    dx, dh_0, g = gru_backward(dh, x, 0 * h_0, p)
    return dx, dh_0, GRUParams(*(w / len(x) for w in g))

== directional_derivative
one_sided: (f(x + v * eps) - f(x)) / eps
factor_of_two: f(x + eps * v) / eps - f(x - eps * v) / eps
wrong_sign: (f(x - eps * v) - f(x + eps * v)) / eps / 2
direction_normalised:
    v = v / np.sqrt(np.sum(v**2))
    return (f(x + eps * v) - f(x - eps * v)) / (2 * eps)
one_sided + wrong_sign: (f(x) - f(x + eps * v)) / eps
one_sided + not_divided: f(x + eps * v) - f(x)
one_sided + factor_of_two: 2 * (f(x + eps * v) - f(x)) / eps

== truncated_bptt
window_ignored: gru_backward(dh, x, h_0, p)[2]
only_the_last_window:
    for t in range(0, len(x), window):
        g = gru_backward(dh[t : t + window], x[t : t + window], h_0, p)[2]
        h_0 = gru_forward(x[t : t + window], h_0, p)[-1]
    return g
state_restarted:
    total = [0] * 12
    for t in range(0, len(x), window):
        h = h_0 if t == 0 else np.zeros_like(h_0)
        g = gru_backward(dh[t : t + window], x[t : t + window], h, p)[2]
        total = [a + b for a, b in zip(total, g)]
    return total
state_restarted + only_the_last_window:
    for t in range(0, len(x), window):
        h = 0 * h_0 if t else h_0
        g = gru_backward(dh[t : t + window], x[t : t + window], h, p)[2]
    return g

== rnn_jacobian
transposed: np.transpose(np.diag(1 - h_t**2) @ W_h)
slope_on_the_columns: W_h @ np.diag(1 - h_t**2)
slope_forgotten: W_h.copy()
tanh_applied_again: np.diag(1 / np.cosh(h_t) ** 2) @ W_h
product_instead_of_matrix: W_h.T @ (1 - h_t * h_t)
transposed + slope_on_the_columns: (W_h * (1 - h_t**2)).T
transposed + tanh_applied_again: ((1 - np.tanh(h_t) ** 2)[:, None] * W_h).T
slope_forgotten + transposed: W_h.T

== gru_jacobian
gates_taken_as_constants: article_jacobian(x_t, h_prev, p)
transposed: np.swapaxes(gru_jacobian(x_t, h_prev, p), 0, 1)
diagonal_missing:
    z_t = sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hz @ h_prev + p.b_hz)
    return gru_jacobian(x_t, h_prev, p) - np.diag(z_t)
path_through_z_missing:
    r, z = (
        sigmoid(p.W_ir @ x_t + p.b_ir + p.W_hr @ h_prev + p.b_hr),
        sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hz @ h_prev + p.b_hz),
    )
    u = p.W_hn @ h_prev + p.b_hn
    n = np.tanh(p.W_in @ x_t + p.b_in + r * u)
    N = np.diag(1 - n**2) @ (np.diag(r) @ p.W_hn + np.diag(u * r * (1 - r)) @ p.W_hr)
    return np.diag(z) + np.diag(1 - z) @ N
diagonal_missing + transposed:
    z_t = sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hz @ h_prev + p.b_hz)
    return (gru_jacobian(x_t, h_prev, p) - np.diag(z_t)).T
gates_taken_as_constants + transposed: article_jacobian(x_t, h_prev, p).T
gates_taken_as_constants + diagonal_missing:
    z_t = sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hz @ h_prev + p.b_hz)
    return article_jacobian(x_t, h_prev, p) - np.diag(z_t)

== article_jacobian
full_jacobian: gru_jacobian(x_t, h_prev, p)
diagonal_missing:
    z_t = sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hz @ h_prev + p.b_hz)
    return article_jacobian(x_t, h_prev, p) - np.diag(z_t)
full_jacobian + diagonal_missing:
    z_t = sigmoid(p.W_iz @ x_t + p.b_iz + p.W_hz @ h_prev + p.b_hz)
    return gru_jacobian(x_t, h_prev, p) - np.diag(z_t)

== saturate_gates
nothing_changed:
    p._replace(b_ir=np.full_like(p.b_ir, 100), b_iz=np.full_like(p.b_iz, 100))
    return p
r_and_z_swapped:
    zero = {k: 0 * w for k, w in p._asdict().items() if k[-1] in "rz"}
    zero |= {"b_iz": zero["b_iz"] + 60 * (2 * r - 1), "b_ir": zero["b_ir"] + 60 * (2 * z - 1)}
    return p._replace(**zero)
bias_of_five + signs_swapped:
    b_ir, b_iz = 5 * (1 - 2 * r) + 0 * p.b_ir, 5 * (1 - 2 * z) + 0 * p.b_iz
    return saturate_gates(p, r, z)._replace(b_ir=b_ir, b_iz=b_iz)

== gradient_norms
wrong_order:
    norms = [np.linalg.norm(dh_T)]
    for J in Js:
        dh_T = J.T @ dh_T
        norms.append(np.linalg.norm(dh_T))
    return norms
jacobian_not_transposed:
    norms = [np.sqrt(dh_T @ dh_T)]
    for t in range(len(Js) - 1, -1, -1):
        dh_T = Js[t] @ dh_T
        norms.append(np.sqrt(dh_T @ dh_T))
    return np.array(norms)
lag_0_missing:
    norms = []
    for J in reversed(Js):
        dh_T = dh_T @ J
        norms.append(np.linalg.norm(dh_T))
    return np.array(norms)
squared:
    norms = [dh_T @ dh_T]
    for J in Js[::-1]:
        dh_T = dh_T @ J
        norms.append(np.sum(dh_T**2))
    return np.array(norms)
wrong_order + jacobian_not_transposed:
    norms = [np.linalg.norm(dh_T)]
    for J in Js:
        dh_T = J @ dh_T
        norms.append(np.linalg.norm(dh_T))
    return norms
squared + lag_0_missing: gradient_norms(dh_T, Js)[1:] ** 2

== memory_horizon
one_half_for_1_over_e: next(k for k in range(len(norms)) if norms[k] / norms[0] <= 0.5)
last_lag_above: [k for k in range(len(norms)) if norms[k] <= norms[0] / math.e][0] - 1
counted: len([v for v in norms if v > norms[0] * np.exp(-1)])
counted + one_half_for_1_over_e: np.sum(norms > norms[0] / 2)
last_lag_above + one_half_for_1_over_e: np.argmax(norms <= norms[0] / 2) - 1

== clip_by_norm
clipped_element_by_element: [np.minimum(np.maximum(g, -max_norm), max_norm) for g in grads]
always_scaled:
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
    return [g / norm * max_norm for g in grads]
root_forgotten:
    norm = sum(np.sum(g * g) for g in grads)
    return grads if norm <= max_norm else [g * max_norm / norm for g in grads]
each_array_by_its_own_norm + always_scaled:
    return [g * max_norm / np.linalg.norm(g) for g in grads]
root_forgotten + always_scaled:
    norm = sum(np.sum(g * g) for g in grads)
    return [g * max_norm / norm for g in grads]

== chrono_bias
sign: np.log(1 / u)
gate_for_bias: 1 / (1 + 1 / u)
base_10: np.log(u) / np.log(10)
sign + base_10: -np.log10(u)
gate_for_bias + sign: 1 / (1 + u)
"""


PAIRS = 60  # of an exercise, for each way to make them: a sample where there are more
WAYS = ("by hand", "summed", "by unit", "by batch", "composed")


class Trial(NamedTuple):
    """One wrong answer: how it was made, the mistakes in it, and the verdict on it."""

    exercise: str
    way: str
    holds: tuple[str, ...]
    verdict: Verdict

    @property
    def rejected(self) -> bool:
        return self.verdict.status != PASSED

    @property
    def name(self) -> str:
        """Return the declared mistake that the verdict names, "" when it names none."""
        mistakes = {m.name for m in EXERCISES[self.exercise].mistakes}
        return self.verdict.mistake if self.verdict.mistake in mistakes else ""

    @property
    def right(self) -> bool:
        return self.name in self.holds

    @property
    def wrong(self) -> bool:
        return bool(self.name) and not self.right


class Row(NamedTuple):
    """What was measured on one exercise; `not_two` are pairs that cancel or make a third one."""

    exercise: str
    declared: list[Trial]
    restyled: list[Trial]
    pairs: list[Trial]
    not_two: list[Trial]
    right: list[bool]
    float32: bool
    pass_ms: float
    fail_ms: float


# --- answers with two mistakes, made from the declared ones --------------------------------------


def each(f: Callable, *answers: Any) -> Any:
    """Return `f` of the arrays of several answers, in the first one's structure."""
    first = answers[0]
    if isinstance(first, tuple):
        parts = [each(f, *(a[i] for a in answers)) for i in range(len(first))]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    arrays = [np.asarray(a, dtype=float) for a in answers]
    return f(*arrays) if len({a.shape for a in arrays}) == 1 else arrays[0]


def _alternate(a, b):
    return np.where(np.arange(a.shape[-1]) % 2, b, a) if a.ndim else a


def _axes(args):
    return leaves(tuple(args))[0].ndim


def mixed(exercise: Exercise, way: str, one: Mistake, two: Mistake) -> Callable:
    """Return the answer that makes both mistakes; arrays that either overwrites are overwritten."""

    def both(*args):
        if way == "by batch":
            return (one if _axes(args) < 2 else two).wrong(*args)
        spoilt = [copy.deepcopy(args) for _ in range(3)]
        a = one.wrong(*spoilt[0])
        try:
            b = two.wrong(*spoilt[1])
        except Exception:
            return a
        for mine, *theirs in zip(*(leaves(x) for x in (args, *spoilt[:2])), strict=True):
            for changed in theirs:
                if not np.array_equal(mine, changed):
                    np.copyto(mine, changed)
        if way == "by unit":
            return each(_alternate, a, b)
        return each(lambda a, b, c: a + b - c, a, b, exercise.reference(*spoilt[2]))

    return both


def _fields(**change: str) -> Callable:
    """Return the change of (x_t, h_prev, p) that puts one field of p, or 0, in another's place."""

    def made(x, h, p):
        put = {k: getattr(p, v) if v else 0 * getattr(p, k) for k, v in change.items()}
        return x, h, p._replace(**put)

    return made


def _gate_fields(of: str, seen: str) -> dict[str, str]:
    return {f"{k}{of}": f"{k}{seen}" for k in ("W_i", "W_h", "b_i", "b_h")}


_GATE = {
    "W_h_transposed": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, bi, Wh.T, bh),
    "b_i_forgotten": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, 0 * bi, Wh, bh),
    "b_h_forgotten": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, bi, Wh, 0 * bh),
    "both_biases_forgotten": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, 0 * bi, Wh, 0 * bh),
}
_CANDIDATE = {
    "one_minus_r": lambda x, h, r, *w: (x, h, 1 - r, *w),
    "r_ignored": lambda x, h, r, *w: (x, h, np.ones_like(r), *w),
    "b_in_forgotten": lambda x, h, r, Wi, bi, *w: (x, h, r, Wi, 0 * bi, *w),
    "b_hn_forgotten": lambda *a: (*a[:-1], 0 * a[-1]),
    "W_hn_transposed": lambda x, h, r, Wi, bi, Wh, bh: (x, h, r, Wi, bi, Wh.T, bh),
}
_SWAPS = [m.name.split("_for_") for m in EXERCISES["gru_cell"].mistakes if "_for_" in m.name]

# Mistakes that are a change of the arguments: {exercise: {mistake: the change}}.
CHANGES: dict[str, dict[str, Callable]] = {
    "sigmoid": {
        "sign_of_the_exponent": lambda a: (-a,),
        "tanh_without_halves": lambda a: (2 * a,),
    },
    "affine": _GATE
    | {"bias_inside_the_product": lambda x, h, Wi, bi, Wh, bh: (x, h, Wi, bi, Wh, Wh @ bh)},
    "reset_gate": _GATE,
    "update_gate": _GATE,
    "concat_gate": {
        "bias_forgotten": lambda x, h, W, b: (x, h, W, 0 * b),
        "x_before_h": lambda x, h, W, b: (x, h, np.roll(W, len(b), axis=1), b),
    },
    "bias_for_gate": {"sign": lambda r: (1 - r,)},
    "blend": {"z_and_1_minus_z_swapped": lambda z, h, n: (1 - z, h, n)},
    "half_life": {"of_1_minus_z": lambda z: (1 - z,)},
    "candidate_reset_after": _CANDIDATE,
    "candidate_reset_before": _CANDIDATE,
    "hidden_state": {
        "z_and_1_minus_z_swapped": lambda x, h, r, z, *w: (x, h, r, 1 - z, *w),
        "r_and_z_swapped": lambda x, h, r, z, *w: (x, h, z, r, *w),
        "reset_ignored": lambda x, h, r, z, *w: (x, h, np.ones_like(r), z, *w),
    },
    "gru_cell": {
        f"{seen}_for_{due}": _fields(**{due: seen})
        for seen, due in _SWAPS
        if seen in GRUParams._fields
    }
    | {
        "b_hn_forgotten": _fields(b_hn=""),
        "input_biases_only": _fields(b_hr="", b_hz=""),
        "state_biases_forgotten": _fields(b_hr="", b_hz="", b_hn=""),
        "reset_weights_in_the_update_gate": _fields(**_gate_fields("z", "r")),
        "update_weights_in_the_reset_gate": _fields(**_gate_fields("r", "z")),
        "r_and_z_swapped": _fields(**_gate_fields("r", "z"), **_gate_fields("z", "r")),
    },
    "unpack_torch_weights": {
        "input_and_state_biases_swapped": lambda wi, wh, bi, bh: (wi, wh, bh, bi),
        "biases_summed": lambda wi, wh, bi, bh: (wi, wh, bi + bh, 0 * bh),
    },
    "gru_forward": {
        "h_0_ignored": lambda x, h, p: (x, 0 * h, p),
        "time_runs_backwards": lambda x, h, p: (x[::-1], h, p),
    },
    "gru_forward_lengths": {
        "h_0_ignored": lambda x, lengths, h, p: (x, lengths, 0 * h, p),
        "one_step_too_many": lambda x, lengths, h, p: (x, lengths + 1, h, p),
    },
    "stacked_gru": {
        "one_h_0_for_all_layers": lambda x, h, layers: (x, np.stack([h[0]] * len(h)), layers),
    },
    "bidirectional_gru": {
        "same_parameters_for_both": lambda x, h, p, q: (x, h, p, p),
        "one_h_0_for_both": lambda x, h, p, q: (x, np.stack([h[0], h[0]]), p, q),
    },
    "count_parameters": {"layers_ignored": lambda D, H, layers: (D, H, np.array(1))},
}


def composed(one: Mistake, change: Callable) -> Callable:
    """Return mistake `one` on arguments in which another has been made."""
    return lambda *args: one.wrong(*change(*args))


def made_pairs(exercise: Exercise, most: int) -> Iterator[tuple[str, tuple[str, str], Callable]]:
    """Yield way, names and function of two declared mistakes at once, `most` for each way."""
    rng = np.random.default_rng(3)
    batches = {_axes(c.inputs.values()) for c in exercise.cases(rng)} >= {1, 2}
    both = list(itertools.permutations(exercise.mistakes, 2))
    changes = CHANGES.get(exercise.name, {}).items()
    summed = () if exercise.observe else ("summed",)  # there a sum of answers means nothing
    ways: dict[str, list] = {
        way: [((a.name, b.name), mixed(exercise, way, a, b)) for a, b in both]
        for way in (*summed, "by unit") + ("by batch",) * batches
    }
    ways["composed"] = [
        ((m.name, name), composed(m, change))
        for m in exercise.mistakes
        for name, change in changes
        if m.name != name
    ]
    for way, found in ways.items():
        chosen = rng.permutation(len(found))[:most]
        yield from ((way, *found[i]) for i in sorted(chosen))


def is_one(exercise: Exercise, f: Callable, trial: Trial) -> bool:
    """Return whether two mistakes cancel, or are together the third one that the verdict names.

    `W_i_transposed` and `W_h_transposed`, say, are `W_transposed`: the same function, which no
    judge could tell apart. They are compared on cases that the judge does not draw; NaN is no
    evidence.
    """
    if not trial.rejected:
        other = exercise.reference
    elif trial.wrong:
        other = next(m.wrong for m in exercise.mistakes if m.name == trial.name)
    else:
        return False
    numbers = False
    for case in exercise.cases(np.random.default_rng(99)):
        due = exercise.reference(**copy.deepcopy(case.inputs))
        a, b = (call(g, exercise, case.inputs, due) for g in (f, other))
        if a.changed != b.changed or (a.parts is None) != (b.parts is None):
            return False
        for part in b.parts or ():
            seen, theirs = a.parts[part], b.parts[part]
            numbers |= not np.isnan(seen).any()
            if not np.all(np.isnan(seen) | np.isclose(seen, theirs, rtol=1e-6, atol=1e-9)):
                return False
    return numbers


# --- the measurement -------------------------------------------------------------------------


@functools.cache
def written() -> dict[str, list[tuple[tuple[str, ...], Callable]]]:
    """Return the answers written by hand: of each exercise, the mistakes in it and the function."""
    names = {"np": np, "math": math, "sigmoid": sigmoid, "GRUParams": GRUParams}
    names |= {e.name: e.reference for e in EXERCISES.values() if e.name != "sigmoid"}
    found: dict[str, list] = {}
    for section in re.split(r"^== ", ANSWERS, flags=re.M)[1:]:
        exercise, text = section.split("\n", 1)
        args = ", ".join(inspect.signature(EXERCISES[exercise].reference).parameters)
        for held, line, block in re.findall(r"^(\w[\w +]*): *(.*)\n((?:    .*\n)*)", text, re.M):
            scope = dict(names)
            exec(f"def answer({args}):\n{block or f'    return {line}'}", scope)
            found.setdefault(exercise, []).append((tuple(held.split(" + ")), scope["answer"]))
    return found


def _timed(exercise: Exercise, f: Callable) -> tuple[Verdict, float]:
    start = time.process_time()
    verdict = judge(exercise, f)
    return verdict, 1000 * (time.process_time() - start)


def measure(exercise: Exercise, most: int = PAIRS) -> Row:
    """Return what the judge makes of the right and wrong answers to one exercise."""
    timed = [_timed(exercise, m.wrong) for m in exercise.mistakes]
    declared = [
        Trial(exercise.name, "declared", (m.name,), verdict)
        for m, (verdict, _) in zip(exercise.mistakes, timed, strict=True)
    ]
    two, not_two = pairs(exercise, most)
    accepted = [_timed(exercise, f) for f in RIGHT.get(exercise.name, ())]

    def rounded(*args):
        return each(np.float32, exercise.reference(*args))

    return Row(
        exercise.name,
        declared,
        restyled(exercise),
        two,
        not_two,
        [verdict.status == PASSED for verdict, _ in accepted],
        judge(exercise, rounded).status == PASSED,
        median([ms for _, ms in accepted] or [math.nan]),
        median(ms for _, ms in timed),
    )


def restyled(exercise: Exercise) -> list[Trial]:
    """Return the declared mistakes of an exercise that are written by hand in another way."""
    return [
        Trial(exercise.name, "restyled", holds, judge(exercise, f))
        for holds, f in written().get(exercise.name, ())
        if len(holds) == 1
    ]


def pairs(exercise: Exercise, most: int = PAIRS) -> tuple[list[Trial], list[Trial]]:
    """Return the answers with two mistakes, and those of them that are one or none after all."""
    found = [("by hand", *one) for one in written().get(exercise.name, ()) if len(one[0]) == 2]
    two, not_two = [], []
    for way, holds, f in itertools.chain(found, made_pairs(exercise, most)):
        trial = Trial(exercise.name, way, holds, judge(exercise, f))
        (not_two if is_one(exercise, f, trial) else two).append(trial)
    return two, not_two


# --- the tables ------------------------------------------------------------------------------


def main() -> None:
    """Print the tables, and every mistake that was missed or named wrong."""
    rows = [measure(e) for e in EXERCISES.values()]
    counted = f"{'rejected':>9}{'named':>6}{'wrong':>6}"
    print(
        f"{'exercise':32}{'declared':>9}{counted}{'restyled':>9}{counted}"
        f"{'right':>10}{'float32':>8}{'pass ms':>8}{'fail ms':>8}"
    )
    for row in [*rows, total(rows)]:
        print(_line(row))
    print(
        f"\n{'two mistakes at once':32}{'answers':>9}{'rejected':>9}{'unnamed':>9}"
        f"{'one of two':>11}{'wrong':>6}{'not two':>9}"
    )
    for row in rows:
        print(_pair_line(row.exercise, row.pairs, row.not_two))
    two, not_two = total(rows).pairs, total(rows).not_two
    for way in WAYS:
        print(
            _pair_line(way, [t for t in two if t.way == way], [t for t in not_two if t.way == way])
        )
    print(_pair_line("all", two, not_two))
    print()
    for row in rows:
        for t in row.declared + row.restyled:
            if not t.right:
                _print_case(t)
        for t in row.pairs:
            if t.wrong or not t.rejected:
                _print_case(t)


def total(rows: list[Row]) -> Row:
    """Return all rows as one; its times are the medians of theirs."""
    joined = (
        list(itertools.chain.from_iterable(getattr(row, field) for row in rows))
        for field in ("declared", "restyled", "pairs", "not_two", "right")
    )
    times = (median(getattr(row, field) for row in rows) for field in ("pass_ms", "fail_ms"))
    return Row("all", *joined, all(row.float32 for row in rows), *times)


def count(trials: list[Trial], what: str) -> int:
    """Return how many trials are `rejected`, `right` or `wrong`."""
    return sum(getattr(t, what) for t in trials)


def _line(row: Row) -> str:
    counts = [
        f"{len(some):9}{count(some, 'rejected'):9}{count(some, 'right'):6}{count(some, 'wrong'):6}"
        for some in (row.declared, row.restyled)
    ]
    right = f"{sum(row.right)} / {len(row.right)}"
    return (
        f"{row.exercise:32}{''.join(counts)}{right:>10}{'yes' if row.float32 else 'NO':>8}"
        f"{row.pass_ms:8.1f}{row.fail_ms:8.1f}"
    )


def _pair_line(name: str, two: list[Trial], not_two: list[Trial]) -> str:
    unnamed = sum(not t.name for t in two)
    return (
        f"{name:32}{len(two):9}{count(two, 'rejected'):9}{unnamed:9}"
        f"{count(two, 'right'):11}{count(two, 'wrong'):6}{len(not_two):9}"
    )


def _print_case(t: Trial) -> None:
    name = "accepted" if not t.rejected else t.verdict.mistake or "no name"
    print(f"{t.exercise}, {t.way}, {' + '.join(t.holds)}: {name}. {t.verdict.cause}")


if __name__ == "__main__":
    main()
