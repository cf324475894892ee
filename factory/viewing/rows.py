"""The rows of a dataset for who looks at them: pages at any place, filters, search, sorting; of a live run as well.

Nothing here writes into the folder, takes its lock or keeps a file of it open.
"""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from factory import columns
from factory.errors import RecipeError
from factory.manifest import Manifest
from factory.viewing.bounded import Bounded
from factory.viewing.contents import Contents, Table, finished, look
from factory.viewing.fields import Fields
from factory.viewing.matching import FOUND_BYTES, VALUES_BYTES, Matching
from factory.viewing.order import ordered
from factory.viewing.part import Part, polars
from factory.viewing.places import place_of, rows_at
from factory.viewing.query import Column, Page, Progress, Query
from factory.viewing.values import Values

if TYPE_CHECKING:
    from factory.why import Story

Places = npt.NDArray[np.uint32]

CUT = 2_000
"""Characters of a text that a page shows where nothing else is said."""
WHOLE = 8_000_000
"""Characters of a text that a single row shows."""
MOST_ROWS = 500
"""Rows of a page."""
ORDERS_BYTES = 8 << 20
"""Of what is kept: the rows that queries found, in their order."""
_ALL = Query()


class _Seen(NamedTuple):
    """The folder as it was when it was looked at."""

    contents: Contents
    parts: dict[Table, list[Part]]
    tables: dict[Table, Matching]
    """Of those tables that were asked."""
    number: int
    """How many times it was looked at before."""


class Dataset:
    """A dataset folder that is looked at. May be used by several threads."""

    def __init__(self, folder: Path, contents: Contents) -> None:
        """`open` is the way to one."""
        self.folder = folder
        self._values: Bounded[Values] = Bounded(VALUES_BYTES)
        self._found: Bounded[Places] = Bounded(FOUND_BYTES)
        self._orders: Bounded[Places] = Bounded(ORDERS_BYTES)
        self._lock, self._meeting = Lock(), Lock()
        self._seen = _seen(contents, 0)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """A finished dataset, or a run under way with what it has finished.

        Raises:
            DatasetError: it is neither, or damaged.
            DependencyError: polars is not installed.
        """
        polars()
        return cls(folder, look(folder))

    @property
    def name(self) -> str:
        """As its recipe says it."""
        return self._seen.contents.name

    @property
    def kind(self) -> columns.Kind:
        """Whether it holds conversations or pairs."""
        return self._seen.contents.kind

    @property
    def manifest(self) -> Manifest | None:
        """None while the run is under way."""
        return self._seen.contents.manifest

    @property
    def live(self) -> bool:
        """Whether its run is under way, or was stopped before its end."""
        return self.manifest is None

    @property
    def digest(self) -> str:
        """Of the recipe, of a run under way too: reviews are bound to it."""
        return self._seen.contents.digest

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that there are: `rows` always, `rejects`, `samples`, `originals` where files have them."""
        return tuple(self._seen.parts)

    def total(self, table: Table) -> int:
        """How many rows a table has."""
        return sum(part.rows for part in _parts(self._seen, table))

    def columns(self, table: Table) -> tuple[Column, ...]:
        """What can be filtered and sorted by: those of the table first, then fields inside them by dotted names.

        Fields inside `meta` are found in rows from all over the table: a rare one may be missing here, and can be
        asked for nonetheless.
        """
        return tuple(field.column for field in self._matching(self._seen, table).fields)

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
        seen = self._seen
        parts = _parts(seen, table)
        offset, limit = max(0, offset), min(max(0, limit), MOST_ROWS)
        places = self._places(seen, table, query)
        if places is None:
            total = sum(part.rows for part in parts)
            wanted = [*range(min(offset, total), min(offset + limit, total))]
        else:
            total, wanted = len(places), places[offset : offset + limit].tolist()
        return Page(rows_at(parts, wanted, cut), total, offset)

    def row(self, table: Table, row_id: str) -> dict[str, Any] | None:
        """The first row with that id, its texts whole up to `WHOLE` characters; None where there is none.

        A sample has no id of its own: it is asked for by its place, `#12`, and so can any row be.
        """
        parts = _parts(self._seen, table)
        place = place_of(parts, row_id)
        if place is None or not 0 <= place < sum(part.rows for part in parts):
            return None
        return rows_at(parts, [place], WHOLE)[0]

    def facets(self, table: Table, column: str, query: Query = _ALL, limit: int = 20) -> list[tuple[str, int]]:
        """The most frequent values of a column among the rows of a query, with how many rows have each.

        Raises:
            RecipeError: there is no such column, or it has no values to count.
        """
        seen = self._seen
        matching = self._matching(seen, table)
        if not seen.parts[table]:
            return []
        matching.check(asked := query._replace(sort=column))
        matching.check_met(_parts(seen, table), asked)
        found = []
        for part in _parts(seen, table):
            values, rows = matching.values(part, column), matching.places(part, query)
            counts = np.bincount(values.codes if rows is None else values.codes[rows], minlength=len(values.words) + 1)
            found.append(polars().DataFrame({"value": values.words, "rows": counts[:-1]}))
        pl = polars()
        merged = pl.concat(found).group_by("value").agg(pl.col("rows").sum()).filter(pl.col("rows") > 0)
        top = merged.sort(["rows", "value"], descending=[True, False]).head(limit)
        return [(_written(value), rows) for value, rows in top.iter_rows()]

    def progress(self) -> Progress | None:
        """How far a live run is, with what it tells of the shard it is at; None where it is finished."""
        return self._seen.contents.progress

    def refresh(self) -> bool:
        """Look again: whether there is more to see than before, or the run has ended.

        Raises:
            DatasetError: the folder is no dataset any more.
        """
        with self._lock:
            old = self._seen
            contents = look(self.folder)
            if contents == old.contents:
                return False
            kept = contents.root == old.contents.root and all(
                contents.tables.get(table, ())[: len(files)] == files for table, files in finished(old.contents)
            )
            if not kept:  # made anew, or settled: what was found out is of other rows
                self._values.clear()
                self._found.clear()
            self._orders.clear()
            self._seen = _seen(contents, old.number + 1)
            return True

    def warm(self) -> None:
        """Read the columns that are asked for most, so that the first filter need not wait: a second per million rows.

        Raises:
            DatasetError: a file can't be read.
        """
        seen = self._seen
        for table, parts in seen.parts.items():
            matching = self._matching(seen, table)
            wanted = {field.inside: field.column.name for field in matching.fields if field.common and field.inside}
            for part in parts:
                for name in wanted.values():
                    matching.values(part, name)

    def _matching(self, seen: _Seen, table: Table) -> Matching:
        parts = _parts(seen, table)
        with self._meeting:  # so that not each of a server's first requests reads all over the table
            if table not in seen.tables:
                seen.tables[table] = Matching(Fields(parts), table, self._values, self._found)
            return seen.tables[table]

    def _places(self, seen: _Seen, table: Table, query: Query) -> Places | None:
        """The places that a query finds, in its order; None: all, as they stand."""
        if query == _ALL or not seen.parts[table]:  # of a run that has just begun nothing is known to be wrong
            return None
        matching = self._matching(seen, table)
        matching.check(query)
        if not query.filters and not query.search and not query.sort:
            return None
        return self._orders.get((seen.number, table, query), lambda: _asked(_parts(seen, table), matching, query))


def why(dataset: Dataset, row_id: str) -> "Story":
    """The story of a row: `factory why`.

    Raises:
        RecipeError: that is no id, or several rows' ids begin so.
        DatasetError: the run is under way, or there is no such row.
    """
    from factory import why as stories

    return stories.story(dataset.folder, row_id)


def _seen(contents: Contents, number: int) -> _Seen:
    parts: dict[Table, list[Part]] = {}
    for table, files in contents.tables.items():
        first, parts[table] = 0, []
        for file in files:
            if file.rows:
                parts[table].append(Part(contents.root / file.file, file.rows, first, file.sha256))
            first += file.rows
    return _Seen(contents, parts, {}, number)


def _parts(seen: _Seen, table: Table) -> list[Part]:
    if table not in seen.parts:
        raise RecipeError(f"there is no table {str(table)[:100]!r}; there are: {', '.join(seen.parts)}")
    return seen.parts[table]


def _asked(parts: Sequence[Part], matching: Matching, query: Query) -> Places:
    """The places in the table that a query finds, in its order."""
    matching.check_met(parts, query)
    found = [matching.places(part, query) for part in parts]
    places = [
        np.arange(part.first, part.first + part.rows, dtype=np.uint32) if rows is None else rows + np.uint32(part.first)
        for part, rows in zip(parts, found, strict=True)
    ]
    together: Places = np.concatenate(places) if places else np.empty(0, np.uint32)
    if not query.sort:
        return together
    values = [(matching.values(part, query.sort), rows) for part, rows in zip(parts, found, strict=True)]
    return ordered(together, values, descending=query.descending)


def _written(value: str | float | bool) -> str:
    """A value as a filter takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value
