import pytest

from factory.engine import Completion, Price, Unanswered
from factory.errors import RecipeError
from factory.spending import Budget, Usage


@pytest.mark.parametrize(
    ("text", "amount", "money"),
    [
        ("2M", 2e6, False),
        ("500k", 5e5, False),
        ("1_000", 1000, False),
        ("1.5m", 1.5e6, False),
        ("12.50USD", 12.5, True),
        ("$3", 3, True),
        ("3 usd", 3, True),
    ],
)
def test_a_budget_is_tokens_or_money(text: str, amount: float, money: bool) -> None:
    assert Budget.parse(text) == (amount, money)


@pytest.mark.parametrize("text", ["", "0", "-1", "much", "12EUR", "1e6", "2MM", "nan"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="write tokens as 2M or 500k, or money as"):
        Budget.parse(text)


def test_a_budget_reckons_with_what_is_under_way() -> None:
    usage = Usage()
    budget = Budget(100, money=False)
    assert budget.allows([usage], 0)
    assert not budget.allows([usage], 1)
    usage.count([Completion("x", 10, 10)], 1.0, None)
    assert budget.allows([usage], 3)
    assert not budget.allows([usage], 4)
    assert "100 tokens allows no further call (20 tokens spent in 1 calls)" in str(budget.spent([usage]))


def test_what_is_not_answered_is_paid_too() -> None:
    usage = Usage()
    usage.count([Unanswered("truncated", prompt_tokens=1_000_000, completion_tokens=500_000)], 2.0, Price(1, 2))
    assert (usage.answers, usage.unanswered, usage.tokens, usage.dollars) == (0, 1, 1_500_000, 2.0)
    assert not Budget(1.5, money=True).allows([usage], 0)
