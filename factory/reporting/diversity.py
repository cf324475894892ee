"""How diverse texts are, over a sample of fixed size: such figures change with the number of texts that they are of.

Distinct-n: different n-grams of all n-grams. Compression: how many times smaller gzip and Zstandard make the texts;
what repeats itself compresses well. ROUGE-L: F-measure by the longest common subsequence of two texts, over all pairs.
Tokens are words in Latin letters, numbers, and single characters of other scripts, since Japanese has no spaces.

Source: Li et al. 2016, "A Diversity-Promoting Objective Function"; Shaib et al. 2024, "Standardizing the Measurement of
Text Diversity"; Lin 2004, "ROUGE", and Hyyrö 2004, "Bit-Parallel LCS-length Computation Revisited".
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

TEXTS = 2_000
"""Texts that are compressed and whose n-grams are counted."""
PAIRED = 200
"""Texts of which all pairs are compared."""
TOKENS = 100
"""Tokens of a text that are compared."""
NEAR = 0.7
"""The ROUGE-L from which on Self-Instruct takes two instructions for the same."""
_TOKEN = re.compile(r"[a-zà-ɏ]+|[0-9]+|[^\W\da-zà-ɏ]")


class Diversity(NamedTuple):
    """How diverse some texts are."""

    texts: int
    tokens: int
    vocabulary: int
    distinct: tuple[float, float, float]
    """Distinct-1, -2 and -3."""
    gzip: float
    zstd: float
    paired: int
    """Texts of which all pairs were compared."""
    rouge: float | None
    """The mean ROUGE-L of a pair; None of less than two texts."""
    near: float | None
    """The share of texts that have another one from `NEAR` on."""


def diversity(texts: Sequence[str]) -> Diversity | None:
    """How diverse the first `TEXTS` of these are; None where there is none."""
    said = [text for text in texts[:TEXTS] if text.strip()]
    if not said:
        return None
    numbers: dict[str, int] = {}
    rows = [[numbers.setdefault(token, len(numbers)) for token in tokens(text)] for text in said]
    data = "\n".join(said).encode("utf-8", "replace")
    rouge, near = _pairs([row[:TOKENS] for row in rows[:PAIRED]])
    return Diversity(
        texts=len(said),
        tokens=sum(map(len, rows)),
        vocabulary=len(numbers),
        distinct=(_distinct(rows, 1), _distinct(rows, 2), _distinct(rows, 3)),
        gzip=round(len(data) / len(zlib.compress(data, 6)), 2),
        zstd=round(len(data) / len(pa.compress(data, codec="zstd", asbytes=True)), 2),
        paired=min(len(rows), PAIRED),
        rouge=rouge,
        near=near,
    )


def tokens(text: str) -> list[str]:
    """The tokens of a text, folded."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())


def _distinct(rows: Sequence[Sequence[int]], size: int) -> float:
    """The share of different n-grams among all."""
    found = [np.array(row, np.int64) for row in rows if len(row) >= size]
    if not found:
        return 0.0
    base = np.int64(1 + max(int(row.max()) for row in found))
    grams = []
    for row in found:
        gram = row[: len(row) - size + 1].copy()
        for at in range(1, size):
            gram = gram * base + row[at : len(row) - size + 1 + at]
        grams.append(gram)
    together = np.concatenate(grams)
    return round(len(np.unique(together)) / len(together), 4)


def _pairs(rows: Sequence[Sequence[int]]) -> tuple[float | None, float | None]:
    """The mean ROUGE-L, and the share of rows that have a near one."""
    rows = [row for row in rows if row]
    if len(rows) < 2:
        return None, None
    best, total = [0.0] * len(rows), 0.0
    masks = [_places(row) for row in rows]
    for one in range(len(rows)):
        for other in range(one):
            found = 2 * _common(masks[one], len(rows[one]), rows[other]) / (len(rows[one]) + len(rows[other]))
            total += found
            best[one], best[other] = max(best[one], found), max(best[other], found)
    pairs = len(rows) * (len(rows) - 1) // 2
    return round(total / pairs, 4), round(sum(value >= NEAR for value in best) / len(rows), 4)


def _places(row: Sequence[int]) -> dict[int, int]:
    """Where each token stands, as bits."""
    found: dict[int, int] = {}
    for place, token in enumerate(row):
        found[token] = found.get(token, 0) | 1 << place
    return found


def _common(places: dict[int, int], length: int, other: Sequence[int]) -> int:
    """The length of the longest common subsequence: 64 places of a column at once, by addition with carry."""
    full = (1 << length) - 1
    column = full
    for token in other:
        if found := places.get(token, 0) & column:
            column = (column + found) | (column - found)
    return length - (column & full).bit_count()
