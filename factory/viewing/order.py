"""The rows of a table in the order of one column: what has no value comes last, and equal rows keep their places."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from factory.viewing.part import polars
from factory.viewing.values import Values

if TYPE_CHECKING:
    import polars as pl

Places = npt.NDArray[np.uint32]
Ranks = npt.NDArray[np.unsignedinteger]


def ordered(places: Places, values: Sequence[tuple[Values, Places | None]], *, descending: bool) -> Places:
    """Places of a table, sorted.

    Args:
        places: the rows, ascending.
        values: of each file the values of the column, and which of its rows are meant, None for all of them.
        descending: whether the largest come first.
    """
    if not len(places):
        return places
    words = polars().concat([each.words for each, _ in values]).unique().sort()
    ranks = np.concatenate([_ranks(each, words, rows, descending=descending) for each, rows in values])
    found: Places = places[np.argsort(ranks, kind="stable")]
    return found


def _ranks(
    values: Values, words: "pl.Series", rows: Places | None, *, descending: bool
) -> npt.NDArray[np.unsignedinteger]:
    """Of each row the place of its value among all values of the table; behind them where it has none."""
    count = len(words)
    small = np.uint16 if count < 1 << 16 else np.uint32  # of 16 bits the sort takes a tenth of the time
    ranks = np.empty(len(values.words) + 1, small)
    among = words.search_sorted(values.words).to_numpy()
    ranks[:-1] = max(count, 1) - 1 - among if descending else among
    ranks[-1] = count
    found: Ranks = ranks[values.codes if rows is None else values.codes[rows]]
    return found
