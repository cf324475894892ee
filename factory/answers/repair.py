"""A damaged store made anew from every answer in it that is still whole.

SQLite gives up a table whose tree is broken. This reads the pages themselves: each leaf that is there gives its rows,
and the checksums tell which are whole, so that what is lost is what was overwritten, and nothing else.
Source: https://www.sqlite.org/fileformat2.html (1.6, b-tree pages; 2.1, record format).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from factory.answers.codec import fits
from factory.answers.file import NAME, PAGE, File, is_busy, refusal
from factory.errors import DatasetError

_LEAF = 0x0D
_SIZES = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}
"""Bytes of a value, by serial type; the tables hold no fractions (7)."""
_CONSTANTS = {0: None, 8: 0, 9: 1}


def repair(path: Path) -> tuple[int, Path]:
    """Put a new store in the place of a damaged one; how many answers it has, and where the damaged file is now.

    Raises:
        DatasetError: it is missing or in use, or the new file can't be written.
    """
    if not path.is_file():
        raise DatasetError(f"{path} is no file: give the store of answers, or the folder that holds {NAME}")
    _settle(path)
    fresh = path.with_name(f".{path.name}.repaired")
    for stale in _parts(fresh):
        stale.unlink(missing_ok=True)
    with closing(File(fresh)) as file:
        try:
            kept = _copied(path, file.writing)
        except sqlite3.Error as error:
            raise refusal(error, fresh, file.kind) from error
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    for part, there in zip(_parts(path), _parts(aside), strict=True):
        if part.exists():
            part.rename(there)
    fresh.rename(path)
    return kept, aside


def _settle(path: Path) -> None:
    """Bring the log into the file, as far as SQLite can still read it; nobody else may be at it."""
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
            connection.execute("pragma locking_mode = exclusive")
            connection.execute("begin exclusive")
            connection.execute("commit")
            connection.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.DatabaseError as error:
        if is_busy(error):
            raise DatasetError(f"{path} is in use by another process: repair it when that one has ended") from error


def _parts(path: Path) -> list[Path]:
    return [path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")]


def _copied(path: Path, whole: sqlite3.Connection) -> int:
    kept = 0
    run = whole.execute
    run("begin immediate")
    for rowid, row in rows(path):
        if len(row) == 2 and isinstance(row[1], str):
            with suppress(sqlite3.IntegrityError):
                run("insert or replace into models values (?, ?)", (rowid, row[1]))
        elif len(row) == 7 and fits(row[0], *row[-2:]):
            # Where a model's name is lost, this says so.
            run("insert into models values (?, ?) on conflict do nothing", (row[1], f"unknown model {row[1]}"))
            kept += run("insert into answers values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing", row).rowcount
        elif len(row) == 6 and fits(row[1], *row[-2:]):
            run("insert into failures values (?, ?, ?, ?, ?, ?) on conflict do nothing", row)
    run("commit")
    return kept


def rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """Row number and values of each row in each leaf page; what can't be understood is passed over."""
    with path.open("rb") as file:
        pages = Pages(file, path.stat().st_size)
        for number in range(1, pages.count + 1):
            content = pages[number]
            start = 100 if number == 1 else 0
            if content[start] != _LEAF:
                continue
            cells = int.from_bytes(content[start + 3 : start + 5], "big")
            for at in range(start + 8, start + 8 + 2 * cells, 2):
                try:
                    row = _row(content, int.from_bytes(content[at : at + 2], "big"), pages)
                except (IndexError, KeyError, ValueError):
                    continue  # an overwritten pointer, length or type leads anywhere: that row is not whole
                yield row


class Pages:
    """The pages of a file, counted from 1; one that is cut short ends in zeros."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        """Take the size of a page from the head, or the usual one where that is damaged."""
        self._file = file
        head = file.read(100)
        size = int.from_bytes(head[16:18], "big")
        size = 65536 if size == 1 else size
        self.size = PAGE if size < 512 or size & (size - 1) else size
        self.count = -(-length // self.size)
        self.length = length

    def __getitem__(self, number: int) -> bytes:
        """One page.

        Raises:
            IndexError: there is none of that number.
        """
        if not 1 <= number <= self.count:
            raise IndexError(number)
        self._file.seek((number - 1) * self.size)
        return self._file.read(self.size).ljust(self.size, b"\0")


def _row(content: bytes, at: int, pages: Pages) -> tuple[int, list[Any]]:
    length, at = _varint(content, at)
    rowid, at = _varint(content, at)
    if length > pages.length:
        raise ValueError(length)
    most = pages.size - 35
    least = (pages.size - 12) * 32 // 255 - 23
    here = length
    if length > most:
        here = least + (length - least) % (pages.size - 4)
        here = least if here > most else here
    record = bytearray(content[at : at + here])
    following = int.from_bytes(content[at + here : at + here + 4], "big")
    while len(record) < length:
        content = pages[following]
        following = int.from_bytes(content[:4], "big")
        record += content[4 : 4 + length - len(record)]
    return rowid, _values(bytes(record))


def _values(record: bytes) -> list[Any]:
    ahead, at = _varint(record, 0)
    types = []
    while at < ahead:
        kind, at = _varint(record, at)
        types.append(kind)
    values: list[Any] = []
    for kind in types:
        size = (kind - 12) // 2 if kind >= 12 else _SIZES[kind]
        part = record[at : at + size]
        at += size
        if kind >= 12:
            values.append(part.decode() if kind % 2 else part)
        else:
            values.append(_CONSTANTS[kind] if kind in _CONSTANTS else int.from_bytes(part, "big", signed=True))
    return values


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place behind it."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | content[place] & 0x7F
        if content[place] < 0x80:
            return value, place + 1
    return value << 8 | content[at + 8], at + 9
