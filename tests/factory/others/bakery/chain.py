"""A generator whose items go on from those before."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from factory.component import Generator, Item, ModelName, Run
from factory.row import Pair, Row


class Chain(Generator):
    """Nothing, in a row."""

    replays: ClassVar[bool] = True

    models: list[ModelName]
    """Who is asked."""

    def items(self, run: Run) -> Iterator[Item]:
        return iter(())

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        return []
