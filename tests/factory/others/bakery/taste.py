"""Whether it tastes."""

from collections.abc import Sequence

from factory.component import Judge, Run
from factory.row import Pair, Row, Verdict


class Taste(Judge):
    """Refuses what was asked to be refused."""

    strictness: float = 0.5
    """From 0 to 1."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        dull = self.strictness >= 1
        return [Verdict("bakery.taste", not dull, reason="dull" if dull else "") for _ in rows]
