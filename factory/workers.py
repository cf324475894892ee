"""Where items run that are bound by the CPU: in this process one after another, or in worker processes.

Both bring the packed rows strictly in the order of the items, so that the dataset's bytes don't depend on which of
them is used, nor on the number of workers; neither do they where items are coroutines (`factory.window`).
(`Runner.run` is not used: its signal handling formats the repr of each result.)
"""

import asyncio
import pickle
import queue
import signal
import threading
import traceback
from collections import deque
from collections.abc import Iterator
from multiprocessing import connection, get_context, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from os import _exit
from typing import NamedTuple

from factory import columns
from factory.component import Item
from factory.errors import FactoryError, Interrupted
from factory.packed import Packed, pack
from factory.work import ComponentBroke, Work

AHEAD = 4
"""Items per worker that may be under way before the oldest of them is committed."""
QUEUED = 2
"""Items that a worker holds: one that it works on and one so that it never waits for the next."""


class _Failure(NamedTuple):
    """What a worker says when an item raised; told when its turn has come."""

    error: FactoryError | None
    message: str
    trace: str

    def told(self) -> Exception:
        error = self.error or ComponentBroke(self.message)
        error.__cause__ = _Traceback(self.trace)
        return error


class _Traceback(Exception):
    """A traceback of another process, shown as the cause."""

    def __str__(self) -> str:
        return "\n" + str(self.args[0])


def inline(work: Work, loop: asyncio.AbstractEventLoop, part: int, items: Iterator[Item]) -> Iterator[Packed]:
    """Run the items here, one at a time."""
    for item in items:
        yield pack([loop.run_until_complete(work.made(part, item))])


class Pool:
    """Worker processes that die with this one."""

    def __init__(self, work: Work, workers: int) -> None:
        """Start them."""
        plan = pickle.dumps(work.plan())
        context = get_context("spawn")
        self._workers: list[_Worker] = []
        # Signals are this process's to handle: its children inherit the mask and are ended by closing their pipe.
        # The tracker, which is started with the first child, would lift the mask.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            for _ in range(workers):
                mine, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, plan), daemon=True)
                process.start()
                theirs.close()
                self._workers.append(_Worker(process, mine))
        except BaseException:
            self.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def results(self, part: int, items: Iterator[Item]) -> Iterator[Packed]:
        """The packed rows of each item, in their order.

        Raises:
            ComponentBroke: a component has a bug; the worker's traceback is the cause.
            Interrupted: a worker was killed.
        """
        ready: dict[int, Packed | _Failure] = {}
        sent = done = 0
        more = True
        while more or done < sent:
            while more and sent - done < AHEAD * len(self._workers) and (worker := self._idlest()) is not None:
                item = next(items, None)
                if item is None:
                    more = False
                    break
                worker.send(sent, part, item)
                sent += 1
            if sent > done:
                ready.update(self._received())
            while done in ready:
                answer = ready.pop(done)
                if isinstance(answer, _Failure):
                    raise answer.told()
                yield answer
                done += 1

    def close(self) -> None:
        """End the workers, whatever they do."""
        for worker in self._workers:
            worker.process.kill()
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join()

    def _idlest(self) -> "_Worker | None":
        worker = min(self._workers, key=lambda worker: len(worker.tasks))
        return worker if len(worker.tasks) < QUEUED else None

    def _received(self) -> Iterator[tuple[int, Packed | _Failure]]:
        busy = {worker.pipe: worker for worker in self._workers if worker.tasks}
        for pipe in connection.wait(list(busy)):
            yield busy[pipe].receive()  # type: ignore[index]  # wait() gives back what it was given


class _Worker:
    """One worker process, its pipe, and the items that it holds, oldest first."""

    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self.process = process
        self.pipe = pipe
        self.tasks: deque[tuple[int, str]] = deque()

    def send(self, number: int, part: int, item: Item) -> None:
        self.tasks.append((number, item.key))
        try:
            self.pipe.send((part, item))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise self._lost() from error

    def receive(self) -> tuple[int, Packed | _Failure]:
        try:
            answer = self.pipe.recv()
        except (EOFError, ConnectionResetError) as error:
            raise self._lost() from error
        return self.tasks.popleft()[0], answer

    def _lost(self) -> Interrupted:
        self.process.join(5)
        code = self.process.exitcode or 0
        end = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        guess = " (out of memory?)" if code == -signal.SIGKILL else ""
        return Interrupted(
            f"a worker process {end}{guess} while it made item {self.tasks[0][1]!r}; finished shards are kept: "
            f"run the same command again, with fewer --workers if memory is short"
        )


def _serve(pipe: Connection, plan: bytes) -> None:
    """The life of a worker process: one answer per item, in the order in which they come."""
    inbox: queue.SimpleQueue[tuple[int, Item]] = queue.SimpleQueue()
    threading.Thread(target=_feed, args=(pipe, inbox), daemon=True).start()
    columns.leave_pandas_out()
    work: Work | None = None
    with asyncio.Runner() as runner, columns.frugal():
        loop = runner.get_loop()
        while True:
            part, item = inbox.get()
            answer: Packed | _Failure
            try:
                work = work or pickle.loads(plan)
                answer = pack([loop.run_until_complete(work.made(part, item))])
            except FactoryError as error:
                answer = _Failure(error, str(error), traceback.format_exc())
            except Exception as error:
                answer = _Failure(None, str(error), traceback.format_exc())
            try:
                pipe.send(answer)
            except (BrokenPipeError, ConnectionResetError):
                _exit(1)


def _feed(pipe: Connection, inbox: "queue.SimpleQueue[tuple[int, Item]]") -> None:
    """Empty the pipe at once, so that neither side ever waits for the other; end when nobody holds its other end."""
    while True:
        try:
            inbox.put(pipe.recv())
        except (EOFError, ConnectionResetError):
            _exit(0)
