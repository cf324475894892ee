"""Scores that a judge gives: per model, turn and category, how far models differ; and how that is told.

A question's score is the mean of its turns that were judged, a model's the mean over its questions. What was not
answered or not judged has no score: it is counted and left out, never 0.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from factory.evaluation.groups import groups
from factory.evaluation.statistics import resampled, rounded
from factory.evaluation.tables import (
    apart,
    asked,
    by_kind,
    counted,
    differences,
    ends,
    met,
    points,
    table,
    width_of,
)
from factory.evaluation.task import UNANSWERED
from factory.markdown import number, text
from factory.row import Verdict

CONVENTION = (
    "The score is the mean over questions of the mean of their turns that were judged. `undecided` turns got no score "
    "that could be read, `unanswered` ones no answer; both are left out of the means, never counted as 0. Intervals "
    "are of 95 %, a bootstrap over questions; there is none where all questions came out alike."
)


@dataclass(slots=True)
class Scored:
    """What a model's answers to one question got."""

    turns: dict[int, float] = field(default_factory=dict)
    undecided: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)

    @property
    def mean(self) -> float | None:
        """Of the turns that were judged; None where none was."""
        return sum(self.turns.values()) / len(self.turns) if self.turns else None

    def add(self, turn: int, verdict: Verdict) -> None:
        """Take one more turn."""
        if verdict.score is not None:
            self.turns[turn] = verdict.score
        else:
            kind = self.unanswered if verdict.judge == UNANSWERED else self.undecided
            kind[verdict.reason or "no_score"] += 1


Series = Mapping[str, Sequence[Scored]]
"""By model, one for each question."""


def scores(series: Series, metas: Sequence[Mapping[str, Any]], by: Sequence[str], against: str) -> dict[str, Any]:
    """The figures of models that were asked the same questions."""
    parts = groups(metas, by)
    found = {}
    for model, mine in series.items():
        parted = {
            kind: {value: _mean([mine[place] for place in places]) for value, places in values.items()}
            for kind, values in parts.items()
        }
        found[model] = _of_model(mine) | {"by": parted}
    return {"models": found, "differences": _differences(series, against)}


def _of_model(mine: Sequence[Scored]) -> dict[str, Any]:
    turns: dict[int, list[float]] = {}
    for one in mine:
        for turn, score in one.turns.items():
            turns.setdefault(turn, []).append(score)
    return _mean(mine) | {
        "judged": sum(len(one.turns) for one in mine),
        "undecided": dict(sorted(sum((one.undecided for one in mine), Counter[str]()).items())),
        "unanswered": dict(sorted(sum((one.unanswered for one in mine), Counter[str]()).items())),
        "turns": {
            str(turn): {"judged": len(said), "score": rounded(sum(said) / len(said))}
            for turn, said in sorted(turns.items())
        },
    }


def _mean(mine: Sequence[Scored]) -> dict[str, Any]:
    values = [one.mean for one in mine if one.mean is not None]
    if not values:
        return {"questions": 0, "score": None, "interval": None}
    interval = resampled([values], f"score/{len(values)}").interval(0)
    return {"questions": len(values), "score": rounded(sum(values) / len(values)), "interval": interval}


def _differences(series: Series, against: str) -> list[dict[str, Any]]:
    """How much better the first of two models is, on the questions that were judged of both."""
    found = []
    for one, other in met(list(series), against):
        means = [(mine.mean, theirs.mean) for mine, theirs in zip(series[one], series[other], strict=True)]
        both = [(mine, theirs) for mine, theirs in means if mine is not None and theirs is not None]
        facts: dict[str, Any] = {"models": [one, other], "questions": len(both), "difference": None, "interval": None}
        if both:
            sides = list(zip(*both, strict=True))
            facts["difference"] = rounded(sum(mine - theirs for mine, theirs in both) / len(both))
            facts["interval"] = resampled(sides, f"score/{len(both)}").between(0, 1)
        facts["better"] = sum(mine > theirs for mine, theirs in both)
        facts["worse"] = sum(mine < theirs for mine, theirs in both)
        found.append(facts)
    return found


def told(figures: Mapping[str, Any]) -> Iterator[list[str]]:
    """The figures as blocks of Markdown."""
    models = figures["models"]
    yield [f"{text(asked(figures))}."]
    yield [CONVENTION]
    turns = sorted({int(turn) for facts in models.values() for turn in facts["turns"]})
    head = ["model", "score", "95 % interval", *(f"turn {turn}" for turn in turns)]
    rows = []
    for model, facts in models.items():
        each = [points(facts["turns"].get(str(turn), {}).get("score")) for turn in turns]
        rows.append([model, points(facts["score"]), ends(facts["interval"]), *each, number(facts["judged"])])
        rows[-1] += [counted(facts["undecided"]), counted(facts["unanswered"])]
    yield table([*head, "judged turns", "undecided", "unanswered"], rows)
    yield from by_kind(models, _cell)
    yield from differences(figures["differences"], _difference)


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """The main figures, for a terminal."""
    yield asked(figures)
    width = width_of(figures["models"])
    for model, facts in figures["models"].items():
        each = ", ".join(f"turn {turn} {points(one['score'])}" for turn, one in facts["turns"].items())
        said = f"; {each}" if len(facts["turns"]) > 1 else ""
        yield f"  {model:{width}}  {points(facts['score']):>5} {ends(facts['interval'])}{said}{apart(facts)}"
    yield from (f"  {_difference(one)}" for one in figures["differences"])


def _cell(one: Mapping[str, Any]) -> str:
    return f"{points(one['score'])} {ends(one['interval'])}"


def _difference(one: Mapping[str, Any]) -> str:
    first, second = one["models"]
    if one["difference"] is None:
        return f"{first} and {second}: no question was judged of both"
    within = "" if one["interval"] is None else " ({:+.2f} to {:+.2f})".format(*one["interval"])
    said = f"{first} is {one['difference']:+.2f} from {second}{within} on {one['questions']:,} "
    return said + f"questions; better on {one['better']:,}, worse on {one['worse']:,}"
