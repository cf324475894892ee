"""Loaves of bread: a tiny generator of someone else's package."""

import os
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict

from factory.component import Generator, Item, Run
from factory.row import Message, Pair, Row


class Oven(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    degrees: int = 220
    """How hot, in Celsius."""
    fan: bool = False


class Loaves(Generator):
    """Questions about bread."""

    flour: str = "rye"
    """Which flour."""
    languages: dict[Literal["ja", "en"], Annotated[float, Ge(0)]] = {"ja": 1, "en": 1}  # noqa: RUF012 - pydantic copies it
    """Weight by language."""
    shapes: list[str] = ["round"]  # noqa: RUF012 - pydantic copies it
    oven: Oven = Oven()
    escape: bool = False
    """Whether a row tries to take over the terminal."""
    crash: bool = False
    """Whether the baker has a bug."""
    signal: int = 0
    """Which signal the fourth loaf sends to its own process; 0 is none."""

    def items(self, run: Run) -> Iterator[Item]:
        for index in range(self.count):
            yield Item(f"loaf-{index}", 1, index)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        if self.crash:
            raise ZeroDivisionError("the oven is off")
        if self.signal and item.payload == 3:
            os.kill(os.getpid(), self.signal)
        grams = run.random(item.key).randrange(10**9)
        name = "\x1b]0;owned\x07\x1b[2J[link=http://evil]\u202eloaf" if self.escape else "loaf"
        question = Message("user", f"Who weighs the {self.flour} {name} {item.payload}?")
        return [Row((question, Message("assistant", f"It weighs {grams} g.")), "cc0-1.0", "bakery", "bakery.loaves")]

    def check(self) -> list[str]:
        return [f"nobody bakes with {self.flour!r}; write rye or wheat"] if self.flour == "sand" else []
