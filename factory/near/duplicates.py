"""The near duplicates of a whole dataset: who goes, because of whom, and how similar they are.

    ranks = keep.ranks(scores, licences, lengths, ids)
    drops = near_duplicates(texts, ranks, threshold=0.8, answers=answers)
    drops.mask              # True: the row goes
    drops.table(ids)        # the evidence, as an Arrow table for dups/*.parquet

Left out: similarity of meaning, and pieces of long texts that are found in others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa

from factory.near import bands, fold, keep, shingle, signature, verify
from factory.near.arrays import Mask, Places, Signatures
from factory.near.keep import Links
from factory.near.kernels import Kernel, kernel

VERSION = f"oph128-char{shingle.GRAM}-{fold.VERSION}"
"""What the evidence was found by."""
PASSES = 4
"""Looks at the survivors at most, where buckets were too large: the second leaves nothing on real data."""
NEAR, VARIANT = "near", "variant"
NONE = Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class ByPlace(Protocol[T_co]):
    """What can be asked for one of its members."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> T_co: ...


@dataclass(frozen=True, slots=True)
class Drops:
    """What is dropped, and why; rows are named by their place in `texts`."""

    mask: Mask
    """True for each row that is dropped."""
    links: Links
    """For each dropped row (left) the most similar that stays (right)."""
    variants: Links
    """Pairs that are as similar, but ask something else: their answers or numbers differ."""
    threshold: float

    def at(self, order: Places) -> "Drops":
        """The same for rows in another order: row `i` of these is row `order[i]` of those."""
        mask = np.zeros_like(self.mask)
        mask[order] = self.mask
        return Drops(mask, _placed(self.links, order), _placed(self.variants, order), self.threshold)

    def table(self, ids: Sequence[str]) -> pa.Table:
        """The evidence: `id`, `other`, `jaccard`, `rule`, `threshold`, `version`; dropped rows first, by place."""
        parts = [self.links, self.variants]
        rules = [NEAR] * len(self.links.left) + [VARIANT] * len(self.variants.left)
        count = len(rules)
        return pa.table(
            {
                "id": pa.array([ids[row] for part in parts for row in part.left.tolist()], pa.string()),
                "other": pa.array([ids[row] for part in parts for row in part.right.tolist()], pa.string()),
                "jaccard": pa.array(np.concatenate([part.jaccard for part in parts]), pa.float64()),
                "rule": pa.array(rules, pa.string()),
                "threshold": pa.array([self.threshold] * count, pa.float64()),
                "version": pa.array([VERSION] * count, pa.string()),
            }
        )


def near_duplicates(
    texts: "Sequence[str] | pa.Array | pa.ChunkedArray",
    ranks: "Sequence[int] | Places",
    *,
    threshold: float,
    answers: Sequence[str | None] | None = None,
    compute: Kernel | None = None,
) -> Drops:
    """Which rows are too similar to a better one.

    Args:
        texts: one key text per row, not folded.
        ranks: one number per row, all different, lower is better: see `keep.ranks`.
        threshold: the Jaccard from which on two rows are one, .3 to 1.
        answers: the answer of each row that has one that can be checked.
        compute: the kernel; the result doesn't depend on it.

    Raises:
        ValueError: the threshold is out of range, or there isn't one rank (and one answer) per text.
    """
    order = np.argsort(np.asarray(ranks, dtype=np.int64), kind="stable")
    if not len(texts) == len(order) == (len(order) if answers is None else len(answers)):
        raise ValueError(f"{len(texts)} texts with {len(order)} ranks: one rank and one answer per text")
    cut = bands.shape(threshold)
    compute = compute or kernel(len(texts))
    if isinstance(texts, pa.Array | pa.ChunkedArray):
        texts = [text or "" for text in texts.to_pylist()]
    signs, lengths = signature.signatures(texts, order, compute)
    search = Search(_Ranked(texts, order), signs, lengths, None if answers is None else _Ranked(answers, order))
    return search.run(cut, threshold, compute).at(order)


class _Ranked(Generic[T]):
    """What lies in another order, the best first; read one by one, since texts may be on disk."""

    def __init__(self, given: Sequence[T], order: Places) -> None:
        self._given, self._order = given, order

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, rank: int) -> T:
        return self._given[int(self._order[rank])]


def _placed(links: Links, order: Places) -> Links:
    left, right = order[links.left], order[links.right]
    sorting = np.lexsort((right, left))
    return Links(left[sorting], right[sorting], links.jaccard[sorting])


@dataclass(slots=True)
class Search:
    """Rows that are numbered by rank, and what is known of them."""

    texts: ByPlace[str]
    signatures: Signatures
    lengths: Places
    answers: ByPlace[str | None] | None

    def run(self, cut: bands.Shape, threshold: float, compute: Kernel) -> Drops:
        """Look at all rows, then at the survivors while buckets were too large; decide anew with each look's links."""
        rows: Places | None = None
        links, variants = NONE, NONE
        for _ in range(PASSES):
            found = bands.candidates(self.signatures, cut, compute, rows)
            near, other = self._guarded(self._verified(found, threshold, compute))
            links, variants = _joined(links, near), _joined(variants, other)
            stays, why = keep.greedy(len(self.texts), links)
            rows = np.flatnonzero(stays)
            if not found.capped or not len(near.left):
                break
        cited = why[why >= 0]
        said = Links(links.right[cited], links.left[cited], links.jaccard[cited])
        return Drops(~stays, said, variants, threshold)

    def _verified(self, found: bands.Candidates, threshold: float, compute: Kernel) -> Links:
        worth = verify.plausible(self.signatures, self.lengths, found.left, found.right, threshold, compute)
        left, right = found.left[worth], found.right[worth]
        jaccard = verify.similarities(self.texts, self.lengths, left, right, compute)
        near = jaccard >= threshold - verify.EPSILON
        return Links(left[near], right[near], jaccard[near])

    def _guarded(self, links: Links) -> tuple[Links, Links]:
        """The links between the same question, and those between variants."""
        answers = self.answers
        if answers is None:
            same = np.ones(len(links.left), dtype=np.bool_)
        else:
            pairs = zip(links.left.tolist(), links.right.tolist(), strict=True)
            asked = [
                verify.same_question(self.texts[one], self.texts[other], answers[one], answers[other])
                for one, other in pairs
            ]
            same = np.array(asked, dtype=np.bool_)
        return _where(links, same), _where(links, ~same)


def _where(links: Links, mask: "Mask | Places") -> Links:
    return Links(links.left[mask], links.right[mask], links.jaccard[mask])


def _joined(one: Links, other: Links) -> Links:
    """Both, each pair once, in order."""
    left, right = np.concatenate([one.left, other.left]), np.concatenate([one.right, other.right])
    _, first = np.unique(left << 32 | right, return_index=True)
    return _where(Links(left, right, np.concatenate([one.jaccard, other.jaccard])), first)
