"""Where jobs run: in processes on this machine's cores, or on Dask's workers.

Both are an executor of `concurrent.futures`. A worker that dies costs its jobs an exception, and no
more: `submit` then finds a fresh pool.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from typing import Any, NamedTuple, Protocol

from autograder.core.course import Course
from autograder.errors import GradingError, brief
from autograder.grading.job import Beginning, Graded, Job
from autograder.grading.run.grade_one import grade_one
from autograder.grading.run.version import code_version
from autograder.grading.run.worker import begin, nothing, prepare
from autograder.sandbox.bubblewrap import choose

CONNECTING = 10  # seconds until a scheduler is taken for not there


class Executor(Protocol):
    """Takes jobs. `slots` are how many may be under way, so that no worker waits for the next."""

    slots: int
    early: int  # and how many may be begun before the key has full marks

    def isolation(self, level: str) -> str:
        """Return what a level comes to where jobs run; "" where each worker finds that out."""

    def begin(self, job: Job) -> None:
        """Run a job whose result may be asked for, by `submit`."""

    def submit(self, job: Job) -> Future[Graded]:
        """Return the future of a job's result; GradingError where none can be run any more."""

    def afresh(self) -> None:
        """End all that is under way; what was begun is forgotten."""

    def close(self, now: bool = False) -> None:
        """End the workers; `now`: whatever they are doing."""


class Tls(NamedTuple):
    """The files of an encrypted connection to Dask; "" for those of Dask's own configuration."""

    ca: str = ""
    cert: str = ""
    key: str = ""


FROM_CONFIGURATION = Tls()


def cores() -> int:
    """Return how many cores this process may use."""
    with contextlib.suppress(AttributeError):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Cores:
    """A pool of processes that end with this one; with a `beginning` they begin at once."""

    def __init__(self, workers: int, beginning: Beginning | None = None) -> None:
        self.context = prepare()
        self.workers, self.slots, self.early = workers, 2 * workers, 4 * workers
        self.beginning = beginning
        self.ahead: dict[Job, Future[Graded]] = {}  # begun before it was asked for
        self.pool = self._pool()
        if beginning is not None:
            self.pool.submit(nothing)  # processes start with the first job

    def _pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.workers, self.context, initializer=begin, initargs=(self.beginning,)
        )

    def isolation(self, level: str) -> str:
        """Return what a level comes to; SandboxError where `required` has none here."""
        return choose(level)

    def begin(self, job: Job) -> None:
        """Run a job whose result may be asked for, by `submit`."""
        self.ahead[job] = self._submit(job)

    def submit(self, job: Job) -> Future[Graded]:
        """Return the future of a job's result."""
        return self.ahead.pop(job, None) or self._submit(job)

    def afresh(self) -> None:
        """End all that is under way; what was begun is forgotten."""
        self.close(now=True)
        self.ahead.clear()
        self.pool = self._pool()

    def _submit(self, job: Job) -> Future[Graded]:
        try:
            return self.pool.submit(grade_one, job)
        except BrokenExecutor:
            self.pool.shutdown(wait=False)
            self.pool = self._pool()
            return self.pool.submit(grade_one, job)

    def close(self, now: bool = False) -> None:
        """End the workers; `now`: whatever they are doing."""
        if now:
            for process in list((self.pool._processes or {}).values()):
                process.kill()
        self.pool.shutdown(wait=True, cancel_futures=True)


class Dask:
    """The workers of a Dask cluster, each of which has the course installed."""

    early = 0  # its workers cannot be ended

    def __init__(self, course: Course, address: str, tls: Tls = FROM_CONFIGURATION) -> None:
        self.course, self.address = course, address
        try:
            import distributed
        except ImportError as error:
            raise GradingError(
                "--dask needs the package distributed: pip install distributed."
            ) from error
        security = None
        if any(tls):
            files = {"tls_ca_file": tls.ca, "tls_client_cert": tls.cert, "tls_client_key": tls.key}
            files = {k: v for k, v in files.items() if v}
            security = distributed.Security(require_encryption=True, **files)
        warnings.filterwarnings("ignore", module="distributed")  # of sizes, and of versions
        try:
            self.client = distributed.Client(
                address, timeout=CONNECTING, security=security, set_as_default=False
            )
        except Exception as error:  # refused, timed out, no address, a wrong certificate
            raise GradingError(
                f"No Dask scheduler answers at {address} ({brief(error)}). Start one with "
                "`dask scheduler` and workers with `dask worker ADDRESS`."
            ) from error
        try:
            self._check_workers()
        except BaseException:
            self.client.close()
            raise
        threads = sum(self.client.nthreads().values())
        self.slots = 2 * max(threads, 1)
        self.executor = self.client.get_executor(pure=False)

    def _check_workers(self) -> None:
        """Raise GradingError where there is no worker, or one with another version."""
        try:
            self.client.wait_for_workers(1, timeout=CONNECTING)
        except Exception as error:
            raise GradingError(
                f"The Dask scheduler at {self.address} has no workers. Start some with "
                f"`dask worker {self.address}`, where the course is installed."
            ) from error
        found = self.client.run(code_version, self.course, on_error="return")
        for worker, theirs in found.items():
            if isinstance(theirs, BaseException):
                says = f"has not the course installed ({brief(theirs)})"
            elif theirs != code_version(self.course):
                says = "has another version of the course"
            else:
                continue
            raise GradingError(f"The Dask worker {worker} {says}. Install this one there.")

    def isolation(self, level: str) -> str:
        """Return "": each machine of the cluster finds out what it has."""
        return ""

    def begin(self, job: Job) -> None:
        """Leave it for later."""

    def afresh(self) -> None:
        """Leave what is under way: nothing was begun."""

    def submit(self, job: Job) -> Future[Graded]:
        """Return the future of a job's result."""
        if self.client.status != "running":
            raise GradingError(f"The Dask scheduler at {self.address} does not answer any more.")
        return self.executor.submit(grade_one, job)

    def close(self, now: bool = False) -> None:
        """End the workers; `now`: whatever they are doing."""
        with contextlib.suppress(Exception):  # it may be gone
            self.executor.shutdown(wait=False, cancel_futures=now)
            self.client.close(timeout=CONNECTING)


@contextlib.contextmanager
def opened(
    course: Course,
    workers: int,
    dask: str = "",
    tls: Tls = FROM_CONFIGURATION,
    beginning: Beginning | None = None,
) -> Iterator[Any]:
    """Yield an executor; it is closed, at once where an error ends the `with`."""
    executor = Dask(course, dask, tls) if dask else Cores(workers, beginning)
    try:
        yield executor
    except BaseException:
        executor.close(now=True)
        raise
    executor.close()
