"""The one thread that commits: whatever is queued goes into one transaction, some milliseconds after it came.

A commit waits for the disk (4–8 ms on the machines measured), whatever is in it: 250 a second one by one, 12,000 in
groups. Many rows go into one statement, too: between two statements this thread has to wait for its turn to run Python.
"""

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple

from factory.answers.file import File, refusal
from factory.errors import DatasetError

LINGER_S = 0.02
"""How long the first of a group waits for others. With the commit itself it stays under 50 ms."""

MOST = 2048
"""Outcomes queued that are not waited with any longer."""

_ROWS = 64
"""In one statement; the rest goes in halves of it, so that few statements are ever compiled."""

_ANSWERS = "answers (key, model, made, prompt_tokens, completion_tokens, payload, crc)"
_FAILURES = "failures (run, key, made, reason, payload, crc)"


Job = Callable[[sqlite3.Connection], Any]


class Entry(NamedTuple):
    """One outcome on its way to the file."""

    key: bytes
    label: str
    """Of the model."""
    run: str | None
    """Of a failure; None for an answer."""
    made: int
    facts: tuple[Any, ...]
    """Two counts of tokens of an answer, the reason of a failure."""
    payload: bytes
    crc: int
    replaces: tuple[bytes, int] | None = None
    """Payload and CRC of the damaged row that this one is instead of."""


class Writer:
    """The queue and its thread."""

    def __init__(self, file: File, turn: threading.Lock, done: Callable[[Sequence[Entry]], None]) -> None:
        """Begin to wait for entries.

        Args:
            file: where they go.
            turn: held while the connection is used, where that is also the one that reads.
            done: told of each group that is durable.
        """
        self._file, self._turn, self._done = file, turn, done
        self._state = threading.Condition()
        self._queue: list[Entry] = []
        self._jobs: list[tuple[Job | None, Future[Any]]] = []
        self._asked = self._closing = False
        self._failure: Exception | None = None
        self._models: dict[str, int] = {}
        self._thread = threading.Thread(target=self._work, name="answers", daemon=True)
        self._thread.start()

    def put(self, entries: Sequence[Entry]) -> None:
        """Queue them.

        Raises:
            DatasetError: the last commit failed. What was queued is kept all the same, and tried again.
        """
        with self._state:
            if self._closing:
                raise RuntimeError(f"{self._file.path} is closed")
            self._queue += entries
            if not self._asked or len(self._queue) >= MOST:
                self._asked = True
                self._state.notify()
            failure = self._failure
        if failure:
            raise _again(failure)

    def ask(self, job: Job | None = None) -> Future[Any]:
        """Commit what is queued at once, and run a job after it, in a transaction of its own."""
        future: Future[Any] = Future()
        with self._state:
            if self._closing:
                raise RuntimeError(f"{self._file.path} is closed")
            self._jobs.append((job, future))
            self._asked = True
            self._state.notify()
        return future

    def close(self) -> None:
        """Commit what is queued and end the thread.

        Raises:
            DatasetError: the commit failed: the answers queued are lost.
        """
        with self._state:
            self._closing = self._asked = True
            self._state.notify()
        self._thread.join()
        if self._queue and self._failure:
            lost = f"{len(self._queue):,} outcomes could not be stored, and will be asked again"
            raise DatasetError(f"{lost}: {self._failure}") from self._failure

    def _work(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._asked)
                self._state.wait_for(self._urgent, LINGER_S)
                batch, self._queue = self._queue, []
                jobs, self._jobs = self._jobs, []
                self._asked, closing = False, self._closing
            failure = self._committed(batch)
            with self._state:
                self._failure = failure
                if failure:
                    self._queue = batch + self._queue
            for job, future in jobs:
                if future.set_running_or_notify_cancel():
                    self._answer(job, future, failure)
            if closing:
                return

    def _urgent(self) -> bool:
        return bool(self._closing or self._jobs or len(self._queue) >= MOST)

    def _committed(self, batch: Sequence[Entry]) -> Exception | None:
        """Make the batch durable; what went wrong."""
        if not batch:
            return None
        try:
            self._transaction(lambda connection: self._insert(connection, batch))
        except sqlite3.Error as error:
            return refusal(error, self._file.path, self._file.kind)
        except Exception as error:  # told to whoever puts or flushes next
            return error
        self._done(batch)
        return None

    def _answer(self, job: Job | None, future: Future[Any], failure: Exception | None) -> None:
        if failure:
            future.set_exception(_again(failure))
            return
        try:
            future.set_result(self._transaction(job) if job else None)
        except sqlite3.Error as error:
            future.set_exception(refusal(error, self._file.path, self._file.kind))
        except Exception as error:  # told to whoever asked
            future.set_exception(error)

    def _transaction(self, job: Job) -> Any:
        connection = self._file.writing
        with self._turn:
            connection.execute("begin immediate")
            try:
                result = job(connection)
                connection.execute("commit")
            except BaseException:
                self._models.clear()  # what is rolled back may have been new models
                with suppress(sqlite3.Error):
                    connection.execute("rollback")
                raise
        return result

    def _insert(self, connection: sqlite3.Connection, batch: Iterable[Entry]) -> None:
        rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for key, label, run, made, facts, payload, crc, replaces in batch:
            if replaces:
                table, where = ("answers", "") if run is None else ("failures", " and run = ?")
                values = (key, *replaces) if run is None else (key, *replaces, run)
                connection.execute(f"delete from {table} where key = ? and payload = ? and crc = ?{where}", values)
            if run is None:
                model = self._models.get(label) or self._model(connection, label)
                rows[_ANSWERS].append((key, model, made, *facts, payload, crc))
            else:
                rows[_FAILURES].append((run, key, made, *facts, payload, crc))
        for table, entries in rows.items():
            _insert_rows(connection, table, entries)

    def _model(self, connection: sqlite3.Connection, label: str) -> int:
        name = (label.encode("utf-8", "replace").decode(),)
        connection.execute("insert into models (label) values (?) on conflict do nothing", name)
        number: int = connection.execute("select id from models where label = ?", name).fetchone()[0]
        self._models[label] = number
        return number


def _insert_rows(connection: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """The first at a key stays: what is stored has been used."""
    at, size = 0, _ROWS
    while at < len(rows):
        while size > len(rows) - at:
            size //= 2
        one = f"({','.join('?' * len(rows[0]))})"
        values = [value for row in rows[at : at + size] for value in row]
        connection.execute(f"insert into {table} values {','.join([one] * size)} on conflict do nothing", values)
        at += size


def _again(failure: Exception) -> Exception:
    """The same failure once more: one exception raised in two places would drag the other's traceback along."""
    return DatasetError(str(failure)) if isinstance(failure, DatasetError) else failure
