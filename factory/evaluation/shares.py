"""Shares of right answers: per model, by group, and how far models differ on the same questions."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

from factory.evaluation.statistics import Resampled, mcnemar, pass_at, resampled, rounded
from factory.evaluation.task import UNANSWERED
from factory.judge_eval.figures import MOST_GROUPS, wilson
from factory.row import Verdict

OTHERS = "(others)"


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
    groups = _groups(metas, shown.by)
    found = {}
    for number, model in enumerate(models):
        series = answered[model]
        parted = {
            kind: {value: _share([series[place] for place in places]) for value, places in values.items()}
            for kind, values in groups.items()
        }
        found[model] = _of_model(series, drawn.interval(number), shown.pass_at) | {"by": parted}
    return {"models": found, "differences": _differences(answered, drawn, shown.against)}


def _of_model(series: Sequence[Answered], interval: tuple[float, float], ks: Sequence[int]) -> dict[str, Any]:
    wrong, undecided, unanswered = (
        sum((getattr(one, name) for one in series), Counter[str]()) for name in ("wrong", "undecided", "unanswered")
    )
    right = sum(one.right for one in series)
    told = right + wrong.total()
    facts = _share(series, interval) | {
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


def _share(series: Sequence[Answered], interval: tuple[float, float] | None = None) -> dict[str, Any]:
    """The accuracy over some questions: Wilson's interval where each was asked once, else that of drawn questions."""
    mean = sum(one.share for one in series) / len(series)
    if all(one.asked == 1 for one in series):
        ends = wilson(sum(one.right for one in series), len(series))
        interval = (rounded(ends[0]), rounded(ends[1])) if ends else None
    elif interval is None:
        interval = resampled([[one.share for one in series]], f"accuracy/{len(series)}").interval(0)
    return {"questions": len(series), "accuracy": rounded(mean), "interval": interval}


def _pass_at(series: Sequence[Answered], k: int) -> dict[str, Any]:
    values = [pass_at(k, one.asked, one.right) for one in series]
    ends = resampled([values], f"pass_at/{k}/{len(values)}").interval(0)
    return {"share": rounded(sum(values) / len(values)), "interval": ends}


def _differences(answered: Series, drawn: Resampled, against: str) -> list[dict[str, Any]]:
    """How much better the first of two models is, on the same questions."""
    models = list(answered)
    pairs = [(model, against) for model in models if model != against] if against else list(combinations(models, 2))
    found = []
    for one, other in pairs:
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
            facts["p"] = rounded(mcnemar(facts["better"], facts["worse"]))
        found.append(facts)
    return found


def _groups(metas: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> dict[str, dict[str, list[int]]]:
    """The places of the questions by kind and value, of kinds with several values; rare values are one."""
    found: dict[str, dict[str, list[int]]] = {}
    for kind in kinds:
        values: dict[str, list[int]] = {}
        for place, meta in enumerate(metas):
            if meta.get(kind) is not None:
                values.setdefault(str(meta[kind])[:80], []).append(place)
        ranked = sorted(values, key=lambda value: (-len(values[value]), value))
        rest = [place for value in ranked[MOST_GROUPS:] for place in values[value]]
        kept = {value: values[value] for value in sorted(ranked[:MOST_GROUPS])} | ({OTHERS: rest} if rest else {})
        if len(kept) > 1:
            found[kind] = kept
    return found
