"""What people decided on rows: accepted, rejected or edited, with a note. Kept in SQLite beside the dataset.

The file is `<dataset>.reviews.sqlite` beside the folder, never in it: the folder is published, checked and made anew as
it is, and a review outlives all that. Nothing is overwritten: a later decision on a row stands above the earlier ones,
and undoing takes the uppermost away. Decisions are bound to the row's id, which is a hash of its content, and to the
dataset's digest.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

Decided = Literal["accept", "reject", "edit"]

SUFFIX = ".reviews.sqlite"
MOST_NOTE = 10_000
"""Characters of a note."""
MOST_EDITED = 20_000_000
"""Bytes of an edited row as JSON."""


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
        raise NotImplementedError

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
        raise NotImplementedError

    def get(self, ids: Iterable[str]) -> dict[str, Review]:
        """The decisions that stand, of those of the rows that have one."""
        raise NotImplementedError

    def counts(self) -> dict[Decided, int]:
        """How many rows are accepted, rejected and edited: all three are named."""
        raise NotImplementedError

    def undo(self, row_id: str) -> Review | None:
        """Take back the last decision on a row; what stands then, None where nothing does."""
        raise NotImplementedError

    def all(self) -> list[Review]:
        """The decisions that stand, in the order in which they were made."""
        raise NotImplementedError
