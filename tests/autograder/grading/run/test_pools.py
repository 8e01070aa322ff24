"""Executors without processes: what is asked of a pool, and of Dask, and what is said of it."""

from __future__ import annotations

import sys
from concurrent.futures import BrokenExecutor, Future
from types import SimpleNamespace

import pytest

from autograder.course import COURSE
from autograder.errors import GradingError
from autograder.grading.job import Beginning, Job
from autograder.grading.run import pools
from autograder.grading.run.pools import Cores, Dask, Tls, opened
from autograder.grading.run.version import code_version
from autograder.grading.run.worker import nothing
from autograder.sandbox.limits import Limits
from tests.helpers.submissions import CHAPTER

JOB = Job(COURSE, CHAPTER, "")
OURS = code_version(COURSE)


class Process:
    def __init__(self) -> None:
        self.killed = False

    def kill(self) -> None:
        self.killed = True


class Pool:
    """Stands for a ProcessPoolExecutor; all that were made are in `made`."""

    made: list[Pool] = []

    def __init__(self, workers, context, initializer, initargs) -> None:
        self.beginning = initargs
        self.workers, self.broken, self.ended, self.jobs = workers, False, None, []
        self._processes = {1: Process()}
        self.made.append(self)

    def submit(self, work, *jobs):
        if self.broken:
            raise BrokenExecutor
        self.jobs += jobs or [work]
        return Future()

    def shutdown(self, wait=True, cancel_futures=False):
        self.ended = (wait, cancel_futures)


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(Pool, "made", [])
    monkeypatch.setattr(pools, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(pools, "prepare", lambda: None)
    return Pool.made


@pytest.mark.parametrize("workers", [1, 3])
def test_twice_as_many_jobs_as_workers_may_be_under_way(made, workers):
    assert Cores(workers).slots == 2 * workers
    assert made[0].workers == workers


def test_after_a_worker_has_died_a_job_goes_to_a_fresh_pool(made):
    cores = Cores(2)
    cores.submit(JOB)
    made[0].broken = True
    cores.submit(JOB)
    cores.submit(JOB)
    assert [len(pool.jobs) for pool in made] == [1, 2]
    assert made[0].ended is not None
    assert made[1].workers == 2


@pytest.mark.parametrize("now", [False, True])
def test_a_pool_is_closed_and_its_processes_are_killed_only_where_it_must_end_now(made, now):
    cores = Cores(1)
    cores.close(now)
    assert made[0].ended == (True, True)
    assert made[0]._processes[1].killed is now


def test_a_pool_ends_with_its_block_and_at_once_where_an_error_ends_it(made):
    with opened(COURSE, 1):
        assert made[0].ended is None
    assert not made[0]._processes[1].killed
    with pytest.raises(KeyError), opened(COURSE, 1):
        raise KeyError
    assert made[1]._processes[1].killed


def test_with_a_beginning_the_workers_begin_before_the_first_job(made):
    ready = Beginning(COURSE, CHAPTER, Limits(), "bubblewrap")
    assert Cores(1).beginning is None and made[0].jobs == []
    cores = Cores(1, ready)
    assert made[1].beginning == (ready,)
    assert made[1].jobs == [nothing]
    assert cores.slots == 2


def test_a_job_that_was_begun_is_run_once_and_another_one_is_not_taken_for_it(made):
    cores = Cores(1)
    cores.begin(JOB)
    (begun,) = cores.ahead.values()
    other = JOB._replace(data=b"handed in again")
    assert cores.submit(other) is not begun
    assert cores.submit(JOB) is begun
    assert cores.submit(JOB) is not begun  # asked for again, as after a worker's death
    assert made[0].jobs == [JOB, other, JOB]


def test_afresh_everything_under_way_ends_and_nothing_is_left_of_what_was_begun(made):
    cores = Cores(1)
    cores.begin(JOB)
    (begun,) = cores.ahead.values()
    cores.afresh()
    assert made[0]._processes[1].killed
    assert cores.submit(JOB) is not begun
    assert made[1].jobs == [JOB]


def test_there_is_at_least_one_core():
    assert pools.cores() >= 1


class Client:
    """Stands for a Dask client with these workers' versions, by name."""

    def __init__(self, versions: dict, refuses: Exception | None = None) -> None:
        self.versions, self.refuses = versions, refuses
        self.status, self.closed, self.asked = "running", 0, None

    def __call__(self, address, **options):
        if self.refuses:
            raise self.refuses
        self.asked = (address, options["security"])
        return self

    def wait_for_workers(self, n, timeout):
        if not self.versions:
            raise TimeoutError

    def run(self, function, course, on_error):
        assert (function, course, on_error) == (code_version, COURSE, "return")
        return self.versions

    def nthreads(self):
        return dict.fromkeys(self.versions, 4)

    def get_executor(self, pure):
        assert not pure  # the same job may be asked for twice
        return SimpleNamespace(submit=lambda f, job: Future(), shutdown=lambda **how: None)

    def close(self, timeout=None):
        self.closed += 1


@pytest.fixture
def dask(monkeypatch):
    """Return what puts a client in the place of Dask's own."""

    def use(client: Client) -> Client:
        made = SimpleNamespace(Client=client, Security=lambda **files: files)
        monkeypatch.setitem(sys.modules, "distributed", made)
        return client

    return use


def test_dask_takes_twice_as_many_jobs_as_it_has_threads(dask):
    dask(Client({"one": OURS, "two": OURS}))
    cluster = Dask(COURSE, "tcp://there:1")
    assert cluster.slots == 16
    assert isinstance(cluster.submit(JOB), Future)


@pytest.mark.parametrize(
    ("client", "says"),
    [
        (Client({}, OSError("refused")), r"No Dask scheduler answers .*OSError: refused"),
        (Client({}), "has no workers"),
        (Client({"one": "older"}), "worker one has another version of the course"),
        (
            Client({"a": code_version(COURSE), "b": "older"}),
            "worker b has another version of the course",
        ),
        (Client({"one": ImportError("none")}), "worker one has not the course installed"),
    ],
)
def test_a_cluster_that_cannot_grade_is_refused_in_one_sentence(dask, client, says):
    dask(client)
    with pytest.raises(GradingError, match=says):
        Dask(COURSE, "tcp://there:1")
    assert client.closed == (client.refuses is None)


def test_without_the_package_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(GradingError, match="pip install"):
        Dask(COURSE, "tcp://there:1")


def test_a_scheduler_that_has_gone_takes_no_job(dask):
    client = dask(Client({"one": OURS}))
    cluster = Dask(COURSE, "tcp://there:1")
    client.status = "closed"
    with pytest.raises(GradingError, match="does not answer any more"):
        cluster.submit(JOB)


def test_a_connection_is_encrypted_where_a_file_is_named(dask):
    client = dask(Client({"one": OURS}))
    Dask(COURSE, "tls://there:1", Tls(ca="ca.pem"))
    files = {"require_encryption": True, "tls_ca_file": "ca.pem"}
    assert client.asked == ("tls://there:1", files)
    Dask(COURSE, "tcp://there:1")
    assert client.asked == ("tcp://there:1", None)


def test_dask_is_closed_with_its_block(dask):
    client = dask(Client({"one": OURS}))
    with opened(COURSE, 1, "tcp://there:1") as cluster:
        assert isinstance(cluster, Dask)
    assert client.closed == 1
