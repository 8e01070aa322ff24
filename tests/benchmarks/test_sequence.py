"""`python -m gru_ref bench` prints its table; what stands in it is measured, not tested."""

import subprocess
import sys

from gru_ref import __main__ as command


def test_bench_prints_a_line_for_every_case_and_the_memory_against_T():
    options = ["--seconds", "0", "--cases", "D", "--dtypes", "float32"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "gru_ref", "bench", *options],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    (case,) = (line for line in lines if line[:1] == ["D"])
    assert case[1:6] == ["200", "32", "32", "64", "float32"]
    assert float(case[6]) > 0 and float(case[11]) > 0
    assert [line[0] for line in lines[-5:]] == ["100", "200", "400", "800", "1600"]


def test_bench_without_its_file_says_where_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "BENCHMARKS", tmp_path)
    assert command.main(["bench"]) == 2
    assert capsys.readouterr().err.startswith("sequence.py is not beside gru_ref: run this from a")
