"""Piano rolls: their pictures and their sound."""

import wave

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gru_ref.errors import UsageError
from gru_ref.experiments.music import RATE, draw_roll, synthesise, write_wav
from gru_ref.training.tasks.chorales import LOWEST

A4 = 69 - LOWEST


def frequency(sound, rate):
    return np.argmax(np.abs(np.fft.rfft(sound))) * rate / len(sound)


def test_a_is_440_hertz_and_an_octave_doubles_it():
    for key, due in ((A4, 440), (A4 + 12, 880), (A4 - 12, 220)):
        roll = np.zeros((4, 88), np.uint8)
        roll[:, key] = 1
        sound, rate = synthesise(roll)
        assert frequency(sound, rate) == pytest.approx(due, abs=1)


def test_a_sound_is_as_long_as_its_steps_and_does_not_clip():
    roll = np.ones((6, 88), np.uint8)
    sound, rate = synthesise(roll, seconds=0.25)
    assert rate == RATE and len(sound) == 7 * round(0.25 * RATE)
    assert 0.5 < np.abs(sound).max() <= 1


def test_a_held_key_sounds_once_and_a_repeated_one_twice():
    held, twice = np.zeros((2, 5, 88), np.uint8)
    held[1:4, A4] = 1
    twice[[1, 3], A4] = 1
    step = round(0.45 * RATE)

    def loud(roll):
        sound = synthesise(roll)[0].reshape(-1, step)
        return (np.abs(sound[:, step // 2 :]).max(1) > 0.05).tolist()  # past the fading

    assert loud(held) == [False, True, True, True, False, False]
    assert loud(twice) == [False, True, False, True, False, False]


@pytest.mark.parametrize("steps", [0, 3])
def test_silence_is_silent(steps):
    assert not synthesise(np.zeros((steps, 88), np.uint8))[0].any()


def test_a_wav_file_holds_the_sound(tmp_path):
    sound = np.array([0.0, 0.5, -0.5, 1.0, 2.0])
    write_wav(tmp_path / "a.wav", sound, 8000)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (1, 2, 8000, 5)
        assert np.frombuffer(file.readframes(5), "<i2").tolist() == [0, 16383, -16383, 32767, 32767]


def test_a_wav_file_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="a.wav could not be written"):
        write_wav(tmp_path / "file" / "a.wav", np.zeros(3))


def test_a_picture_has_a_bar_for_each_sounding_key():
    roll = np.zeros((10, 88), np.uint8)
    roll[2:5, 40] = roll[7, 50] = 1
    ax = draw_roll(roll, given=4)
    assert len(ax.patches) == 4
    assert {(p.get_x(), p.get_y() + p.get_height() / 2) for p in ax.patches} == {
        *((t, 40 + LOWEST) for t in (2, 3, 4)),
        (7, 50 + LOWEST),
    }
    plt.close(ax.figure)
