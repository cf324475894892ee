import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from factory import recipe as recipes
from factory.component import Run
from factory.engine import Completion, Engine, ModelSettings, Outcome, Request, Unanswered
from factory.engines.scripted import Rule, Scripted
from factory.errors import RecipeError
from factory.judging.failures import TooManyFailed
from factory.models import Models
from factory.row import Message, Pair, Row, Verdict
from judges.reward_model import RewardModel

ASK = (Message("system", "Be kind."), Message("user", "6 × 7?"))
RULES = tuple(
    Rule(when=when, say=() if fail else (say,), fail=fail)
    for when, say, fail in [
        ("good", "1.5", None),
        ("fair", "0.25", None),
        ("bad", "-2.0", None),
        ("long", "", "too_long"),
        ("words", "very nice", None),
        ("nothing", "nan", None),
    ]
)


def row(text: str, role: str = "assistant") -> Row:
    return Row((*ASK, Message(role, text)), "mit", "test", "test")


def pair(chosen: str, rejected: str) -> Pair:
    return Pair(ASK, (Message("assistant", chosen),), (Message("assistant", rejected),), "mit", "test", "test")


def judged(judge: RewardModel, *rows: Row | Pair, model: ModelSettings | None = None) -> tuple[list[Verdict], Run]:
    with Models({"rm": model or Scripted(license="mit", rules=RULES)}) as models:
        run = Run(seed=0, models=models)
        return models.loop.run_until_complete(asyncio.wait_for(judge.judge(rows, run), 30)), run


def test_each_row_gets_its_score_in_order() -> None:
    said, run = judged(RewardModel(model="rm"), row("bad"), row("good"), row("fair"))
    assert [(verdict.passed, verdict.score, verdict.reason) for verdict in said] == [
        (True, -2.0, ""),
        (True, 1.5, ""),
        (True, 0.25, ""),
    ]
    assert run.tallies == {"reward_model: judged": 3}


def test_a_threshold_drops_what_scores_less() -> None:
    said, _ = judged(RewardModel(model="rm", threshold=0.25), row("bad"), row("fair"))
    assert said == [
        Verdict("reward_model", False, -2.0, "below_threshold"),
        Verdict("reward_model", True, 0.25),
    ]


@pytest.mark.parametrize(
    ("settings", "sides", "passed", "reason"),
    [
        ({}, ("bad", "good"), True, ""),
        ({"min_margin": 0.0}, ("good", "fair"), True, ""),
        ({"min_margin": 0.0}, ("good", "good"), True, ""),
        ({"min_margin": 0.0}, ("fair", "good"), False, "below_margin"),
        ({"min_margin": 1.5}, ("good", "fair"), False, "below_margin"),
        ({"threshold": 1.0}, ("good", "bad"), True, ""),
        ({"threshold": 1.0, "min_margin": 9.0}, ("fair", "bad"), False, "below_threshold"),
    ],
)
def test_a_pair_is_scored_by_its_margin(
    settings: dict[str, float], sides: tuple[str, str], passed: bool, reason: str
) -> None:
    (said,), _ = judged(RewardModel(model="rm", **settings), pair(*sides))
    scores = {"good": 1.5, "fair": 0.25, "bad": -2.0}
    assert said == Verdict("reward_model", passed, scores[sides[0]] - scores[sides[1]], reason)


@pytest.mark.parametrize(
    ("given", "reason", "note"),
    [
        (row("long"), "too_long", "the script says so"),
        (row("words"), "unreadable", "very nice"),
        (row("nothing"), "unreadable", "nan"),
        (row("good", "user"), "no_answer", ""),
        (pair("good", "long"), "too_long", "the rejected side: the script says so"),
        (pair("words", "good"), "unreadable", "the chosen side: very nice"),
    ],
)
def test_a_failure_of_the_judge_is_no_verdict_on_the_row(given: Row | Pair, reason: str, note: str) -> None:
    (said, other), run = judged(RewardModel(model="rm", threshold=1.0), given, row("good"))
    assert said == Verdict("reward_model", None, None, reason, note)
    assert other.passed is True
    assert run.tallies == {"reward_model: judged": 2, "reward_model: failed": 1}


def test_too_many_failures_stop_the_run_in_one_sentence() -> None:
    rows = [row(f"good {n}") for n in range(39)] + [row(f"long {n}") for n in range(11)]
    with pytest.raises(TooManyFailed, match=r"11 of 50 rows .*`too_long`") as caught:
        judged(RewardModel(model="rm"), *rows)
    assert caught.value.exit_code == 2
    said, _ = judged(RewardModel(model="rm", max_failed=0.25), *rows)
    assert len(said) == 50


def test_answers_to_one_prompt_compare_by_their_scores() -> None:
    with Models({"rm": Scripted(license="mit", rules=RULES)}) as models:
        run = Run(seed=0, models=models)
        candidates = [row("bad"), row("good"), row("long")]
        said = models.loop.run_until_complete(RewardModel(model="rm").compare(candidates, run))
    assert [verdict.score for verdict in said] == [-2.0, 1.5, None]


class Crowd(ModelSettings):
    """Answers nobody before so many have asked, and scores by how long the conversation is."""

    scores: ClassVar[bool] = True

    model: str = "crowd"
    license: str = "mit"
    least: int

    async def start(self) -> Engine:
        return Crowding(self.least)


class Crowding:
    def __init__(self, least: int) -> None:
        self.least, self.asked = least, 0
        self.all_are_there = asyncio.Event()

    async def complete(self, request: Request) -> Sequence[Outcome]:
        self.asked += 1
        if self.asked >= self.least:
            self.all_are_there.set()
        await self.all_are_there.wait()
        if not isinstance(request.prompt, tuple) or [turn.role for turn in request.prompt[:2]] != ["system", "user"]:
            raise Unanswered("refused", "not the whole conversation")
        return [Completion(repr(float(len(request.prompt[-1].content))))]

    async def close(self) -> None:
        return None


def test_all_rows_and_both_sides_of_pairs_are_asked_at_once() -> None:
    rows = [row("a" * n) for n in range(1, 9)]
    said, _ = judged(RewardModel(model="rm"), *rows, pair("a" * 20, "a" * 30), model=Crowd(least=10))
    assert [verdict.score for verdict in said] == [1, 2, 3, 4, 5, 6, 7, 8, -10]


RECIPE = """\
name: scored
seed: 1
license: mit
models:
  rm: {use: reward, model: org/rm, license: mit}
  writer: {use: openai, model: gpt, license: mit, base_url: "http://localhost:1/v1"}
generate:
- {use: magpie, count: 10, model: writer}
judge:
- {use: reward_model, model: rm}
"""


def load(folder: Path, *changes: Any) -> recipes.Recipe:
    (folder / "r.yaml").write_text(RECIPE, encoding="utf-8")
    return recipes.load(folder / "r.yaml", changes, refuse=False)


def test_models_of_the_wrong_kind_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    assert load(tmp_path).engines["rm"].scores
    with pytest.raises(RecipeError, match=r"r\.yaml:\d+: judge\.0: reward_model needs a model that scores.*'writer'"):
        load(tmp_path, "judge.0.model=writer")
    with pytest.raises(RecipeError, match=r"r\.yaml:\d+: generate\.0: magpie needs a model that writes; 'rm'"):
        load(tmp_path, "generate.0.model=rm")
