"""Tasks whose questions may go on: a model answers turn by turn, each in the context of its own earlier answers."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from factory.component import Part, Run
from factory.engine import Request
from factory.errors import FactoryError
from factory.evaluation import questions
from factory.evaluation.questions import Question
from factory.evaluation.task import DUPLICATE, Asking, answered, misplaced, question_row, unanswered
from factory.part import Judges, judge_of
from factory.row import Message, Row
from factory.source.settings import Location

NO_EARLIER_ANSWER = "no_earlier_answer"
"""Why a later turn is unanswered: the turn before it is."""
Warmth = Annotated[float, Field(ge=0, le=2)]


class Conversing(Asking):
    """Asks questions of several turns, and lets judges say how good the answers are."""

    prompts: Location
    """The questions: a .jsonl or .parquet file with `turns` or `text`, and `category` and `reference` where known."""
    judge: Annotated[Judges, Field(min_length=1, max_length=1)]
    """Who judges: one judge, such as [{use: llm, model: judge}]."""
    judge_with_reference: Annotated[Judges, Field(max_length=1)] = ()
    """Who judges answers to turns with a reference instead: [{use: llm, model: judge, reference: reference}]."""
    temperature_by: Mapping[str, Warmth] = {}
    """Temperatures by category, as MT-Bench has them: {writing: 0.7, math: 0.0}; else `temperature`."""

    @cached_property
    def _found(self) -> tuple[tuple[Question, ...], int]:
        return questions.read(Path(self.beside(self.prompts)), self.count)

    @property
    def read(self) -> tuple[Question, ...]:
        """The questions, each once."""
        return self._found[0]

    def asked_facts(self) -> dict[str, Any]:
        """How many questions there are, and how many were left out."""
        again = self._found[1]
        return {"questions": len(self.read), "left_out": {DUPLICATE: again} if again else {}}

    def check(self) -> list[str]:
        """Also questions that can't be read, and judges that do not rate."""
        try:
            categories = {str(one.meta.get("category", "")) for one in self.read}
        except FactoryError as error:
            return [f"prompts: {error}"]
        if strange := [name for name in self.temperature_by if name not in categories]:
            return [f"temperature_by: no question is of category {strange[0]!r}; there are: {_listed(categories)}"]
        for part in (*self.judge, *self.judge_with_reference):
            if not judge_of(part).rates:
                return [f"judge: {part.name} does not rate answers (its score is no measure of how good one is)"]
            if not self.compares and (fault := misplaced(part)):
                return [f"judge: {fault}"]
        return []

    def fingerprint(self) -> str:
        """A hash of the questions."""
        return questions.fingerprint(self.read)

    def questions_asked(self) -> int:
        """How many there are."""
        return len(self.read)

    def texts(self) -> Iterator[tuple[str, str]]:
        """The place of each question and its first turn."""
        return ((str(place), question.turns[0]) for place, question in enumerate(self.read))

    def examiner(self, meta: Mapping[str, Any], run: Run) -> tuple[Part, Run]:
        """The judge of an answer, and the run on whose behalf it is asked."""
        if self.judge_with_reference and meta.get("reference"):
            return self.judge_with_reference[0], run.nested("judge_with_reference", 0, 2)
        return self.judge[0], run.nested("judge", 0)

    async def conversation(self, model: str, place: int, run: Run) -> list[Row]:
        """A model's answers to one question: a row per turn, each with all that was said before."""
        question, asker = self.read[place], run.engine(model)
        sampling = self.sampling(run, self.temperature_by.get(str(question.meta.get("category", ""))))
        said, rows = question.opening(), list[Row]()
        for turn, text in enumerate(question.turns):
            facts = {"model": model, "question": place, "turn": turn + 1}
            prompt = (*said, Message("user", text))
            row = question_row(prompt, asker.label, facts, question.about(turn))
            if rows and rows[-1].verdicts:
                rows.append(unanswered(row, NO_EARLIER_ANSWER))
                continue
            (outcome,) = await asker.complete(Request(prompt, sampling))
            rows.append(answered(row, outcome))
            said = rows[-1].messages
        return rows


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names - {""})) or "none"
