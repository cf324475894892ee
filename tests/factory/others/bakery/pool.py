"""Questions that grow out of the answers before them."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from factory.component import Generator, Item, ModelName, Run
from factory.engine import Request, Unanswered
from factory.in_order import InOrder
from factory.row import Message, Pair, Row


class _State:
    def __init__(self) -> None:
        self.door = InOrder()
        self.last = "nothing"


class Pool(Generator):
    """Asks about the answer before."""

    replays: ClassVar[bool] = True

    model: ModelName = "baker"
    """Who answers."""

    def items(self, run: Run) -> Iterator[Item]:
        for index in range(self.count):
            yield Item(f"pool-{index}", 1, index)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        state = run.shared(_State)
        await state.door.reached(item.payload)
        try:
            question = Message("user", f"{item.payload}: what comes after {state.last[-40:]}?")
            (answer,) = await run.engine(self.model).complete(Request((question,)))
            if isinstance(answer, Unanswered):
                raise answer
            state.last = answer.text
        finally:
            state.door.passed(item.payload)
        turns = (question, Message("assistant", answer.text))
        return [Row(turns, "apache-2.0", "generated", "bakery.pool")]
