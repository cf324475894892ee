"""Questions about bread that a model answers: one call per item."""

from collections.abc import Iterator, Sequence

from factory.component import Generator, Item, ModelName, Run
from factory.engine import Request, Sampling, Unanswered
from factory.row import Message, Pair, Row


class Questions(Generator):
    """Asks one question per item."""

    model: ModelName = "baker"
    """Who answers."""
    temperature: float = 1.0
    """How boldly."""
    same: int = 0
    """How many different questions there are; 0: each is another."""
    shout: bool = False
    """Whether the answer is written in capitals: another parser."""

    def items(self, run: Run) -> Iterator[Item]:
        for index in range(self.count):
            yield Item(f"question-{index}", 1, index % self.same if self.same else index)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        question = Message("user", f"What is loaf {item.payload} like?")
        model = run.engine(self.model)
        (answer,) = await model.complete(Request((question,), Sampling(temperature=self.temperature)))
        if isinstance(answer, Unanswered):
            raise answer
        text = answer.text.upper() if self.shout else answer.text
        turns = (question, Message("assistant", text))
        return [Row(turns, model.license, "generated", "bakery.questions", model.label)]
