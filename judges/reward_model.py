"""Scores whole conversations, system, turns and last answer, by a reward model that reads its own chat template.

Of a pair both sides are scored, and the score is the margin: chosen less rejected. A score has no unit: what it says
depends on the model, and often on the prompt, so that answers to one prompt compare and rows of different prompts
hardly do. A threshold has to be read off a sample of the data.

Reasons: `below_threshold`; of a pair `below_margin`. Unjudged: `no_answer` where the last turn is not the assistant's,
`unreadable` where the engine's answer is no number, or why there is none, such as `too_long`. Counts: `judged`, all
that were asked about, and `failed`, those of them without a score.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Annotated, ClassVar, NamedTuple

from pydantic import Field, FiniteFloat

from factory.asking import Asker
from factory.component import Judge, ModelName, Run
from factory.engine import Request, Unanswered
from factory.instruct.author import together
from factory.judging.failures import Failures
from factory.row import Message, Pair, Row, Verdict

NAME = "reward_model"


class Score(NamedTuple):
    """What came of one conversation."""

    value: float | None
    reason: str = ""
    """Why there is no score."""
    note: str = ""


class RewardModel(Judge):
    """Scores answers by a reward model."""

    asks_scores: ClassVar[bool] = True

    model: ModelName
    """The reward model: one of `use: reward`."""
    threshold: FiniteFloat | None = None
    """The least score that passes, of a pair that of the chosen side; without it all pass that have a score."""
    min_margin: FiniteFloat | None = None
    """By how much the chosen side of a pair must score higher than the rejected one; without it any margin passes."""
    max_failed: Annotated[float, Field(ge=0, le=1)] = 0.2
    """The share of rows that may have no score before the run stops; looked at from the fiftieth on."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row, all asked at once.

        Raises:
            TooManyFailed: the model gives no score for too many rows.
        """
        asker = run.engine(self.model)
        verdicts = await together(self._verdict(row, asker) for row in rows)
        failures = run.shared(lambda: Failures(NAME, self.max_failed))
        for verdict in verdicts:
            run.count(NAME, "judged")
            if verdict.score is None:
                run.count(NAME, "failed")
            failures.add(verdict.reason if verdict.score is None else "")
        return verdicts

    async def _verdict(self, row: Row | Pair, asker: Asker) -> Verdict:
        if isinstance(row, Row):
            score = await _score(row.messages, asker)
            return _failed(score) if score.value is None else self._row(score.value)
        sides = [(*row.prompt, *side) for side in (row.chosen, row.rejected)]
        chosen, rejected = await together(_score(side, asker) for side in sides)
        if chosen.value is None:
            return _failed(chosen, "the chosen side")
        if rejected.value is None:
            return _failed(rejected, "the rejected side")
        return self._pair(chosen.value, chosen.value - rejected.value)

    def _row(self, score: float) -> Verdict:
        if self.threshold is not None and score < self.threshold:
            return Verdict(NAME, False, score, "below_threshold")
        return Verdict(NAME, True, score)

    def _pair(self, chosen: float, margin: float) -> Verdict:
        if self.threshold is not None and chosen < self.threshold:
            return Verdict(NAME, False, margin, "below_threshold")
        if self.min_margin is not None and margin < self.min_margin:
            return Verdict(NAME, False, margin, "below_margin")
        return Verdict(NAME, True, margin)


async def _score(conversation: tuple[Message, ...], asker: Asker) -> Score:
    if not conversation or conversation[-1].role != "assistant":
        return Score(None, "no_answer")
    (outcome,) = await asker.complete(Request(conversation))
    if isinstance(outcome, Unanswered):
        return Score(None, outcome.reason, outcome.note)
    try:
        value = float(outcome.text)
    except ValueError:
        return Score(None, "unreadable", outcome.text[:200])
    return Score(value) if isfinite(value) else Score(None, "unreadable", outcome.text[:200])


def _failed(score: Score, where: str = "") -> Verdict:
    return Verdict(NAME, None, None, score.reason, ": ".join(filter(None, (where, score.note))))
