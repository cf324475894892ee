"""How many questions are answered rightly, as a judge that knows the gold answer sees it: held-out math, for one.

With `samples: n` each question is answered n times; the accuracy is then the mean over the questions of the share that
was right (mean@n), and `pass_at: [1, 4]` adds the chance that one of k answers is.

An answer is right or not. What is not may be wrong, may be `undecided` (the judge could not tell: no answer stated, or
one that can't be read) or `unanswered` (cut off at `max_tokens`, empty, refused). The accuracy counts right ones among
all questions; the three kinds are told apart, and `of_judged` is the share among right and wrong ones alone. Questions
without a gold answer are left out and counted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PositiveInt

from factory.component import Item, Run, models_named
from factory.engine import Request
from factory.errors import FactoryError
from factory.evaluation import accuracies, problems
from factory.evaluation.accuracies import Answered, Shown, shares
from factory.evaluation.task import Asking, Rows, about, answered, judged, misplaced, question_row
from factory.part import Judges, judge_of
from factory.preferences.prompts import Prompt
from factory.row import Row
from factory.source.settings import Source

NAME = "accuracy"
NO_GOLD = frozenset({"no_gold", "no_reference"})
"""Reasons of judges that were given nothing to compare with."""


class Accuracy(Asking):
    """Counts right answers."""

    questions: Source
    """Where they are from, with the settings that `dataset` has: {source: heldout.jsonl, keep: [answer]}; or a recipe
    that makes them: {source: heldout.yaml}."""
    judge: Annotated[Judges, Field(min_length=1, max_length=1)]
    """Who says which answer is right: one judge, such as [{use: math_answer}]."""
    samples: Annotated[int, Field(ge=1, le=1_024)] = 1
    """How many answers to each question."""
    pass_at: tuple[PositiveInt, ...] = ()
    """For which numbers of answers to tell the chance that one is right."""
    by: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = (
        "family", "area", "level", "grade", "category", "language",
    )  # fmt: skip
    """What of the questions' meta figures are told apart by."""
    against: str = ""
    """The model that others are compared with; all with each other where nothing is said."""

    @property
    def _path(self) -> Path:
        return self.beside(self.questions.source)

    @cached_property
    def read(self) -> tuple[tuple[Prompt, ...], Counter[str]]:
        """The questions that something is known to compare with, and how many records are left out, by reason."""
        asked, left_out = problems.read(self.questions, self._path, self.count, self.by, NAME)
        known = tuple(question for question in asked if not self._key or self._key in question.meta)
        return known, left_out + Counter({"no_gold": len(asked) - len(known)})

    @property
    def _key(self) -> str:
        """What of meta the judge compares with; empty where it needs nothing."""
        judge = judge_of(self.judge[0])
        key = getattr(judge, "answer", "") or getattr(judge, "reference", "")
        return key if isinstance(key, str) else ""

    def check(self) -> list[str]:
        """Also questions that can't be read, and such as hold nothing that the judge could compare with."""
        if self.samples > 1 and not self.temperature:
            return ["temperature: at 0 all samples are the same; set it above 0, or `samples: 1`"]
        if high := [k for k in self.pass_at if k > self.samples]:
            return [f"pass_at: {high[0]} of {self.samples} answers; take up to {self.samples}, or more `samples`"]
        (part,) = self.judge
        if fault := misplaced(part):
            return [f"judge: {fault}"]
        if getattr(part.component, "threshold", 0) is None and any(models_named(part.component)):
            return [f"judge: {part.name} passes every answer without a `threshold`; set one, or use the task `score`"]
        try:
            asked, _ = self.read
        except FactoryError as error:
            return [str(error)]
        if not asked:
            return [
                f"questions: none of {self.questions.source} says what `{self._key}` is, which {part.name} compares "
                f"with; write `keep: [{self._key}]` where a column holds it"
            ]
        return []

    def fingerprint(self) -> str:
        """A hash of the questions."""
        return problems.fingerprint(self.read[0])

    def questions_asked(self) -> int:
        """How many there are."""
        return len(self.read[0])

    def texts(self) -> Iterator[tuple[str, str]]:
        """The id of each question and its last turn."""
        for question in self.read[0]:
            yield question.id, question.messages[-1].content

    def of_model(self, model: str) -> Iterator[Item]:
        """One item for each question."""
        for place in range(len(self.read[0])):
            yield Item(f"{model}/{place}", self.samples, (model, place))

    async def rows(self, item: Item, run: Run) -> Sequence[Row]:
        """The answers to one question, judged."""
        model, place = item.payload
        question, asker = self.read[0][place], run.engine(model)
        outcomes = await asker.complete(Request(question.messages, self.sampling(run), self.samples))
        made = []
        for sample, outcome in enumerate(outcomes):
            facts = {"model": model, "question": place, "sample": sample}
            made.append(answered(question_row(question.messages, asker.label, facts, question.meta), outcome))
        return await judged(made, self.judge[0], run.nested("judge", 0))

    def figures(self, rows: Rows, models: Sequence[str]) -> dict[str, Any]:
        """Accuracy, intervals, groups, and differences between models."""
        asked, unread = self.read
        said = [(about(row), row.verdicts[0]) for row in rows]
        lacking = {facts["question"] for facts, one in said if one.passed is None and one.reason in NO_GOLD}
        places = [place for place in range(len(asked)) if place not in lacking]
        order = {place: number for number, place in enumerate(places)}
        series = {model: [Answered() for _ in places] for model in models}
        for facts, one in said:
            if facts["question"] in order:
                series[facts["model"]][order[facts["question"]]].add(one)
        left_out = unread + Counter({"no_gold": len(lacking)})
        found = shares(series, [asked[place].meta for place in places], Shown(self.by, self.pass_at, self.against))
        return {
            "questions": len(places),
            "left_out": dict(sorted(left_out.items())),
            "samples": self.samples,
            **found,
        }

    def unjudged(self, figures: Mapping[str, Any]) -> Sequence[str]:
        """The models of which nothing could be judged."""
        return [model for model, facts in figures["models"].items() if facts.get("of_judged") is None]

    def told(self, figures: Mapping[str, Any]) -> Iterator[list[str]]:
        """A table of models, one of each kind of group, and the differences."""
        return accuracies.told(figures)

    def lines(self, figures: Mapping[str, Any]) -> Iterator[str]:
        """A line per model, and the differences."""
        return accuracies.lines(figures)
