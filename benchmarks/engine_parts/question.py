"""The smallest generator that asks a model: one question of 1 KB per row."""

from factory.component import Generator, Item, ModelName
from factory.engine import Request, Sampling, Unanswered
from factory.row import Message, Row

SYSTEM = Message("system", "You are a careful assistant. " * 16)
TEXT = "Explain step by step, in plain words, how one would go about it. " * 8


class Question(Generator):
    """Asks, and keeps what is answered."""

    model: ModelName
    """The model that answers."""

    def items(self, run):
        for number in range(self.count):
            yield Item(str(number), 1, number)

    async def rows(self, item, run):
        asked = Message("user", f"Question {item.payload}: {TEXT}")
        writer = run.engine(self.model)
        (answer,) = await writer.complete(Request((SYSTEM, asked), Sampling(max_tokens=1024, seed=item.payload)))
        if isinstance(answer, Unanswered):
            raise answer
        messages = (asked, Message("assistant", answer.text))
        return [Row(messages, writer.license, "generated", "question", writer.label)]
