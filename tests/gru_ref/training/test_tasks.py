"""Tasks: what a batch shows and asks, what chance is, and that seeds decide everything."""

import math

import numpy as np
import pytest
import torch

from gru_ref.errors import UsageError
from gru_ref.training.tasks import TASKS, corpora, task
from gru_ref.training.tasks.kinds import bits, cross_entropy, error_rate, pitches, squared_error
from gru_ref.training.tasks.reviews import BAD, FILLER, GOOD, words_of

CPU = torch.device("cpu")
MADE = [name for name in TASKS if name not in ("characters", "chorales")]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def pieces(monkeypatch):
    """Put 20 random pieces of 40 to 59 steps in the place of Bach's."""
    rng = np.random.default_rng(0)
    rolls = [(rng.random((40 + i, 88)) < 0.05).astype(np.uint8) for i in range(20)]
    monkeypatch.setattr(corpora, "chorales", lambda: rolls)
    return rolls


@pytest.mark.parametrize("name", TASKS)
def test_a_batch_has_the_sizes_of_its_task_and_a_finite_loss(name, pieces):
    t = task(name)
    x, y = t.batch(generator(), 6)
    assert x.shape[1:] == (6, t.input_size) and len(y) <= len(x) and y.shape[1] == 6
    output = torch.zeros(len(y), 6, t.output_size)
    assert t.loss(output, y).isfinite() and t.metric(output, y).isfinite()


@pytest.mark.parametrize("name", TASKS)
def test_a_seed_decides_the_batch_and_another_seed_gives_another(name, pieces):
    t = task(name)
    first, again, other = (t.batch(generator(seed), 6).x for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("name", TASKS)
def test_the_held_out_batch_is_always_the_same(name, pieces):
    t = task(name)
    assert all(map(torch.equal, t.held_out(CPU), t.held_out(CPU)))
    assert all(map(torch.equal, t.validation(CPU), t.validation(CPU)))
    assert not torch.equal(t.validation(CPU).x[:10, 0], t.held_out(CPU).x[:10, 0])


@pytest.mark.parametrize("name", MADE)
def test_a_length_is_what_was_asked_for(name):
    due = 60 if name == "copy" else 40  # copy counts the blanks
    assert len(task(name, 40).batch(generator(), 2).x) == due


@pytest.mark.parametrize("name", TASKS)
def test_a_task_knows_its_levels_and_its_source(name, pieces):
    t = task(name)
    assert t.solved < t.chance and t.source and t.chance_is and t.unit
    assert t.name == name


# Chance: the best guess without memory, tried on the held-out sequences


@pytest.mark.parametrize("name", ["adding", "adding_early"])
def test_always_one_gives_a_sixth_on_adding(name):
    y = task(name).held_out(CPU).y
    assert squared_error(torch.ones_like(y), y).item() == pytest.approx(1 / 6, rel=0.15)


def test_always_zero_gives_a_half_on_sine():
    y = task("sine").held_out(CPU).y
    assert squared_error(torch.zeros_like(y), y).item() == pytest.approx(0.5, rel=0.05)


def test_guessing_the_symbols_gives_the_chance_of_copy():
    t = task("copy", 30)
    x, y = t.held_out(CPU)
    output = torch.full((*y.shape, 9), -50.0)
    output[:40, :, 0] = 50  # blank for certain, then eight symbols alike
    output[40:, :, 1:] = 0
    assert t.metric(output, y).item() == pytest.approx(t.chance) and y.shape == (50, 1000)
    assert t.chance == pytest.approx(10 * math.log(8) / 50)


@pytest.mark.parametrize("name", ["temporal_order", "latch", "reviews", "reviews_changed"])
def test_classes_are_balanced_and_a_constant_guess_is_at_chance(name):
    t = task(name)
    y = t.held_out(CPU).y
    output = torch.zeros(*y.shape, t.output_size)
    output[..., 0] = 1
    assert t.metric(output, y).item() == pytest.approx(t.chance, abs=0.05)


def test_the_chance_of_chorales_is_the_metric_of_the_keys_frequencies(pieces):
    t = task("chorales")
    train, test = corpora.split(pieces)
    p = torch.from_numpy((np.concatenate(train).sum(0) + 0.5) / (sum(map(len, train)) + 1))
    x, y = t.held_out(CPU)
    assert len(test) == 2 == y.shape[1] and len(y) == 59
    output = torch.logit(p).float().expand(y.shape)
    assert t.metric(output, y).item() == pytest.approx(t.chance, rel=1e-5)
    learned, watched = corpora.split(train)
    q = torch.from_numpy(corpora.frequencies(learned))
    torch.testing.assert_close(t.bias, torch.logit(q).float())
    assert t.validation(CPU).x.shape == (max(map(len, watched)), len(watched), 88)


def test_a_model_of_characters_begins_at_chance():
    t = task("characters")
    x, y = t.validation(CPU)
    assert len(t.held_out(CPU).y) == len(y) and not torch.equal(t.held_out(CPU).y[:, 0], y[:, 0])
    x, y = t.held_out(CPU)
    assert t.metric(t.bias.expand(*y.shape, -1), y).item() == pytest.approx(t.chance, abs=0.1)


def test_counts_of_characters_are_probabilities():
    V = len(corpora.ALPHABET)
    train = corpora.encode("the cat sat on the mat. " * 3)
    for order in (0, 1, 2):
        start = corpora.encode("the ")
        p = [
            2 ** -(5 * corpora.count_bits(train, np.append(start, np.uint8(c)), order))
            for c in range(V)
        ]  # p(start) p(c | start); the sum over c is p(start)
        due = 2 ** -(4 * corpora.count_bits(train, start, order))
        assert sum(p) == pytest.approx(due, rel=1e-9)


# What a batch shows and asks


def test_adding_asks_for_the_sum_of_the_two_marked_numbers():
    x, y = task("adding", 20).batch(generator(), 50)
    assert (x[:10, :, 1].sum(0) == 1).all() and (x[10:, :, 1].sum(0) == 1).all()
    torch.testing.assert_close((x[..., 0] * x[..., 1]).sum(0), y[0, :, 0])


def test_the_second_half_of_adding_early_shows_no_mark():
    x, y = task("adding_early", 20).batch(generator(), 50)
    assert (x[:10, :, 1].sum(0) == 2).all() and not x[10:, :, 1].any()
    torch.testing.assert_close((x[..., 0] * x[..., 1]).sum(0), y[0, :, 0])


def test_sine_asks_for_the_wave_some_steps_ahead():
    x, y = task("sine", 40).batch(generator(), 5)
    torch.testing.assert_close(x[25:], y[:-5], rtol=0, atol=1e-6)


def test_copy_asks_for_the_first_ten_symbols_at_the_end():
    x, y = task("copy", 7).batch(generator(), 5)
    shown = x.argmax(-1)
    assert torch.equal(shown[:10], y[-10:]) and not y[:-10].any()
    assert (shown[16] == 9).all() and not shown[10:16].any() and not shown[17:].any()


def test_temporal_order_asks_for_the_order_of_the_two_symbols():
    x, y = task("temporal_order", 40).batch(generator(), 30)
    for shown, label in zip(x.argmax(-1).T, y[0], strict=True):
        first, second = shown[shown < 2].tolist()
        assert label == 2 * first + second


def test_latch_asks_for_the_sign_at_the_start():
    x, y = task("latch", 40).batch(generator(), 30)
    assert torch.equal((x[:3].mean((0, 2)) > 0).long(), y[0])


@pytest.mark.parametrize(
    "where, low, high", [("early", 0, 5), ("middle", 22, 27), ("late", 45, 50)]
)
def test_a_review_has_one_verdict_at_its_place(where, low, high):
    x, y = task(f"reviews_{where}", 50).batch(generator(), 30)
    for words, good in zip(words_of(x), y[0], strict=True):
        ((at, verdict),) = [(i, w) for i, w in enumerate(words) if w not in FILLER]
        assert low <= at < high and verdict in (GOOD if good else BAD)


def test_the_verdict_of_reviews_comes_at_all_three_places():
    x, _ = task("reviews", 60).batch(generator(), 100)
    at = (x[..., : len(BAD) + len(GOOD)].sum(-1) > 0).float().argmax(0)
    assert set((at // 20).tolist()) == {0, 1, 2}


def test_in_a_changed_review_the_later_opinion_counts():
    x, y = task("reviews_changed", 50).batch(generator(), 60)
    misled = 0
    for words, good in zip(words_of(x), y[0], strict=True):
        before, verdict = [w for w in words if w not in FILLER]
        assert verdict in (GOOD if good else BAD)
        misled += (before in GOOD) != bool(good)
    assert 15 < misled < 45


def test_characters_ask_for_the_next_one():
    x, y = task("characters", 30).batch(generator(), 4)
    assert torch.equal(x.argmax(-1)[1:], y[:-1])


def test_the_held_out_characters_are_not_in_training():
    train, test = map(corpora.decode, corpora.english())
    assert test[:200] not in train and len(test) > 10_000
    assert corpora.decode(corpora.encode("naïve\n")) == "na?ve\n"


def test_chorales_ask_for_the_next_chord_and_end_in_silence(pieces):
    x, y = task("chorales", 64).batch(generator(), 8)
    there = y[..., 0] >= 0
    assert torch.equal(x[1:], y[:-1].clamp(min=0)) and (there.sum(0) >= 40).all()
    assert (y[~there] == -1).all()


def test_padding_does_not_change_the_nats_of_a_piece():
    output, y = torch.randn(5, 1, 88), torch.randint(0, 2, (5, 1, 88)).float()
    longer = torch.cat((y, torch.full((3, 1, 88), -1.0)))
    more = torch.cat((output, torch.randn(3, 1, 88)))
    torch.testing.assert_close(pitches(more, longer), pitches(output, y))


def test_bits_and_error_rate_are_what_their_names_say():
    output = torch.tensor([[[2.0, 0.0], [0.0, 2.0], [3.0, 1.0], [0.0, 1.0]]])
    y = torch.tensor([[0, 0, 0, 1]])
    assert error_rate(output, y).item() == 0.25
    assert bits(output, y).item() == pytest.approx(cross_entropy(output, y).item() / math.log(2))


def test_an_unknown_task_is_answered_with_the_tasks_there_are():
    with pytest.raises(UsageError, match="no task 'adin'; choose one of: sine, adding, .*chorales"):
        task("adin")


LENGTHS = [("adding", 3), ("latch", 2), ("reviews", 9), ("copy", 0), ("sine", 1), ("characters", 1)]
LENGTHS += [("characters", 10**6), ("chorales", 0)]


@pytest.mark.parametrize("name, length", LENGTHS)
def test_a_length_that_cannot_be_is_refused(name, length):
    with pytest.raises(UsageError, match=f"length is {length}"):
        task(name, length)
