"""The rows of one offer to an index: folded, with their signatures."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from factory.near import fold, signature, verify
from factory.near.arrays import Codes, Places, Signatures, Similarities, Starts
from factory.near.bands import Shape
from factory.near.kernels import Kernel
from factory.near.segments import Rows, Segment


class Offered(NamedTuple):
    """Rows, in the order they were offered."""

    ids: Sequence[str]
    texts: Sequence[str]
    answers: Sequence[str | None] | None
    codes: Codes
    starts: Starts
    lengths: Places
    signatures: Signatures
    keys: Codes
    """Of their buckets, as `bands.Shape` cuts the signatures."""

    @classmethod
    def of(
        cls,
        ids: Sequence[str],
        texts: Sequence[str],
        answers: Sequence[str | None] | None,
        cut: Shape,
        compute: Kernel,
    ) -> "Offered":
        """Rows as they are offered."""
        blocks = [signature.signed(part, *cut, compute) for _, part in fold.parts(texts)]
        if len(blocks) == 1:
            codes, starts, signs, keys = blocks[0]
            return cls(ids, texts, answers, codes, starts, starts[1:] - starts[:-1], signs, keys)
        blocks.append(signature.signed(texts[:0], *cut, compute))  # so that there is one also where nothing is offered
        codes, signs, keys = (np.concatenate([block[part] for block in blocks]) for part in (0, 2, 3))
        lengths = np.concatenate([np.diff(starts) for _, starts, *_ in blocks])
        starts = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(lengths, out=starts[1:])
        return cls(ids, texts, answers, codes, starts, lengths, signs, keys)

    def folded(self, row: int) -> str:
        """The folded text of a row."""
        return fold.text_of(self.codes[self.starts[row] : self.starts[row + 1]])

    def stored(self, rows: Sequence[int]) -> tuple[list[str], list[bytes], list[str | None]]:
        """What an index keeps of some rows: ids, folded texts, answers."""
        texts = [self.folded(row).encode("utf-8", "surrogatepass") for row in rows]
        return [self.ids[row] for row in rows], texts, [self._answer(row) for row in rows]

    def same_question(self, row: int, part: Rows | Segment, place: int) -> bool:
        """Whether a row and a similar one that is held may be one."""
        mine, theirs = self._answer(row), part.answer(place)
        if mine is None and theirs is None:
            return True
        return verify.same_question(self.texts[row], _decoded(part.text(place)), mine, theirs)

    def jaccard(self, rows: Places, texts: Sequence[bytes], numbers: Places, compute: Kernel) -> Similarities:
        """The exact Jaccard of rows with folded texts: `rows[i]` with `texts[numbers[i]]`."""
        mine, own = distinct(rows)
        together = [*map(self.folded, mine), *map(_decoded, texts)]
        return verify.jaccard(*fold.points(together), own, numbers + len(mine), compute)

    def _answer(self, row: int) -> str | None:
        return self.answers[row] if self.answers else None


def distinct(rows: Places) -> tuple[list[int], Places]:
    """Each number once, and the place of each row's among them; unlike `np.unique`, quick also for two or three."""
    found: dict[int, int] = {}
    places = [found.setdefault(row, len(found)) for row in rows.tolist()]
    return list(found), np.array(places, dtype=np.int64)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
