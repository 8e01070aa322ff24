"""Where no alarm can be set, as in a thread, a loop is stopped as it turns."""

import sys
import threading

import pytest

from autograder.core.time_limit import TooLongError, time_limit


def in_a_thread(work):
    """Run `work` in a thread; return what it returned, or the TooLongError that ended it."""
    came = []

    def run():
        try:
            came.append(work())
        except TooLongError as error:
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return came[0]


def spins():
    while True:
        pass


def limited(seconds, work):
    with time_limit(seconds):
        return work()


def test_what_ends_in_time_returns():
    assert in_a_thread(lambda: limited(60.0, lambda: sum(range(1000)))) == 499_500


@pytest.mark.skipif(not hasattr(sys, "monitoring"), reason="Python 3.12 brings it")
def test_a_loop_without_end_is_stopped_in_a_thread():
    assert isinstance(in_a_thread(lambda: limited(0.05, spins)), TooLongError)


@pytest.mark.skipif(not hasattr(sys, "monitoring"), reason="Python 3.12 brings it")
def test_the_limit_within_another_ends_alone():
    def nested():
        try:
            limited(0.05, spins)
        except TooLongError:
            return "the inner one"

    assert in_a_thread(lambda: limited(60.0, nested)) == "the inner one"
