"""The rows of one offer to an index: folded, with their signatures."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from factory.near import fold, signature, verify
from factory.near.arrays import Codes, Places, Signatures, Similarities, Starts
from factory.near.kernels import Kernel


class Offered(NamedTuple):
    """Rows, in the order they were offered."""

    ids: Sequence[str]
    texts: Sequence[str]
    answers: Sequence[str | None] | None
    codes: Codes
    starts: Starts
    lengths: Places
    signatures: Signatures

    @classmethod
    def of(
        cls, ids: Sequence[str], texts: Sequence[str], answers: Sequence[str | None] | None, compute: Kernel
    ) -> "Offered":
        """Rows as they are offered."""
        if len(texts) <= fold.BLOCK_ROWS and sum(map(len, texts)) <= fold.BLOCK_CODES:
            codes, starts = fold.folded(texts, compute)
            signs = signature.of_codes(codes, starts, compute)
            return cls(ids, texts, answers, codes, starts, starts[1:] - starts[:-1], signs)
        blocks = list(fold.blocks(texts, compute))
        signs = np.concatenate([signature.of_codes(block.codes, block.starts, compute) for block in blocks])
        lengths = np.concatenate([np.diff(block.starts) for block in blocks])
        starts = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(lengths, out=starts[1:])
        return cls(ids, texts, answers, np.concatenate([block.codes for block in blocks]), starts, lengths, signs)

    def folded(self, row: int) -> str:
        """The folded text of a row."""
        return fold.text_of(self.codes[self.starts[row] : self.starts[row + 1]])

    def stored(self, rows: Sequence[int]) -> tuple[list[str], list[bytes], list[str | None]]:
        """What an index keeps of some rows: ids, folded texts, answers."""
        texts = [self.folded(row).encode("utf-8", "surrogatepass") for row in rows]
        return [self.ids[row] for row in rows], texts, [self._answer(row) for row in rows]

    def same_question(self, row: int, text: bytes, answer: str | None) -> bool:
        """Whether a row and a similar one that is held may be one."""
        return verify.same_question(self.texts[row], _decoded(text), self._answer(row), answer)

    def jaccard(self, rows: Places, texts: Sequence[bytes], numbers: Places, compute: Kernel) -> Similarities:
        """The exact Jaccard of rows with folded texts: `rows[i]` with `texts[numbers[i]]`."""
        mine, own = np.unique(rows, return_inverse=True)
        together = [*map(self.folded, mine.tolist()), *map(_decoded, texts)]
        return verify.jaccard(*fold.points(together), own, numbers + len(mine), compute)

    def _answer(self, row: int) -> str | None:
        return self.answers[row] if self.answers else None


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
