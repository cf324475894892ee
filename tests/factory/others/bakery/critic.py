"""A judge that a model speaks for; its words are not kept."""

from collections.abc import Sequence
from typing import ClassVar

from factory.component import Judge, ModelName, Run
from factory.row import Pair, Row, Verdict


class Critic(Judge):
    """Likes everything."""

    keeps_text: ClassVar[bool] = False

    model: ModelName
    """Who judges."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        return [Verdict("bakery.critic", True) for _ in rows]
