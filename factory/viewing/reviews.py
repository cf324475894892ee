"""What people decided on rows: accepted, rejected or edited, with a note. Kept in SQLite beside the dataset.

The file is `<dataset>.reviews.sqlite` beside the folder, never in it: the folder is published, checked and made anew as
it is, and a review outlives all that. Nothing is overwritten: a later decision on a row stands above the earlier ones,
and undoing takes the uppermost away. Decisions are bound to the row's id, which is a hash of its content, and to the
dataset's digest.

No write-ahead log, other than the store of answers: a person decides a few times a minute, and what lies there between
two runs is one file that can be copied.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, get_args

import orjson

from factory.errors import DatasetError, RecipeError
from factory.viewing import edited as edits

Decided = Literal["accept", "reject", "edit"]

SUFFIX = ".reviews.sqlite"
MOST_NOTE = 10_000
"""Characters of a note."""
MOST_NAME = 200
"""Characters of a reviewer's name."""
BUSY_S = 10.0
"""How long another process that writes is waited for."""

_ID = re.compile(r"[0-9a-f]{32}\Z")
_APPLICATION = 0x46525657
_FORMAT = 1
_ASKED = 500
"""Ids in one statement."""

_TABLES = (
    "create table reviews (number integer primary key autoincrement, digest text not null, row_id text not null, "
    "decided text not null, note text not null, edited blob, reviewer text not null, at text not null, "
    "undone integer not null default 0)",
    "create index standing on reviews (digest, row_id, number) where not undone",
    f"pragma application_id = {_APPLICATION}",
    f"pragma user_version = {_FORMAT}",
)
_FIELDS = "row_id, decided, note, edited, reviewer, at, number"
_STANDING = "number in (select max(number) from reviews where digest = ? and not undone group by row_id)"


class Review(NamedTuple):
    """One decision on one row."""

    row_id: str
    """Of the row as it is in the dataset; an edit of an edit is one of that row too."""
    decided: Decided
    note: str = ""
    edited: Mapping[str, Any] | None = None
    """Of an edit: the row's new texts, `{"messages": [{"role", "content"}, ...]}`, or of a pair `prompt`, `chosen`,
    `rejected`, all three."""
    reviewer: str = ""
    at: str = ""
    """When, UTC, as 2026-11-21T07:15:00Z; said by the store."""
    number: int = 0
    """Grows with each decision; said by the store."""


def beside(folder: Path) -> Path:
    """Where the reviews of a dataset are."""
    folder = folder.absolute()
    return folder.with_name(folder.name + SUFFIX)


class Reviews:
    """The store. May be used by several threads and processes; what `put` gave back survives a kill."""

    def __init__(self, path: Path, digest: str = "") -> None:
        """The reviews in a file, of the dataset with that digest; the file is made with the first review.

        Raises:
            DatasetError: the file is no store of reviews, or of a newer format.
        """
        self.path = path
        self._digest = digest
        with self._reading():
            pass

    @classmethod
    def of(cls, folder: Path, digest: str) -> Self:
        """The reviews of a dataset folder."""
        return cls(beside(folder), digest)

    def put(self, review: Review) -> Review:
        """Keep a decision; it comes back with its time and number once it is on the disk.

        Raises:
            RecipeError: the id is none, the note too long, or what is edited no conversation and no pair.
            DatasetError: the disk refuses.
        """
        content = _checked(review)
        review = review._replace(at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        given = (review.row_id, review.decided, review.note, content, review.reviewer, review.at)
        with self._writing() as connection:
            names = "digest, row_id, decided, note, edited, reviewer, at"
            values = (self._digest, *given)
            kept = connection.execute(f"insert into reviews ({names}) values (?, ?, ?, ?, ?, ?, ?)", values)
            number = kept.lastrowid
        return review._replace(number=number or 0)

    def get(self, ids: Iterable[str]) -> dict[str, Review]:
        """The decisions that stand, of those of the rows that have one."""
        found: dict[str, Review] = {}
        with self._reading() as connection:
            if connection is None:
                return found
            asked = [*dict.fromkeys(ids)]
            for start in range(0, len(asked), _ASKED):
                some = asked[start : start + _ASKED]
                marks = ", ".join("?" * len(some))
                where = f"digest = ? and not undone and row_id in ({marks}) order by number"
                found |= {one.row_id: one for one in _read(connection, where, (self._digest, *some))}
        return found

    def counts(self) -> dict[Decided, int]:
        """How many rows are accepted, rejected and edited: all three are named."""
        counts: dict[Decided, int] = dict.fromkeys(get_args(Decided), 0)
        with self._reading() as connection:
            if connection:
                asked = f"select decided, count(*) from reviews where {_STANDING} group by decided"
                counts |= dict(connection.execute(asked, (self._digest,)))
        return counts

    def undo(self, row_id: str) -> Review | None:
        """Take back the last decision on a row; what stands then, None where nothing does.

        Raises:
            DatasetError: the disk refuses.
        """
        if not self.path.exists():
            return None
        with self._writing() as connection:
            connection.execute(
                "update reviews set undone = 1 where number = "
                "(select max(number) from reviews where digest = ? and row_id = ? and not undone)",
                (self._digest, row_id),
            )
        return self.get([row_id]).get(row_id)

    def all(self) -> list[Review]:
        """The decisions that stand, in the order in which they were made."""
        with self._reading() as connection:
            return _read(connection, f"{_STANDING} order by number", (self._digest,)) if connection else []

    def elsewhere(self) -> int:
        """How many decisions stand on rows of the folder's earlier datasets, which had other digests."""
        with self._reading() as connection:
            if not connection:
                return 0
            asked = "select count(distinct digest || row_id) from reviews where digest != ? and not undone"
            return int(connection.execute(asked, (self._digest,)).fetchone()[0])

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection that only reads; None where there is no review yet."""
        if not self.path.exists():
            yield None
            return
        with self._connected() as connection:
            yield connection if _there(connection, self.path) else None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of it is on the disk at the end, or nothing of it."""
        with self._connected() as connection:
            connection.execute("pragma synchronous = extra")
            connection.execute("begin immediate")  # from here on no other process makes the tables
            if not _there(connection, self.path):
                for statement in _TABLES:
                    connection.execute(statement)
            yield connection
            connection.execute("commit")  # where it isn't reached, closing takes everything back

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise _refusal(error, self.path) from error


def _there(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has its tables; a new one has none.

    Raises:
        DatasetError: it is something else's, or a newer version's.
    """
    application, version, tables = (
        connection.execute(asked).fetchone()[0]
        for asked in ("pragma application_id", "pragma user_version", "select count(*) from sqlite_master")
    )
    if application != _APPLICATION and (application or version or tables):
        raise DatasetError(f"{path} is a database of something else, not reviews; move it away")
    if version > _FORMAT:
        raise DatasetError(f"{path} was written by a newer version (format {version}); update this program")
    return bool(tables)


def _read(connection: sqlite3.Connection, where: str, given: tuple[str, ...]) -> list[Review]:
    found = map(Review._make, connection.execute(f"select {_FIELDS} from reviews where {where}", given))
    return [one if one.edited is None else one._replace(edited=orjson.loads(one.edited)) for one in found]  # type: ignore[arg-type]  # as stored


def _checked(review: Review) -> bytes | None:
    """What is edited, as it is stored."""
    if not _ID.match(review.row_id):
        raise RecipeError(f"{review.row_id[:100]!r} is no id of a row; it has 32 characters 0-9 a-f")
    if review.decided not in get_args(Decided):
        raise RecipeError(f"{str(review.decided)[:100]!r} is no decision; write accept, reject or edit")
    for name, text, most in (("note", review.note, MOST_NOTE), ("reviewer", review.reviewer, MOST_NAME)):
        if len(text) > most:
            raise RecipeError(f"the {name} has {len(text):,} characters; at most {most:,} are kept")
        if not text.isascii() and text.encode("utf-8", "replace").decode() != text:
            raise RecipeError(f"the {name} holds half a surrogate pair; remove that character")
    if (review.edited is None) == (review.decided == "edit"):
        raise RecipeError("an edit needs the row's new texts, and nothing but an edit has them")
    return None if review.edited is None else edits.as_json(edits.texts(review.edited))


def _refusal(error: sqlite3.Error, path: Path) -> DatasetError:
    """One sentence for what SQLite says."""
    said = {
        sqlite3.SQLITE_BUSY: "another process has been writing for too long; end that one",
        sqlite3.SQLITE_NOTADB: "it is no SQLite file; move it away",
        sqlite3.SQLITE_CORRUPT: "it is damaged; move it away, and keep it: sqlite3's .recover may read it",
        sqlite3.SQLITE_FULL: "the disk is full; make room, and decide again",
        sqlite3.SQLITE_READONLY: "it can't be written; see that its folder is yours to write",
        sqlite3.SQLITE_CANTOPEN: "it can't be opened or made; see that its folder is yours to write",
    }
    reason = said.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, str(error))
    return DatasetError(f"reviews in {path}: {reason}")
