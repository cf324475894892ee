"""The file of stored answers: its tables, how it is opened, and what is said when that fails.

SQLite, since of the stores compared it alone loses nothing acknowledged, opens after every kill, goes on after a full
disk, and lets others read and write meanwhile. Write-ahead log; each commit is synced.
"""

import shutil
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from factory.answers.filesystem import shared_by_machines
from factory.errors import DatasetError

NAME = "answers.sqlite"
"""Of the file, beside the datasets that it serves."""

BUSY_S = 30.0
"""How long a commit of another process is waited for."""

ALONE_S = 3.0
"""The same at opening on a network file system, where whoever has the store keeps it."""

_APPLICATION = 0x46414354
_FORMAT = 1

PAGE = 8192
"""Bytes of a page: holds some answers of usual length. In half of it, one of 2,100 bytes wastes as much again."""

_TABLES = """
create table models (id integer primary key, label text not null unique);
create table answers (
  key blob primary key not null, model integer not null references models, made integer not null,
  prompt_tokens integer not null, completion_tokens integer not null, payload blob not null, crc integer not null);
create table failures (
  run text not null, key blob not null, made integer not null, reason text not null,
  payload blob not null, crc integer not null, primary key (run, key));
"""
# Rows are large and keys random: tables with rowids append them, and only a small index is written all over.

_FULL = {sqlite3.SQLITE_FULL: "the disk is full", sqlite3.SQLITE_IOERR: "the disk or a quota refuses"}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def beside(dataset: Path) -> Path:
    """Where the answers of a dataset folder are when nothing else is said."""
    return dataset.absolute().parent / NAME


class File:
    """The open file: a connection that writes and one that reads, or one for both where the store is had alone."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open it; make it where it is missing and `create` says so.

        Raises:
            DatasetError: it is missing, no store of answers, of a newer format, damaged, in use, or can't be written.
        """
        if not create and not path.is_file():
            raise DatasetError(f"{path} is no file: give the store of answers, or the folder that holds {NAME}")
        self.path = path
        self.kind = shared_by_machines(path)
        wait = ALONE_S if self.kind else BUSY_S
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatasetError(f"{path.parent} can't be made: {error.strerror}; choose another folder") from error
        try:
            self.writing = self._opened(wait)
            self.reading = self.writing if self.kind else _connect(path, BUSY_S)
            self.reading.execute("pragma cache_size = -16384")  # KiB: the keys of 300,000 answers
        except sqlite3.Error as error:
            raise refusal(error, path, self.kind) from error

    def close(self) -> None:
        """Close both connections."""
        self.reading.close()
        self.writing.close()

    def _opened(self, wait: float) -> sqlite3.Connection:
        """The connection that writes, of a file that is ours and has its tables."""
        deadline = time.monotonic() + wait
        while True:
            connection = _connect(self.path, wait)
            try:
                _prepare(connection, self.path, alone=bool(self.kind))
            except sqlite3.OperationalError as error:
                connection.close()
                # Changing the journal does not wait for others, as everything else does.
                if not _is(error, sqlite3.SQLITE_BUSY) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            except BaseException:
                connection.close()
                raise
            else:
                return connection


def _connect(path: Path, wait: float) -> sqlite3.Connection:
    # Transactions are begun and ended by hand; a lock of ours keeps threads apart.
    return sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, path: Path, *, alone: bool) -> None:
    run = connection.execute
    if alone:
        run("pragma locking_mode = exclusive")  # before the log is opened, so that no memory is shared
    run("begin")  # all of the check sees one state, though another process may just be making the file
    new = not _check(connection, path)
    run("commit")
    if new:
        run(f"pragma page_size = {PAGE}")
        run("pragma auto_vacuum = incremental")  # so that what is pruned can be given back bit by bit
    mode = run("pragma journal_mode = wal").fetchone()[0]
    if mode != "wal":
        raise DatasetError(f"{path} can't have a write-ahead log (its journal is {mode}); choose another folder")
    run("pragma synchronous = full")
    run("pragma journal_size_limit = 67108864")
    if new:
        _make(connection, path)


def _make(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, unless another process has done it just now."""
    run = connection.execute
    run("begin immediate")
    try:
        if not _check(connection, path):
            for statement in _TABLES.split(";"):
                run(statement)
            run(f"pragma application_id = {_APPLICATION}")
            run(f"pragma user_version = {_FORMAT}")
        run("commit")
    except BaseException:
        with suppress(sqlite3.Error):
            run("rollback")
        raise


def _check(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has its tables; a new one has none.

    Raises:
        DatasetError: it is something else's, or a newer version's.
    """
    application = connection.execute("pragma application_id").fetchone()[0]
    version = connection.execute("pragma user_version").fetchone()[0]
    tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    if application != _APPLICATION:
        if tables or version or application:
            raise DatasetError(f"{path} is a database of something else, not stored answers; choose another file")
        return False
    if version > _FORMAT:
        raise DatasetError(
            f"{path} was written by a newer version (format {version}; this one reads {_FORMAT}): "
            "update this program, or choose another file"
        )
    return True


def is_damage(error: sqlite3.Error) -> bool:
    """Whether what SQLite says is that the file is not as it was written."""
    return any(_is(error, code) for code in _DAMAGED)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process is at it."""
    return _is(error, sqlite3.SQLITE_BUSY)


def refusal(error: sqlite3.Error, path: Path, kind: str = "") -> DatasetError:
    """One sentence for what SQLite says."""
    if _is(error, sqlite3.SQLITE_BUSY):
        if kind:
            return DatasetError(
                f"{path} is in use by another process, and on {kind} only one can have it: "
                "wait for that one to end, or keep the answers on a local disk"
            )
        return DatasetError(
            f"{path} has been locked by another process for {BUSY_S:.0f} s: end that one, then run again"
        )
    if _is(error, sqlite3.SQLITE_NOTADB):
        return DatasetError(
            f"{path} is no store of answers (not an SQLite file, or its head is damaged); choose another"
        )
    if _is(error, sqlite3.SQLITE_CORRUPT):
        return DatasetError(
            f"{path} is damaged: `factory answers repair {path}` keeps every answer that is still whole"
        )
    for code, reason in _FULL.items():
        if _is(error, code):
            free = shutil.disk_usage(path.parent).free
            return DatasetError(
                f"{path} can't be written: {reason} ({free:,} bytes are free); "
                "no stored answer is lost: make room and run the same command again"
            )
    return DatasetError(f"{path} can't be opened or written: {error}; see that its folder is yours to write")


def _is(error: sqlite3.Error, code: int) -> bool:
    """Whether the error is this one; extended codes hold the plain one in their low byte."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == code
