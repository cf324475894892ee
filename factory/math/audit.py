"""Runs the SymPy audit of many rows in processes of their own: SymPy can hang, and a hung row is killed and named."""

import multiprocessing
from collections.abc import Iterable, Mapping
from functools import cache
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import NamedTuple

from factory.errors import FactoryError
from factory.math.families import Family, Language
from factory.math.oracle import Oracle

LIMIT_S = 10.0
TIMEOUT = "timeout"


class Task(NamedTuple):
    """One row to audit: the raw texts alone."""

    family: str
    language: Language
    question: str
    answer: str


def serve(connection: Connection, families: Mapping[str, Family]) -> None:
    """Answer tasks with reasons until the connection closes."""

    @cache
    def oracle(name: str, language: Language) -> Oracle:
        return Oracle(families[name], language)

    while True:
        try:
            task: Task = connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            reason = oracle(task.family, task.language).audit(task.question, task.answer)
        except FactoryError as error:
            reason = f"error: {error}"
        connection.send(reason)


class Worker:
    """One audit process and the task it is at."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        """Start the process."""
        self.families = families
        self.start()

    def start(self) -> None:
        """Start, or start again after a kill."""
        self.connection, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=serve, args=(theirs, self.families), daemon=True)
        self.process.start()
        theirs.close()
        self.index: int | None = None
        self.deadline = 0.0

    def give(self, index: int, task: Task, limit_s: float) -> None:
        """Send one task."""
        self.connection.send(task)
        self.index, self.deadline = index, monotonic() + limit_s

    def stop(self) -> None:
        """End the process at once."""
        self.connection.close()
        self.process.kill()
        self.process.join()


class Audit:
    """Some audit processes over some families; close it, or use it as a context."""

    def __init__(self, families: Iterable[Family], workers: int = 1, limit_s: float = LIMIT_S) -> None:
        """Start the processes."""
        known = {family.name: family for family in families}
        self.limit_s = limit_s
        self.workers = [Worker(known) for _ in range(max(1, workers))]

    def __enter__(self) -> "Audit":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End all processes."""
        for worker in self.workers:
            worker.stop()

    def reasons(self, tasks: Iterable[Task]) -> list[str]:
        """Why each row is wrong, in their order: empty for good rows, `timeout` for one past the limit."""
        found: dict[int, str] = {}
        waiting = iter(enumerate(tasks))
        self.feed(self.workers, waiting)
        while busy := [worker for worker in self.workers if worker.index is not None]:
            soonest = min(worker.deadline for worker in busy)
            ready = set(wait([worker.connection for worker in busy], max(0.0, soonest - monotonic())))
            for worker in busy:
                if worker.connection in ready:
                    index = self.taken(worker)
                    found[index] = self.reply(worker)
                elif monotonic() >= worker.deadline:
                    found[self.taken(worker)] = TIMEOUT
                    worker.stop()
                    worker.start()
            self.feed([worker for worker in self.workers if worker.index is None], waiting)
        return [found[index] for index in range(len(found))]

    def feed(self, workers: Iterable[Worker], waiting: Iterable[tuple[int, Task]]) -> None:
        """Give each idle worker the next task."""
        for worker, (index, task) in zip(workers, waiting, strict=False):
            worker.give(index, task, self.limit_s)

    def taken(self, worker: Worker) -> int:
        """The index of the task a worker was at; it is idle then."""
        index, worker.index = worker.index, None
        return -1 if index is None else index

    def reply(self, worker: Worker) -> str:
        """A worker's reason; a process that died is started again."""
        try:
            return str(worker.connection.recv())
        except EOFError:
            worker.stop()
            worker.start()
            return "error: the audit process died"
