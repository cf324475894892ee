"""The rows of a dataset for who looks at them: pages at any place, filters, search, sorting; of a live run as well.

Nothing here writes into the folder, takes its lock or keeps a file of it open.
"""

from pathlib import Path
from typing import Any, Literal, Self

from factory.manifest import Manifest
from factory.viewing.query import Column, Page, Progress, Query
from factory.why import Story

Table = Literal["rows", "rejects", "samples", "originals"]

CUT = 2_000
"""Characters of a text that a page shows where nothing else is said."""
WHOLE = 8_000_000
"""Characters of a text that a single row shows."""
MOST_ROWS = 500
"""Rows of a page."""


class Dataset:
    """A dataset folder that is looked at. May be used by several threads."""

    folder: Path
    name: str
    kind: Literal["rows", "pairs"]
    manifest: Manifest | None
    """None while the run is under way."""
    live: bool
    digest: str
    """Of the recipe, of a run under way too: reviews are bound to it."""
    tables: tuple[Table, ...]
    """Those that there are, `rows` always."""

    @classmethod
    def open(cls, folder: Path) -> Self:
        """A finished dataset, or a run under way with what it has finished.

        Raises:
            DatasetError: it is neither, or damaged.
        """
        raise NotImplementedError

    def total(self, table: Table) -> int:
        """How many rows a table has."""
        raise NotImplementedError

    def columns(self, table: Table) -> tuple[Column, ...]:
        """What can be filtered and sorted by: those of the table first, then fields inside them by dotted names.

        Fields inside `meta` are found in rows from all over the table: a rare one may be missing here, and can be
        asked for nonetheless.
        """
        raise NotImplementedError

    def page(self, table: Table, query: Query, offset: int, limit: int, cut: int = CUT) -> Page:
        """Up to `limit` rows from the `offset`th on; none behind the end.

        Args:
            table: one of `tables`.
            query: which rows, in which order.
            offset: how many of them come before the page.
            limit: at most `MOST_ROWS`.
            cut: characters from which on texts are cut; which were is in `_cut`.

        Raises:
            RecipeError: the query names no such column, or asks of it what its kind has not.
            DatasetError: a file can't be read, or is gone since: `refresh`.
        """
        raise NotImplementedError

    def row(self, table: Table, row_id: str) -> dict[str, Any] | None:
        """The first row with that id, its texts whole up to `WHOLE` characters; None where there is none.

        A sample has no id of its own: it is asked for by its place, `#12`, and so can any row be.
        """
        raise NotImplementedError

    def facets(self, table: Table, column: str, query: Query = Query(), limit: int = 20) -> list[tuple[str, int]]:  # noqa: B008 - a named tuple is frozen
        """The most frequent values of a column among the rows of a query, with how many rows have each.

        Raises:
            RecipeError: there is no such column, or it has no values to count.
        """
        raise NotImplementedError

    def progress(self) -> Progress | None:
        """How far a live run is; None where it is finished."""
        raise NotImplementedError

    def refresh(self) -> bool:
        """Look again: whether there is more to see than before, or the run has ended."""
        raise NotImplementedError


def why(dataset: Dataset, row_id: str) -> Story:
    """The story of a row: `factory why`.

    Raises:
        RecipeError: that is no id, or several rows' ids begin so.
        DatasetError: the run is under way, or there is no such row.
    """
    raise NotImplementedError
