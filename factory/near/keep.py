"""Who is better, and who stays.

Rows are put in a total order that depends on what they are, never on where they came: score, licence, length, content.
Then, from the best down, a row stays unless a row that stays is similar to it *itself*. Never by chains: A like B and
B like C doesn't make A like C, and of real data's connected parts 40 % of the deleted rows are unlike the one kept.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from factory.near.arrays import Mask, Places, Similarities


class Links(NamedTuple):
    """Pairs of rows that were compared, and how similar they are."""

    left: Places
    right: Places
    jaccard: Similarities


def ranks(
    scores: Sequence[float | None], licences: Sequence[int], lengths: Sequence[int], ids: Sequence[str]
) -> Places:
    """The place of each row in the order, 0 for the best.

    Args:
        scores: higher is better; None (unjudged) comes after all that have one.
        licences: the preference of each row's licence, lower is better.
        lengths: longer is better.
        ids: `row.id`, which decides between equals.
    """
    given = np.array([np.nan if score is None else score for score in scores], dtype=np.float64)
    none = np.isnan(given)
    tied = np.array(ids, dtype=np.bytes_)
    order = np.lexsort((tied, -np.asarray(lengths), np.asarray(licences), np.where(none, 0.0, -given), none))
    result = np.empty(len(order), dtype=np.int64)
    result[order] = np.arange(len(order))
    return result


def greedy(count: int, links: Links) -> tuple[Mask, Places]:
    """Who stays of `count` rows that are numbered by rank, and for each that doesn't, which link says why.

    The link to the most similar of those that stay, the best of equals; -1 for rows that stay.
    """
    stays = np.ones(count, dtype=np.bool_)
    why = np.full(count, -1, dtype=np.int64)
    better, worse = np.minimum(links.left, links.right), np.maximum(links.left, links.right)
    order = np.lexsort((better, -links.jaccard, worse))
    for link, one, other in zip(order.tolist(), better[order].tolist(), worse[order].tolist(), strict=True):
        if stays[one] and why[other] < 0:
            why[other] = link
            stays[other] = False
    return stays, why
