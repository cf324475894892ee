"""Candidates: the n answers that a policy samples for a prompt, and what judges say of them.

What is asked of the policy depends on the prompt, the policy and how it samples alone, never on judges or pair rules:
those can change without a new sample. Each sample is stored for itself, so that 8 cost 4 where 4 are there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, sqrt
from typing import NamedTuple

from factory.asking import Asker
from factory.component import Judge, Part, Run
from factory.engine import Request, Sampling, Unanswered
from factory.errors import JudgeError
from factory.part import judge_of, numbered
from factory.preferences.prompts import Prompt
from factory.preferences.settings import Combine, Policy, Scoring
from factory.row import Message, Row, Verdict, called
from factory.sample import Sample

REPEATED = "repeated"
"""Why a sample is no candidate that says what an earlier one said."""

MOST = 1e100
"""No judge means a larger number: an infinite score, or none, is none."""


class Answer(NamedTuple):
    """One sample."""

    sample: int
    text: str
    reason: str = ""
    """Why it is no candidate; empty where it is one."""
    like: int = -1
    """The earlier sample that said the same."""
    verdicts: tuple[Verdict, ...] = ()
    score: float | None = None


@dataclass(slots=True)
class Answers:
    """The samples of one prompt."""

    prompt: Prompt
    model: str
    license: str
    """Of a row with one of them."""
    all: list[Answer]
    roles: dict[int, tuple[str, str]] = field(default_factory=dict)
    """What became of a sample, and the row that it stands in; by its place."""

    @property
    def candidates(self) -> list[Answer]:
        """Those whose texts differ."""
        return [answer for answer in self.all if not answer.reason]

    def lacking(self) -> str:
        """Why samples are no candidates, or have no score, in words: `6 truncated, 1 repeated, 1 llm: refused`."""
        counts = Counter(answer.reason for answer in self.all if answer.reason)
        unscored = [answer for answer in self.candidates if answer.verdicts and answer.score is None]
        missing = (said for answer in unscored for said in answer.verdicts if said.score is None)
        counts.update(f"{said.judge}: {said.reason}" if said.reason else said.judge for said in missing)
        return ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))

    def row(self, text: str | None, who: str, meta: Mapping[str, object] | None = None) -> Row:
        """The prompt with one answer; alone where there is none."""
        prompt = self.prompt
        answer = () if text is None else (Message("assistant", text),)
        about = {**prompt.meta, **(meta or {})}
        return Row((*prompt.messages, *answer), self.license, prompt.source, who, self.model, about)

    def count(self, who: str, run: Run) -> None:
        """Count the samples, and those without a text, without one of their own, or without a score."""
        run.count(who, "samples", len(self.all))
        for answer in self.all:
            if answer.reason:
                run.count(who, "samples_repeated" if answer.reason == REPEATED else "samples_unanswered")
            elif answer.verdicts and answer.score is None:
                run.count(who, "samples_unscored")

    def keep(self, run: Run) -> None:
        """Put all of them into the table of samples; one that repeats another has its scores."""
        for answer in self.all:
            same = self.all[answer.like] if answer.like >= 0 else answer
            role, row = self.roles.get(answer.sample, ("", ""))
            run.keep_sample(
                Sample(
                    prompt_id=self.prompt.id,
                    prompt=self.prompt.messages,
                    sample=answer.sample,
                    text=answer.text,
                    model=self.model,
                    reason=answer.reason,
                    scores=same.verdicts,
                    score=same.score,
                    role=role,
                    row_id=row,
                )
            )


async def sampled(prompt: Prompt, policy: Policy, n: int, run: Run) -> Answers:
    """`n` answers of the policy to the prompt, not yet scored."""
    asker: Asker = run.engine(policy.model)
    sampling: Sampling = policy.sampling(run.random("samples", prompt.id).getrandbits(31))
    found: list[Answer] = []
    first: dict[str, int] = {}
    for sample, outcome in enumerate(await asker.complete(Request(prompt.messages, sampling, n))):
        if isinstance(outcome, Unanswered):
            found.append(Answer(sample, outcome.text, outcome.reason))
            continue
        text = outcome.text.strip()
        if not text:
            found.append(Answer(sample, text, "empty"))
        elif text in first:
            found.append(Answer(sample, text, REPEATED, first[text]))
        else:
            first[text] = sample
            found.append(Answer(sample, text))
    return Answers(prompt, asker.label, prompt.license_with(asker.license), found)


async def score(answers: Answers, scoring: Scoring, who: str, run: Run) -> None:
    """Let the judges score the candidates; what one of them could not score has no score."""
    candidates = answers.candidates
    rows = [answers.row(answer.text, who) for answer in candidates]
    scored = await scores(rows, scoring, run)
    for answer, (verdicts, value) in zip(candidates, scored, strict=True):
        answers.all[answer.sample] = answer._replace(verdicts=verdicts, score=value)


async def scores(rows: Sequence[Row], scoring: Scoring, run: Run) -> list[tuple[tuple[Verdict, ...], float | None]]:
    """Of each answer to one prompt what the judges said, and what it comes to: None where one could not tell."""
    judges = zip(scoring.score, numbered(scoring.score), strict=True)
    views = [(part, run.nested("score", place, number)) for place, (part, number) in enumerate(judges)]
    said = [await _said(part, rows, view) for part, view in views]
    totals = combined(said, scoring.weights, scoring.combine)
    return list(zip(zip(*said, strict=True), totals, strict=True))


async def _said(part: Part, rows: Sequence[Row], run: Run) -> list[Verdict]:
    judge: Judge = judge_of(part)
    try:
        verdicts = list(await judge.compare(rows, run))
    except Unanswered as error:
        return [Verdict(called(part.name, run.number), None, None, error.reason, error.note)] * len(rows)
    if len(verdicts) != len(rows):
        raise JudgeError(f"judge {part.name!r} gave {len(verdicts)} verdicts for {len(rows)} answers; it owes one each")
    return [verdict._replace(judge=called(verdict.judge, run.number)) for verdict in verdicts]


def combined(said: Sequence[Sequence[Verdict]], weights: Sequence[float], combine: Combine) -> list[float | None]:
    """What the scores of several judges come to, answer by answer; None where one is missing or no number.

    Args:
        said: of each judge its verdicts, one per answer.
        weights: one per judge; none for equal ones.
        combine: how. `standardized` looks at the answers alone that every judge scored; a judge that scored them all
            alike adds nothing.
    """
    values = list(zip(*([_number(verdict.score) for verdict in verdicts] for verdicts in said), strict=True))
    whole = [place for place, row in enumerate(values) if None not in row]
    columns = [[row[judge] or 0.0 for row in (values[place] for place in whole)] for judge in range(len(said))]
    if combine == "standardized":
        columns = [_standardized(column) for column in columns]
    shares = list(weights) or [1.0] * len(said)
    totals: list[float | None] = [None] * len(values)
    for at, place in enumerate(whole):
        parts = [share * column[at] for share, column in zip(shares, columns, strict=True)]
        totals[place] = columns[0][at] if len(columns) == 1 else fsum(parts) / fsum(shares)
    return totals


def _number(score: float | None) -> float | None:
    return score if score is not None and abs(score) < MOST else None


def _standardized(column: Sequence[float]) -> list[float]:
    if not column or min(column) == max(column):
        return [0.0] * len(column)
    mean = fsum(column) / len(column)
    widest = max(abs(value - mean) for value in column)
    apart = [(value - mean) / widest for value in column]  # so that no square is too small to be a number
    deviation = sqrt(fsum(value * value for value in apart) / len(column))
    return [value / deviation for value in apart]
