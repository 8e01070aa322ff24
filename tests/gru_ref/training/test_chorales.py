"""The chorales of an installed music21, as piano rolls, read once and then from a cache."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from gru_ref.errors import UsageError
from gru_ref.training.tasks.chorales import LOWEST, cache_folder, chorales, piano_roll, read_piece


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GRU_COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_roll_shows_what_sounds_at_the_beginning_of_each_step():
    roll = piano_roll([[(0.0, 1.0, 60), (1.0, 2.0, 62)], [(0.5, 1.0, 48), (2.0, 1.0, 48)]])
    assert roll.shape == (3, 88)
    assert np.argwhere(roll).tolist() == [[0, 39], [1, 27], [1, 41], [2, 27], [2, 41]]


def test_a_roll_of_nothing_is_empty_and_keys_beyond_the_piano_are_left_out():
    assert piano_roll([]).shape == (0, 88)
    assert not piano_roll([[(0.0, 1.0, 120), (0.0, 1.0, 3)]]).any()


def note(start, length, *keys):
    pitches = [SimpleNamespace(midi=key) for key in keys]
    return SimpleNamespace(offset=start, quarterLength=length, pitches=pitches)


def part(*notes):
    return SimpleNamespace(flatten=lambda: SimpleNamespace(notes=notes))


@pytest.fixture
def corpus(monkeypatch):
    """Put a corpus of three scores in music21's place; return how often one was read."""
    four = [part(note(0.0, 2.0, key)) for key in (50, 57, 62, 69)]
    other = [part(note(0.0, 3.0, key)) for key in (50, 57, 62, 71)]
    scores = {"a": four, "again": four, "five": [*four, four[0]], "b": other}
    read = []

    def parse(name):
        read.append(name)
        return SimpleNamespace(parts=scores[name])

    fake = SimpleNamespace(
        __version__="0",
        corpus=SimpleNamespace(
            parse=parse, chorales=SimpleNamespace(Iterator=lambda returnType: [*scores, "a"])
        ),
    )
    monkeypatch.setitem(sys.modules, "music21", fake)
    return read


def test_chorales_are_the_pieces_of_four_parts_each_once(corpus, cache):
    rolls = chorales()
    assert [len(roll) for roll in rolls] == [2, 3]
    assert (np.flatnonzero(rolls[1][2]) + LOWEST).tolist() == [50, 57, 62, 71]


def test_chorales_are_read_once_and_then_from_the_cache(corpus, cache):
    first = chorales()
    before = len(corpus)
    assert all(map(np.array_equal, chorales(), first)) and len(corpus) == before


def test_a_damaged_cache_is_read_anew(corpus, cache):
    due = chorales()
    (file,) = cache.iterdir()
    for damaged in (b"", b"hello", file.read_bytes()[:100]):
        file.write_bytes(damaged)
        assert all(map(np.array_equal, chorales(), due))


def test_a_cache_that_cannot_be_written_does_no_harm(corpus, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRU_COURSE_CACHE", str(tmp_path / "file"))
    assert len(chorales()) == 2


def test_music21_that_is_not_installed_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(UsageError, match=r'music21, which is not installed: `pip install "gru-cou'):
        chorales()


def test_the_cache_is_in_the_users_cache_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("GRU_COURSE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "gru-course"


def test_a_real_chorale_has_four_voices():
    music21 = pytest.importorskip("music21")
    roll = read_piece(music21, "bach/bwv269")
    assert roll.shape[1] == 88 and 30 < len(roll) < 200
    assert roll.sum(1).min() >= 2 and roll.sum(1).max() == 4
