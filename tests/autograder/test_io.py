"""A file is whole or not there, and what is no file is never replaced."""

from __future__ import annotations

import os

from autograder.io import write_file


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_file(pipe, "text")
        assert os.read(reader, 10) == b"text" and pipe.is_fifo()
    finally:
        os.close(reader)


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "a" / "b.txt"
    write_file(path, "one")
    write_file(path, b"two")
    assert path.read_text() == "two" and [p.name for p in path.parent.iterdir()] == ["b.txt"]
