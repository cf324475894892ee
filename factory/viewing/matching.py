"""Which rows of a file are asked for: filters over the values of columns, and searches over the texts themselves.

A search reads all texts, a stretch at a time: what it takes is bound by how fast they are unpacked, and an index would
take longer to make than a person looks. What was found is kept, file by file, so that a run that goes on is searched
where it is new.
"""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from factory.errors import RecipeError
from factory.viewing.bounded import Bounded
from factory.viewing.extract import extract_all, pieces_of
from factory.viewing.fields import SAID, Field, Fields
from factory.viewing.part import Part, polars
from factory.viewing.query import MOST_FILTERS, MOST_TYPED, OPS, SORTED, Filter, Query
from factory.viewing.values import Test, Values, literal

if TYPE_CHECKING:
    import polars as pl

Places = npt.NDArray[np.uint32]
VALUES_BYTES = 24 << 20
FOUND_BYTES = 8 << 20
"""Of what is kept: values of columns, and places that were found."""
_MOST_KEPT = 16
"""Bytes for each row that the values of a column may take and be kept."""
_ONE_FILE = RLock()
"""Held while a file is looked through, so that not each of a server's threads has one in memory."""
_TURNS = ("messages", "prompt", "chosen", "rejected")


class Matching:
    """What is asked of one table, and what was found out of it so far."""

    def __init__(self, fields: Fields, table: str, values: Bounded[Values], found: Bounded[Places]) -> None:
        """Of the table with these columns; what is kept is kept in `values` and `found`."""
        self.fields = fields
        self._table, self._values, self._found = table, values, found

    def check(self, query: Query) -> None:
        """Refuse what can't be asked.

        Raises:
            RecipeError: there is no such column, it has no such comparison, or something is too long.
        """
        if len(query.filters) > MOST_FILTERS:
            raise RecipeError(f"{len(query.filters)} filters are too many; at most {MOST_FILTERS} are read")
        names = (query.sort, *(asked.column for asked in query.filters))
        for text in (query.search, *names, *(asked.value for asked in query.filters)):
            if len(text) > MOST_TYPED:
                raise RecipeError(f"{text[:40]!r}... has {len(text):,} characters; at most {MOST_TYPED:,} are read")
        for asked in query.filters:
            column = self.fields.named(asked.column).column
            if asked.op not in OPS[column.kind]:
                there = ", ".join(OPS[column.kind])
                raise RecipeError(f"{column.name} {asked.op}: a column of the kind {column.kind} has {there}")
            Test(asked, column.kind)
        if query.sort and (column := self.fields.named(query.sort).column).kind not in SORTED:
            raise RecipeError(f"rows can't be sorted by {column.name}, which is of the kind {column.kind}")

    def check_met(self, parts: Sequence[Part], query: Query) -> None:
        """Refuse columns that no row has; all rows are looked at where the column was not met before.

        Raises:
            RecipeError: no row has one.
        """
        for name in {query.sort, *(asked.column for asked in query.filters)} - {"", *self.fields.names}:
            if not any(len(self.values(part, name).words) for part in parts):
                raise self.fields.unknown(name)

    def places(self, part: Part, query: Query) -> Places | None:
        """The rows of a file that a query finds, by their places in the file; None: all of them."""
        if not query.filters and not query.search:
            return None
        key = (self._table, part.path, part.stamp, query.filters, query.search)
        found = self._found.find(key)
        if found is not None:
            return found
        with _ONE_FILE:
            return self._found.get(key, lambda: self._look(part, query))

    def values(self, part: Part, name: str) -> Values:
        """The values of a column in a file; of long texts the beginnings."""
        field = self.fields.named(name)
        found = self._values.find((self._table, part.path, part.stamp, name))
        if found is not None:
            return found
        with _ONE_FILE:
            found = self._values.find((self._table, part.path, part.stamp, name))
            return self._extracted(part, field) if found is None else found

    def _extracted(self, part: Part, field: Field) -> Values:
        name = field.column.name
        together = [field, *(one for one in self._beside(field) if one != field)]
        extracted = extract_all(part, together)
        for one, values in zip(together[1:], extracted[1:], strict=True):
            if values.nbytes <= _MOST_KEPT * part.rows:
                self._values.keep((self._table, part.path, part.stamp, one.column.name), values)
        if extracted[0].nbytes > _MOST_KEPT * part.rows:
            return extracted[0]  # an id, a text: read again in less time than it takes to read what had to go for it
        return self._values.keep((self._table, part.path, part.stamp, name), extracted[0])

    def _beside(self, field: Field) -> list[Field]:
        """What is read in the same pass."""
        if field.inside == "judged":
            return [one for one in self.fields if one.inside == "judged" and one.path[0] == field.path[0]]
        if field.inside == "meta" and field.common and field.column.kind != "other":
            return [one for one in self.fields if one.inside == "meta" and one.common and one.column.kind != "other"]
        return []

    def _look(self, part: Part, query: Query) -> Places:
        mask = np.ones(part.rows, np.bool_)
        slow: list[Filter] = []
        for asked in query.filters:
            field = self.fields.named(asked.column)
            if not field.inside and field.column.kind in ("messages", "other"):
                slow.append(asked)
                continue
            test = Test(asked, field.column.kind)
            values = None if field.unique else self.values(part, asked.column)
            whole = values and (not values.clipped or asked.op in ("is null", "not null"))
            mask &= values.where(test) if values and whole else _each(part, field, test)
        tests = [_texts_hold(asked) for asked in slow]
        if query.search:
            tests.append(_anywhere(part, query.search))
        if tests and mask.any():
            _read(part, tests, mask)
        return np.flatnonzero(mask).astype(np.uint32)


def _each(part: Part, field: Field, test: Test) -> npt.NDArray[np.bool_]:
    """The rows whose texts pass a test, which are long or all different."""
    return np.concatenate([test.rows(series) for _, (series,) in pieces_of(part, [field])])


def _read(part: Part, tests: "Sequence[pl.Expr]", mask: npt.NDArray[np.bool_]) -> None:
    """Take out of the mask the rows whose texts fail."""
    passing = reduce(and_, tests).fill_null(False).alias("passes")
    for first in range(0, part.rows, part.stretch):
        stretch = slice(first, first + part.stretch)
        if mask[stretch].any():
            mask[stretch] &= part.read(first, part.stretch, [passing])["passes"].to_numpy()


def _texts_hold(asked: Filter) -> "pl.Expr":
    column: pl.Expr = polars().col(asked.column)
    turns = asked.column in _TURNS
    there = column.list.len().fill_null(0) > 0 if turns else column.is_not_null()
    if asked.op == "is null":
        return ~there
    if asked.op == "not null":
        return there
    return _within(asked.column, "content", asked.value) if turns else column.str.contains(literal(asked.value))


def _anywhere(part: Part, text: str) -> "pl.Expr":
    """Whether the text stands anywhere in a row's turns, in a sampled answer, or in what judges noted."""
    pl = polars()
    there = part.shape.columns
    tests = [_within(name, "content", text) for name in _TURNS if name in there]
    tests += [_within(name, "note", text) for name in SAID if name in there and part.shape.noted]
    tests += [pl.col("text").str.contains(literal(text)).fill_null(False)] if "text" in there else []
    return reduce(or_, tests)


def _within(column: str, name: str, text: str) -> "pl.Expr":
    library = polars()
    inside = library.element().struct.field(name).str.contains(literal(text))
    found: pl.Expr = library.col(column).list.eval(inside).list.any().fill_null(False)
    return found
