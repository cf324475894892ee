"""A judge that a model speaks for; its words are kept."""

from collections.abc import Sequence
from typing import ClassVar

from factory.component import Judge, ModelName, Run
from factory.row import Pair, Row, Verdict


class Reviewer(Judge):
    """Likes everything."""

    keeps_text: ClassVar[bool] = True

    model: ModelName
    """Who judges."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        return [Verdict("bakery.reviewer", True) for _ in rows]
