from collections import Counter
from pathlib import Path
from random import Random

import pytest

from factory.component import Judge
from factory.engine import Unanswered
from factory.engines.scripted import Scripted
from factory.errors import JudgeError
from factory.judge_eval import report
from factory.judge_eval.judging import judge_all
from factory.judge_eval.labelled import Labelled
from factory.judge_eval.pairs import Pairs
from factory.models import Models
from factory.row import Message, Verdict
from factory.spending import Budget, BudgetSpent
from factory.work import ComponentBroke


class Score(Judge):
    """Scores an answer by what it says of itself; `sign` inverts it."""

    sign: float = 1.0

    async def judge(self, rows, run):
        return [Verdict("score", True, self.sign * ("good" in row.messages[-1].content)) for row in rows]


class Guess(Judge):
    """Says anything."""

    async def judge(self, rows, run):
        return [Verdict("guess", True, run.random("guess", row.id).choice((0.0, 1.0))) for row in rows]


class Rule(Judge):
    """Passes or not, without a score."""

    async def judge(self, rows, run):
        return [Verdict("rule", "good" in row.messages[-1].content) for row in rows]


class Fails(Judge):
    """Can't tell about some."""

    async def judge(self, rows, run):
        run.count("fails", "judged", len(rows))
        number = int(rows[0].messages[0].content.split()[1])
        if number % 4 == 1:
            raise Unanswered("too_long", "no")
        score = {2: None, 3: float("nan")}.get(number % 4, float("good" in rows[0].messages[-1].content))
        return [
            Verdict("fails", None if score is None else True, score, "unreadable" if score is None else ""),
            Verdict("fails", True, 0.5),
        ]


class Broken(Judge):
    how: str

    async def judge(self, rows, run):
        if self.how == "raises":
            raise KeyError("x")
        return []


def pairs(n):
    rng = Random("sides")
    found = []
    for place in range(n):
        sides = [(Message("assistant", f"{word} {place}"),) for word in ("good", "bad")]
        label = rng.choice("AB")
        if label == "B":
            sides.reverse()
        groups = (("category", "even" if place % 2 == 0 else "odd"),)
        found.append(Labelled((Message("user", f"question {place}"),), *sides, (label,), groups=groups))
    return found


def figures(judge, n=400):
    labelled = pairs(n)
    with Models({}) as models:
        judged = judge_all(judge, labelled, models)
    return report.facts("judge", Pairs("here", "own", labelled, Counter()), judged)


@pytest.mark.parametrize(
    ("judge", "share", "kappa"), [(Score(), 1.0, 1.0), (Score(sign=-1), 0.0, None), (Rule(), 1.0, 1.0)]
)
def test_a_perfect_judge_agrees_always_and_an_inverted_one_never(judge, share, kappa):
    found = figures(judge)
    assert found["agreement"]["with_ties"]["share"] == share
    assert found["agreement"]["without_ties"]["share"] == share
    if kappa is None:
        assert found["agreement"]["with_ties"]["kappa"] < -0.9
    else:
        assert found["agreement"]["with_ties"]["kappa"] == kappa


def test_a_judge_that_guesses_has_a_kappa_near_0():
    found = figures(Guess(), 2_000)["agreement"]
    assert abs(found["with_ties"]["kappa"]) < 0.06
    assert abs(found["without_ties"]["kappa"]) < 0.08


def test_failures_are_told_by_reason_and_count_nowhere_else():
    found = figures(Fails(), 400)
    assert (found["judged"], found["failed"]) == (100, 300)
    assert found["failures"] == {"no_score": 100, "too_long": 100, "unreadable": 100}
    assert found["agreement"]["with_ties"]["verdicts"] == 100
    assert found["counts"] == {"fails: judged": 800}
    assert found["position"] is None


def test_figures_are_told_by_group_too():
    found = figures(Score(), 100)["by"]["category"]
    assert {value: some["judged"] for value, some in found.items()} == {"even": 50, "odd": 50}


@pytest.mark.parametrize(("how", "error"), [("raises", ComponentBroke), ("owes", JudgeError)])
def test_a_judge_with_a_bug_is_told_apart(how, error):
    with pytest.raises(error, match="the judge"):
        figures(Broken(how=how), 10)


def test_a_budget_ends_the_judging_and_what_was_paid_is_not_paid_again(tmp_path: Path):
    from judges.pairwise import Pairwise

    judge = Pairwise(model="m", canary_every=0)
    engines = {"m": Scripted(rules=({"say": ["[[A]]"]},), license="apache-2.0")}
    labelled = pairs(100)
    with (
        pytest.raises(BudgetSpent),
        Models(engines, answers=tmp_path / "a.sqlite", budget=Budget(10_000, money=False)) as models,
    ):
        judge_all(judge, labelled, models)
    first = models.usage["m"].answers
    assert 0 < first < 200
    with Models(engines, answers=tmp_path / "a.sqlite") as models:
        judge_all(judge, labelled, models)
    assert models.usage["m"].answers == 200 - first
    with Models(engines, answers=tmp_path / "a.sqlite") as models:
        judged = judge_all(judge, labelled, models)
    assert (models.usage["m"].calls, models.usage["m"].replayed) == (0, 200)
    assert {one.verdict for one in judged} == {"tie"}
