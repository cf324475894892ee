"""Shares of right answers: per model, by group, how far models differ on the same questions; and how that is told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from factory.evaluation.groups import groups
from factory.evaluation.statistics import Resampled, mcnemar, of_share, pass_at, resampled, rounded
from factory.evaluation.tables import (
    OF_SHARES,
    apart,
    asked,
    by_kind,
    counted,
    differences,
    met,
    percent,
    percents,
    probability,
    table,
    width_of,
)
from factory.evaluation.task import UNANSWERED
from factory.markdown import number, text
from factory.row import Verdict

CONVENTION = (
    "Accuracy counts right answers among all questions. `undecided` are answers that the judge could not tell (no "
    "result stated, or none that can be read), `unanswered` those that never came (cut off, empty, refused); neither "
    f"is called wrong, and `of judged` is the share without them. {OF_SHARES}"
)


@dataclass(slots=True)
class Answered:
    """What a model's answers to one question were."""

    right: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    """By reason."""
    undecided: Counter[str] = field(default_factory=Counter)
    """By reason; the judge could not tell."""
    unanswered: Counter[str] = field(default_factory=Counter)
    """By reason; there was none."""

    @property
    def asked(self) -> int:
        """How many answers were asked for."""
        return self.right + self.wrong.total() + self.undecided.total() + self.unanswered.total()

    @property
    def share(self) -> float:
        """Of right ones among all."""
        return self.right / self.asked

    def add(self, verdict: Verdict) -> None:
        """Count one more."""
        if verdict.passed:
            self.right += 1
        elif verdict.passed is False:
            self.wrong[verdict.reason or "wrong"] += 1
        else:
            kind = self.unanswered if verdict.judge == UNANSWERED else self.undecided
            kind[verdict.reason or "unjudged"] += 1


class Shown(NamedTuple):
    """What is told beside the accuracy."""

    by: Sequence[str]
    pass_at: Sequence[int]
    against: str


Series = Mapping[str, Sequence[Answered]]
"""By model, one for each question."""


def shares(answered: Series, metas: Sequence[Mapping[str, Any]], shown: Shown) -> dict[str, Any]:
    """The figures of models that were asked the same questions."""
    models = list(answered)
    if not metas:
        return {"models": {model: {"accuracy": None, "interval": None} for model in models}, "differences": []}
    drawn = resampled([[one.share for one in answered[model]] for model in models], f"accuracy/{len(metas)}")
    parts = groups(metas, shown.by)
    found = {}
    for model, series in answered.items():
        parted = {
            kind: {value: _share([series[one] for one in places]) for value, places in values.items()}
            for kind, values in parts.items()
        }
        found[model] = _of_model(series, shown.pass_at) | {"by": parted}
    return {"models": found, "differences": _differences(answered, drawn, shown.against)}


def _of_model(series: Sequence[Answered], ks: Sequence[int]) -> dict[str, Any]:
    wrong, undecided, unanswered = (
        sum((getattr(one, name) for one in series), Counter[str]()) for name in ("wrong", "undecided", "unanswered")
    )
    right = sum(one.right for one in series)
    told = right + wrong.total()
    facts = _share(series) | {
        "answers": sum(one.asked for one in series),
        "right": right,
        "wrong": wrong.total(),
        "undecided": dict(sorted(undecided.items())),
        "unanswered": dict(sorted(unanswered.items())),
        "of_judged": rounded(right / told) if told else None,
    }
    if ks:
        facts["pass_at"] = {str(k): _pass_at(series, k) for k in ks}
    return facts


def _share(series: Sequence[Answered]) -> dict[str, Any]:
    """The accuracy over some questions."""
    values = [one.share for one in series]
    mean, interval = sum(values) / len(values), of_share(values, f"accuracy/{len(values)}")
    return {"questions": len(values), "accuracy": rounded(mean), "interval": interval}


def _pass_at(series: Sequence[Answered], k: int) -> dict[str, Any]:
    values = [pass_at(k, one.asked, one.right) for one in series]
    return {
        "share": rounded(sum(values) / len(values)),
        "interval": of_share(values, f"pass_at/{k}/{len(values)}"),
    }


def _differences(answered: Series, drawn: Resampled, against: str) -> list[dict[str, Any]]:
    """How much better the first of two models is, on the same questions."""
    models = list(answered)
    found = []
    for one, other in met(models, against):
        places = models.index(one), models.index(other)
        both = list(zip(answered[one], answered[other], strict=True))
        facts: dict[str, Any] = {
            "models": [one, other],
            "difference": rounded(sum(mine.share - theirs.share for mine, theirs in both) / len(both)),
            "interval": drawn.between(*places),
            "better": sum(mine.share > theirs.share for mine, theirs in both),
            "worse": sum(mine.share < theirs.share for mine, theirs in both),
        }
        if all(mine.asked == theirs.asked == 1 for mine, theirs in both):
            facts["p"] = float(f"{mcnemar(facts['better'], facts['worse']):.6g}")  # which may be far below 1e-6
        found.append(facts)
    return found


def told(figures: Mapping[str, Any]) -> Iterator[list[str]]:
    """The figures as blocks of Markdown."""
    yield [f"{text(asked(figures))}."]
    yield [CONVENTION]
    yield _accuracies(figures["models"])
    yield from by_kind(figures["models"], _cell)
    yield from differences(figures["differences"], _difference)


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """The main figures, for a terminal."""
    yield asked(figures)
    width = width_of(figures["models"])
    for model, facts in figures["models"].items():
        yield f"  {model:{width}}  {percent(facts['accuracy']):>7} {percents(facts['interval'])}{apart(facts)}"
    yield from (f"  {_difference(one)}" for one in figures["differences"])


def _accuracies(models: Mapping[str, Any]) -> list[str]:
    ks = dict.fromkeys(k for facts in models.values() for k in facts.get("pass_at", {}))
    head = ["model", "accuracy", "95 % interval", "right", "wrong", "undecided", "unanswered", "of judged"]
    rows = []
    for model, facts in models.items():
        if facts["accuracy"] is None:
            rows.append([model, "-"])
            continue
        rows.append([
            model, percent(facts["accuracy"]), percents(facts["interval"]), number(facts["right"]),
            number(facts["wrong"]), counted(facts["undecided"]), counted(facts["unanswered"]),
            percent(facts["of_judged"]), *(percent(facts["pass_at"][k]["share"]) for k in ks),
        ])  # fmt: skip
    return table([*head, *(f"pass@{k}" for k in ks)], rows)


def _cell(one: Mapping[str, Any]) -> str:
    return f"{percent(one['accuracy'])} {percents(one['interval'])}"


def _difference(one: Mapping[str, Any]) -> str:
    first, second = one["models"]
    ends = "" if one["interval"] is None else " ({:+.1f} to {:+.1f})".format(*(100 * end for end in one["interval"]))
    said = f"{first} is {100 * one['difference']:+.1f} points from {second}{ends}; better on "
    said += f"{one['better']:,} questions, worse on {one['worse']:,}"
    return said + (f"; McNemar {probability(one['p'])}" if "p" in one else "")
