"""The values of one column in one file: each value once, sorted, and for each row which of them it has.

So a filter looks at each value once and at each row not at all but for a number, and a column of a million rows with a
few hundred values takes two megabytes.
"""

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from factory.errors import RecipeError
from factory.viewing.part import polars
from factory.viewing.query import Filter, Kind

if TYPE_CHECKING:
    import polars as pl

Mask = npt.NDArray[np.bool_]
_OPS = {
    "=": lambda words, value: words == value,
    "!=": lambda words, value: words != value,
    "<": lambda words, value: words < value,
    "<=": lambda words, value: words <= value,
    ">": lambda words, value: words > value,
    ">=": lambda words, value: words >= value,
}


class Values(NamedTuple):
    """The values of a column in a file."""

    words: "pl.Series"
    """The values, each once, ascending: texts by their code points, numbers, or false and true."""
    codes: npt.NDArray[Any]
    """Of each row, the place of its value among the words; behind the last one where it has none."""
    clipped: bool = False
    """Whether the words are beginnings of longer texts, some of them."""

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        return int(self.words.estimated_size()) + int(self.codes.nbytes)

    def where(self, test: "Test") -> Mask:
        """The rows that pass a test."""
        passed = np.empty(len(self.words) + 1, np.bool_)
        passed[:-1], passed[-1] = test(self.words), test.missing
        found: Mask = passed[self.codes]
        return found


def values_of(column: "pl.Series", *, clipped: bool = False) -> Values:
    """Each value once; NaN is none."""
    pl = polars()
    if column.dtype.is_float():
        column = column.fill_nan(None)
    words = column.drop_nulls().unique().sort()
    smallest = np.min_scalar_type(len(words))
    if column.dtype == pl.String:
        codes = column.cast(pl.Enum(words)).to_physical()
    else:
        codes = words.search_sorted(column.fill_null(words[0] if len(words) else False))
        codes = pl.select(pl.when(column.is_null()).then(None).otherwise(codes)).to_series()
    return Values(words, codes.fill_null(len(words)).to_numpy().astype(smallest), clipped)


class Test:
    """A filter, understood: which values pass."""

    def __init__(self, asked: Filter, kind: Kind) -> None:
        """Read what was typed, as a column of that kind takes it.

        Raises:
            RecipeError: it is no number, or neither true nor false.
        """
        self._op = asked.op
        self._value = _read(asked, kind)
        self.missing = asked.op == "is null"
        """Whether a row without a value passes."""

    def __call__(self, words: "pl.Series") -> Any:
        """Which of the values pass."""
        if self._op in ("is null", "not null"):
            return self._op == "not null"
        if self._op == "contains":
            return words.str.contains(literal(str(self._value))).to_numpy()
        return _OPS[self._op](words, self._value).to_numpy()

    def rows(self, column: "pl.Series") -> Mask:
        """Which rows of a column pass, each looked at by itself: for columns whose values are all different."""
        there = column.is_not_null().to_numpy()
        passed: Mask = np.where(there, self(column.fill_null("")), self.missing).astype(np.bool_)
        return passed


def literal(text: str) -> str:
    """A pattern that finds the text as it stands, in upper and lower case.

    Rust's patterns take linear time, whatever the text.
    """
    return f"(?i){re.sub(r'([^0-9A-Za-z_])', _escaped, text)}" if text != text.swapcase() else _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"([^0-9A-Za-z_])", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    letter = found[1]
    return letter if ord(letter) > 127 else f"\\x{ord(letter):02x}"


def _read(asked: Filter, kind: Kind) -> str | float | bool:
    if asked.op in ("is null", "not null") or kind in ("text", "messages", "other"):
        return asked.value
    if kind == "boolean":
        if asked.value not in ("true", "false"):
            raise RecipeError(f"{asked.column} {asked.op} {asked.value[:100]!r}: write true or false")
        return asked.value == "true"
    try:
        number = float(asked.value)
    except ValueError:
        number = float("nan")
    if number != number:
        raise RecipeError(f"{asked.column} {asked.op} {asked.value[:100]!r}: write a number, such as 0.5")
    return number
