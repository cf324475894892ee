"""A judge at work on labelled pairs: each is asked about as two answers to one prompt, whatever the judge is.

`Judge.compare` gives both answers a score; the higher one is the verdict, equal ones are a tie. So a judge of single
answers, a reward model, a rule and a judge of pairs are measured alike.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from math import isfinite

from factory.component import Judge, Run
from factory.engine import Unanswered
from factory.errors import FactoryError, JudgeError
from factory.judge_eval.figures import Judged
from factory.judge_eval.labelled import Labelled
from factory.judging.choice import Choice
from factory.models import Models
from factory.row import Row, Verdict
from factory.spending import BudgetSpent
from factory.turns import NotYet
from factory.work import ComponentBroke

WIDTH = 64
"""Pairs under way at once, at least."""
TICK_S = 0.05
GRACE_S = 4.0
"""Seconds that calls may take to end when the judging is stopped."""


def judge_all(
    judge: Judge, pairs: Sequence[Labelled], models: Models, tell: Callable[[int], None] = lambda done: None
) -> list[Judged]:
    """What a judge says of each pair, in their order.

    Raises:
        BudgetSpent: the budget allows no further call; what was answered is stored.
        EngineError: a model can't be asked any more.
        JudgeError: too many of its answers fail, or it gives another number of verdicts than it was asked for.
        ComponentBroke: the judge has a bug.
    """
    work = _Judging(judge, pairs, models, tell)
    patience: float | None = GRACE_S
    try:
        if models.turns is not None:
            models.turns.begin(survey=False)
        while not models.loop.run_until_complete(work.all()):
            pass
        return work.found()
    except BudgetSpent:
        patience = None  # what is under way is paid as well
        raise
    except KeyboardInterrupt:
        patience = 0.0
        raise
    finally:
        models.loop.run_until_complete(work.close(patience))
        models.flush()


class _Judging:
    """Workers that take one pair after another."""

    def __init__(self, judge: Judge, pairs: Sequence[Labelled], models: Models, tell: Callable[[int], None]) -> None:
        self._judge, self._pairs, self._models, self._tell = judge, pairs, models, tell
        self._places = iter(range(len(pairs)))
        self._found: dict[int, Judged] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._run = Run(0, models=models, owner=("judge", 0))

    def found(self) -> list[Judged]:
        """What was said of each pair."""
        return [self._found[place] for place in range(len(self._pairs))]

    async def all(self) -> bool:
        """Judge every pair that is not judged, as far as it comes with the models whose turn it is; True where all are.

        The first error ends it.
        """
        left = [place for place in range(len(self._pairs)) if place not in self._found]
        self._places = iter(left)
        width = min(len(left), max(WIDTH, self._models.width * 5 // 4))
        self._workers = [asyncio.ensure_future(self._worker()) for _ in range(width)]
        await asyncio.gather(*self._workers)
        while self._models.in_flight:  # calls of pairs that were turned away
            await asyncio.sleep(TICK_S)
        turns = self._models.turns
        return turns is None or not turns.next(len(left))

    async def close(self, patience_s: float | None) -> None:
        """Stop what is not done; calls may end before."""
        left = [worker for worker in self._workers if not worker.done()]
        if not left:
            return
        self._places = iter(())
        await self._models.drain(patience_s)
        for worker in left:
            worker.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _worker(self) -> None:
        for place in self._places:
            run = Run(0, models=self._models, state=self._run.state, owner=self._run.owner)
            turns = self._models.turns
            try:
                said = self._judged(self._pairs[place], run)
                self._found[place] = await (turns.finished(said, run) if turns else said)
            except NotYet as away:
                if turns is None:
                    raise
                turns.turned_away(place, away)
                continue
            self._tell(len(self._found))
            if len(self._found) % WIDTH == 0:
                await asyncio.sleep(0)

    async def _judged(self, pair: Labelled, run: Run) -> Judged:
        """What the judge says of one pair; its counts are apart, so that they can be told by group."""
        rows = [
            Row(pair.prompt + side, "unknown", "judge-eval", "judge-eval", meta=pair.meta)
            for side in (pair.first, pair.second)
        ]
        try:
            verdicts = await self._judge.compare(rows, run)
        except Unanswered as error:
            return Judged(pair, None, reason=error.reason, counts=run.tallies)
        except FactoryError:
            raise
        except Exception as error:
            raise ComponentBroke(f"the judge broke: {type(error).__name__}: {error}") from error
        if len(verdicts) != len(rows):
            raise JudgeError(f"the judge gave {len(verdicts)} verdicts for {len(rows)} answers; it owes one for each")
        return _verdict(pair, verdicts, run.tallies)


def _verdict(pair: Labelled, verdicts: Sequence[Verdict], counts: Counter[str]) -> Judged:
    """What two verdicts come to, of a labelled pair."""
    said, by, reason = preferred(verdicts)
    return Judged(pair, said, by, reason=reason, counts=counts)


def preferred(verdicts: Sequence[Verdict]) -> tuple[Choice | None, float | None, str]:
    """Which answer two verdicts prefer, by how much, or why neither can be told.

    By their scores, or by who passed where a judge gives none.
    """
    scores = [verdict.score for verdict in verdicts]
    if all(score is None for score in scores):
        scores = [None if verdict.passed is None else float(verdict.passed) for verdict in verdicts]
    first, second = scores
    if first is None or second is None or not isfinite(first) or not isfinite(second):
        reason = next((said.reason for said in verdicts if said.score is None and said.reason), "") or "no_score"
        return None, None, reason
    by = first - second
    return "A" if by > 0 else "B" if by < 0 else "tie", by, ""
