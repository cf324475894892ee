"""Held-out problems by construction: a train and a test part that share no parameters, or no family, whatever the seed.

Which part a problem belongs to is a hash of its numbers (words and phrasings change nothing) or of its family's name,
so it holds for every recipe, seed, level and language, and two runs need not know of each other.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from factory.math import formula
from factory.math.formula import Key

PARTS = 1 << 32


def placed(text: str) -> float:
    """A place in 0..1 that depends on a text alone."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4, person=b"math split").digest(), "big") / PARTS


class Split(BaseModel):
    """Which of two parts is drawn, and what they don't share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: Literal["parameters", "family"]
    """What the two parts don't share: the numbers of a problem, or whole families."""
    part: Literal["train", "test"]
    """The part to draw."""
    share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """How much of all there is is the test part; the same in both recipes."""

    def mine(self, text: str) -> bool:
        """True where what has this text is of the part."""
        return (placed(text) < self.share) == (self.part == "test")

    def keeps_family(self, name: str) -> bool:
        """True where the part has problems of a family."""
        return self.by != "family" or self.mine(name)

    def keeps(self, words: int) -> Callable[[Key], bool] | None:
        """Says of keys whether the part has them, None where it has all; `words` is where their parameters begin."""
        if self.by != "parameters":
            return None
        return lambda key: self.mine(str(formula.number(key[words:])))
