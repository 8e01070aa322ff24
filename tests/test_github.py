"""What GitHub reads: the workflow's jobs and commands exist here, the templates are whole."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))


def read(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


JOBS = read(".github/workflows/ci.yml")["jobs"]


def commands(job):
    return "\n".join(step.get("run", "") for step in JOBS[job]["steps"])


def test_the_jobs_are_these_and_each_ends_in_time():
    assert list(JOBS) == ["lint", "tests", "notebook-side", "wheel"]
    assert all(0 < job["timeout-minutes"] <= 90 for job in JOBS.values())


def test_the_pythons_tested_are_those_that_the_project_takes():
    pythons = JOBS["tests"]["strategy"]["matrix"]["python"]
    assert pythons == ["3.11", "3.12", "3.13", "3.14"]
    assert all(SpecifierSet(PROJECT["requires-python"]).contains(f"{p}.0") for p in pythons)
    assert not SpecifierSet(PROJECT["requires-python"]).contains("3.10.9")


@pytest.mark.parametrize("job", JOBS)
def test_the_paths_and_extras_in_the_commands_exist(job):
    said = commands(job)
    for path in re.findall(r"(?<![\w/$.-])(?:tests(?:/\w+)+|constraints\.txt|\.ci/run)", said):
        assert (ROOT / path).exists(), path
    for extras in re.findall(r"\[([\w,]+)\]", said):
        assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])


def test_the_site_that_ci_builds_is_the_one_that_is_deployed():
    jobs = read(".github/workflows/pages.yml")["jobs"]
    assert list(jobs) == ["build", "deploy", "colab"] and jobs["deploy"]["needs"] == "build"
    assert all(0 < job["timeout-minutes"] <= 30 for job in jobs.values())
    (path,) = [s["with"]["path"] for s in jobs["build"]["steps"] if "pages" in s.get("uses", "")]
    runs = " ".join(step.get("run", "") for step in jobs["build"]["steps"])
    assert "make site" in runs and "make site" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "--lite --repository" in runs and "lite.stamp" in runs
    assert f"in {path};" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_lint_is_what_the_tests_and_the_hooks_run():
    assert "ruff check ." in commands("lint") and "ruff format --check ." in commands("lint")
    hooks = [h["id"] for repo in read(".pre-commit-config.yaml")["repos"] for h in repo["hooks"]]
    assert hooks == ["ruff-check", "ruff-format", "end-of-file-fixer", "check-yaml"]


def test_ruff_is_the_same_in_the_hooks_and_in_the_lock():
    lock = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    (rev,) = [r["rev"] for r in read(".pre-commit-config.yaml")["repos"] if "ruff" in r["repo"]]
    assert f"ruff=={rev.removeprefix('v')}\n" in lock


def test_the_sandbox_is_tested_on_linux_and_asked_for_nowhere_else():
    assert "bubblewrap" in commands("tests")
    assert not re.search(r"grading|sandbox|tests(\s|$)", commands("notebook-side"))


def test_there_is_a_form_for_a_bug_a_verdict_and_an_idea():
    assert [path.stem for path in FORMS] == ["bug", "idea", "verdict"]


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.stem)
def test_a_form_has_what_github_asks_for(path):
    form = read(path)
    assert form["name"] and form["description"] and form["body"]
    ids = [part["id"] for part in form["body"]]
    assert len(ids) == len(set(ids))
    assert all(part["attributes"]["label"] for part in form["body"])
