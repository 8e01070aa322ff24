"""Imports made short leave no trace: garbage is looked for again, and modules are as they are."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from autograder.importing import importing, placeholders


def test_garbage_is_looked_for_again_even_after_an_error():
    with importing():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ImportError), importing():
        raise ImportError
    assert gc.isenabled()


def test_where_it_is_off_it_stays_off():
    gc.disable()
    try:
        with importing():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_placeholder_stands_in_only_meanwhile(tmp_path, monkeypatch):
    (tmp_path / "shop" / "counters").mkdir(parents=True)
    for name, text in {
        "__init__": "from .counters.bread import sell",
        "counters/__init__": "",
        "counters/bread": "def sell(): return 'bread'",
    }.items():
        (tmp_path / "shop" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with placeholders("shop.counters", ("bread",), "sell"):
        import shop
    assert shop.sell is None
    from shop.counters import bread

    assert bread.sell() == "bread"
    with placeholders("shop.counters", ("bread",), "sell"):  # it is imported: nothing is done
        assert sys.modules["shop.counters.bread"] is bread
    assert sys.modules["shop.counters.bread"] is bread


def test_after_grading_was_imported_without_them_nbgraders_servers_are_there():
    program = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "from autograder.importing import placeholders\n"
        "from autograder.grading.run.start import SERVERS\n"
        "with placeholders(*SERVERS):\n"
        "    import autograder.grading.run.grade\n"
        "for name in SERVERS[1]:\n"
        "    module = __import__(f'{SERVERS[0]}.{name}', fromlist=[SERVERS[2]])\n"
        "    print(callable(getattr(module, SERVERS[2])))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["True"] * 4, done.stderr
