"""A careless teacher, scripted: it works out sums of three numbers, and tends to add a number that is to be taken away.

It stands in a recipe where a model does (`use: benchmarks.loop.teacher`), knows a problem by its text alone, and is
careless in a problem always or never. Its mistakes are where problems are hard, as those of models are: a sum whose
third number is added is always right.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated

from pydantic import Field

from factory.engine import Completion, ModelSettings, Outcome, Request, Unanswered

NUMBERS = re.compile(r"(\d{1,9}) ([+-]) (\d{1,9}) ([+-]) (\d{1,9})")


def answer(question: str, careless: float) -> str | None:
    """The worked answer to a problem, wrong with the chance `careless` where a last number is taken away."""
    found = NUMBERS.search(question)
    if found is None:
        return None
    first, one, second, other, third = found.groups()
    number = int.from_bytes(blake2b(question.encode(), digest_size=8).digest(), "big")
    if number < careless * 2**64:
        other = "+"
    middle = _worked(int(first), one, int(second))
    total = _worked(middle, other, int(third))
    return f"{first}{one}{second}={middle} {middle}{other}{third}={total}\nAnswer: {total}"


def _worked(first: int, sign: str, second: int) -> int:
    return first + second if sign == "+" else first - second


class Careless(ModelSettings):
    """Answers like a careless teacher."""

    model: str = "careless-teacher"
    """The name that rows and cards give it."""
    careless: Annotated[float, Field(ge=0, le=1)] = 0.65
    """The chance of a mistake where one can be made."""

    async def start(self) -> "Teacher":
        """The engine."""
        return Teacher(self)


class Teacher:
    """The engine."""

    def __init__(self, settings: Careless) -> None:
        """Hold how careless it is."""
        self._careless = settings.careless

    async def complete(self, request: Request) -> Sequence[Outcome]:
        """The same answer each time."""
        text = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
        said = answer(text, self._careless)
        if said is None:
            return [Unanswered("refused", "no sum of three numbers")] * request.n
        return [Completion(said, prompt_tokens=len(text), completion_tokens=len(said))] * request.n

    async def close(self) -> None:
        """Nothing is held."""
