"""What a run pays, and what it may pay: tokens or US dollars."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from factory.engine import Completion, Outcome, Price
from factory.errors import Interrupted, RecipeError

_BUDGET = re.compile(r"(?P<usd>\$)?(?P<number>\d[\d_]*(?:\.\d+)?)(?P<scale>[kKmMbB])?(?P<unit> ?(?i:usd))?\Z")
_SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}


def amount_text(amount: float, *, money: bool) -> str:
    """Tokens or US dollars as people write them."""
    return f"{amount:,.2f} USD" if money else f"{amount:,.0f} tokens"


class ModelUse(BaseModel):
    """What one model gave to the dataset, whichever run paid for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    """`id@revision`."""
    license: str
    answers: int
    prompt_tokens: int
    completion_tokens: int


class BudgetSpent(Interrupted):
    """The budget allows no further call."""


@dataclass(slots=True)
class Usage:
    """What this run asked of one model."""

    calls: int = 0
    """Requests that the engine ended."""
    answers: int = 0
    """Samples among them that were answered."""
    unanswered: int = 0
    """Samples among them that were not."""
    replayed: int = 0
    """Samples found in the store."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: float = 0.0
    seconds: float = 0.0
    """Sum of the calls' durations."""

    @property
    def tokens(self) -> int:
        """Paid tokens of both kinds."""
        return self.prompt_tokens + self.completion_tokens

    def facts(self) -> dict[str, float]:
        """The numbers as plain values."""
        return {name: round(value, 6) for name, value in asdict(self).items()}

    def count(self, outcomes: Iterable[Outcome], seconds: float, price: Price | None) -> None:
        """Add one call."""
        self.calls += 1
        self.seconds += seconds
        for outcome in outcomes:
            if isinstance(outcome, Completion):
                self.answers += 1
            else:
                self.unanswered += 1
            self.prompt_tokens += outcome.prompt_tokens
            self.completion_tokens += outcome.completion_tokens
        if price:
            self.dollars = (self.prompt_tokens * price.prompt + self.completion_tokens * price.completion) / 1e6


class Budget(NamedTuple):
    """What a run may spend."""

    amount: float
    money: bool
    """US dollars instead of tokens."""

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """The budget in `2M` (tokens) or `12.50USD`.

        Raises:
            RecipeError: it is neither, or nothing.
        """
        match = _BUDGET.match(text.strip())
        amount = float(match["number"].replace("_", "")) * _SCALES[(match["scale"] or "").lower()] if match else 0.0
        if match is None or not amount:
            raise RecipeError(f"--budget {text}: write tokens as 2M or 500k, or money as 12.50USD")
        return cls(amount, bool(match["usd"] or match["unit"]))

    def __str__(self) -> str:
        return amount_text(self.amount, money=self.money)

    def allows(self, usages: Iterable[Usage], in_flight: int) -> bool:
        """Whether one more call may begin beside those in flight, if they cost what calls cost so far.

        Before the first has ended, nobody knows: it goes alone.
        """
        spent, calls = self._paid(usages)
        if not calls:
            return not in_flight
        return spent + (in_flight + 1) * spent / calls <= self.amount

    def spent(self, usages: Iterable[Usage]) -> BudgetSpent:
        """What to tell when it allows no further call."""
        spent, calls = self._paid(usages)
        paid = amount_text(spent, money=self.money)
        return BudgetSpent(f"the budget of {self} allows no further call ({paid} spent in {calls:,} calls)")

    def _paid(self, usages: Iterable[Usage]) -> tuple[float, int]:
        spent, calls = 0.0, 0
        for usage in usages:
            spent += usage.dollars if self.money else usage.tokens
            calls += usage.calls
        return spent, calls
