"""The store of paid answers: what a model has once answered is never asked again.

One SQLite file, keyed by content (`factory.answers.key`) and apart from every dataset: running again is resuming, and a
new filter, judge or parser, or input in another order, pays for nothing twice. Answers are whole: a truncated, empty
or refused one is an `Unanswered`, which goes to a table of its own and is given again to the same run alone, so that
its replay is exact. The store leaves out the prompts: it answers questions, it does not list them.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from factory.answers.codec import checksum, fits, pack, pack_failure, unpack, unpack_failure
from factory.answers.file import NAME, File, is_damage, refusal
from factory.answers.key import Keys, key
from factory.answers.writer import Entry, Writer
from factory.engine import Completion, Outcome, Unanswered

__all__ = ["NAME", "Answers", "Keys", "key"]

_KEYS = 256
"""Looked up by one statement at most."""

_ONE = "select key, payload, crc from answers where key in (?)"

_Row = tuple[bytes, bytes, int]

_LARGEST = 2**40
"""Of a count in a column, so that millions of them can be summed; a server may say anything of its tokens."""


class Answers:
    """An open store. Look-ups and puts are quick and made where the coroutines run; one thread of its own commits."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            DatasetError: it can't be: see `factory.answers.file`.
        """
        self._file = File(path)
        self.remarks: list[str] = []
        """What the user should know, a sentence each: a place where only one process can have it, damaged answers."""
        self.damaged = 0
        """How many damaged answers were met; each is asked again, and replaced."""
        if self._file.kind:
            self.remarks.append(f"{path} is on {self._file.kind}, a network file system: this process has it alone")
        self._turn = threading.Lock()
        self._pending: dict[bytes, Completion] = {}
        self._failing: dict[tuple[str, bytes], bytes] = {}
        self._failed: dict[str, set[bytes]] = {}
        self._hurt: dict[tuple[str | None, bytes], tuple[bytes, int]] = {}
        self._closed = False
        turn = self._turn if self._file.kind else threading.Lock()
        self._writer = Writer(self._file, turn, self._durable)

    def found(self, keys: Sequence[bytes], run: str) -> list[Outcome | None]:
        """What is stored under each key: an answer, a failure of this very run, or None.

        A failure goes before an answer that another run has had since: a replay sees what was seen.

        Args:
            keys: from `Keys`.
            run: the digest of the run.

        Raises:
            DatasetError: the file can't be read at all.
        """
        failed = self._failed.get(run)
        if failed is None:
            failed = self._failures_of(run)
        known: dict[bytes, Outcome] = {}
        sought = []
        for one in keys:
            outcome = self._failure(run, one) if one in failed else self._pending.get(one)
            if outcome is None:
                sought.append(one)
            else:
                known[one] = outcome
        while sought:
            for one, payload, crc in self._rows(sought[:_KEYS]):
                if fits(one, payload, crc):
                    known[one] = unpack(payload)
                else:
                    self._met_damage(None, one, payload, crc)
            del sought[:_KEYS]
        return [known.get(one) for one in keys]

    def put(self, entries: Sequence[tuple[bytes, str, Outcome]], run: str) -> None:
        """Store outcomes, each with its key and the model's label; found at once, durable within 50 ms.

        Raises:
            DatasetError: an earlier commit failed, as on a full disk. These outcomes are queued all the same: `flush`
                tries again.
            ValueError: an answer is empty; then nothing of this call is stored.
        """
        made = int(time.time())
        queued = [self._entry(one, label, outcome, run, made) for one, label, outcome in entries]
        for (one, _, outcome), entry in zip(entries, queued, strict=True):
            if isinstance(outcome, Completion):
                self._pending.setdefault(one, outcome)
            else:
                self._failures_of(run).add(one)
                self._failing.setdefault((run, one), entry.payload)
            if entry.replaces:
                del self._hurt[entry.run, one]
        self._writer.put(queued)

    async def flush(self) -> None:
        """Come back when all that was put so far is durable.

        Raises:
            DatasetError: it can't be made so; it is kept, and the next call tries again.
        """
        await asyncio.wrap_future(self._writer.ask())

    def forget_failures(self, run: str) -> int:
        """Let the failures of a run be asked again; how many they were.

        Raises:
            DatasetError: the file can't be written.
        """

        def forget(connection: sqlite3.Connection) -> int:
            return connection.execute("delete from failures where run = ?", (run,)).rowcount

        forgotten: int = self._writer.ask(forget).result()
        self._failed.pop(run, None)
        return forgotten

    def close(self) -> None:
        """Commit what is queued and close the file; calling it again does nothing.

        Raises:
            DatasetError: the commit failed.
        """
        if self._closed:
            return
        self._closed = True
        try:
            self._writer.close()
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        """The open store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _entry(self, one: bytes, label: str, outcome: Outcome, run: str, made: int) -> Entry:
        if isinstance(outcome, Completion):
            payload = pack(outcome)
            facts = (_count(outcome.prompt_tokens), _count(outcome.completion_tokens))
            hurt = self._hurt.get((None, one))
            return Entry(one, label, None, made, facts, payload, checksum(one, payload), hurt)
        if isinstance(outcome, Unanswered):
            payload = pack_failure(outcome)
            hurt = self._hurt.get((run, one))
            return Entry(one, label, run, made, (outcome.reason,), payload, checksum(one, payload), hurt)
        raise TypeError(f"{type(outcome).__name__} is no outcome")

    def _durable(self, entries: Sequence[Entry]) -> None:
        """Leave what is in the file to the file; called by the thread that wrote it."""
        for entry in entries:
            if entry.run is None:
                self._pending.pop(entry.key, None)
            else:
                self._failing.pop((entry.run, entry.key), None)

    def _rows(self, keys: Sequence[bytes]) -> list[_Row]:
        """The stored rows; where the file itself is damaged, those of the keys that can still be read."""
        statement = _ONE if len(keys) == 1 else f"{_ONE[:-2]}{'?,' * (len(keys) - 1)}?)"
        try:
            return self._read(statement, keys)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise refusal(error, self._file.path, self._file.kind) from error
            if len(keys) > 1:
                return [row for one in keys for row in self._rows([one])]
            self._remark(f"{refusal(error, self._file.path)}; what can't be read is asked again")
            self.damaged += 1
            return []

    def _read(self, statement: str, values: Sequence[object]) -> list[_Row]:
        with self._turn:
            return self._file.reading.execute(statement, values).fetchall()

    def _read_or_refuse(self, statement: str, values: Sequence[object]) -> list[_Row]:
        try:
            return self._read(statement, values)
        except sqlite3.DatabaseError as error:
            raise refusal(error, self._file.path, self._file.kind) from error

    def _failures_of(self, run: str) -> set[bytes]:
        """The keys at which this run has failed; read once, since this process alone adds to them."""
        failed = self._failed.get(run)
        if failed is None:
            rows = self._read_or_refuse("select key, '', 0 from failures where run = ?", (run,))
            failed = self._failed[run] = {row[0] for row in rows}
        return failed

    def _failure(self, run: str, one: bytes) -> Unanswered | None:
        failing = self._failing.get((run, one))
        if failing is not None:
            return unpack_failure(failing)  # each time a new one: whoever raises it leaves a traceback on it
        rows = self._read_or_refuse("select key, payload, crc from failures where run = ? and key = ?", (run, one))
        for _, payload, crc in rows:
            if fits(one, payload, crc):
                return unpack_failure(payload)
            self._failed[run].discard(one)
            self._met_damage(run, one, payload, crc)
        return None

    def _met_damage(self, run: str | None, one: bytes, payload: bytes, crc: int) -> None:
        if (run, one) not in self._hurt:
            self.damaged += 1
            self._hurt[run, one] = (payload, crc)
            what = "answer" if run is None else "failure"
            self._remark(f"{what} {one.hex()[:16]} in {self._file.path} is damaged: it is asked again, and replaced")

    def _remark(self, sentence: str) -> None:
        if sentence not in self.remarks:
            self.remarks.append(sentence)


def _count(tokens: int) -> int:
    return max(0, min(tokens, _LARGEST))
