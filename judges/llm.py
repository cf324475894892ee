"""Asks a model for a score on a rubric: 1 to 10 as MT-Bench does, points that are added up, or an order of answers.

The last answer of a row, of a pair that of the chosen side, is shown with its prompt between fences that nobody who
wrote them could know; the score is on the rubric's own scale, read from JSON or from whatever the model writes. Several
samples are averaged, and so are several models (`jury`). Questions with a known verdict are asked in between.

With `mode: best_of_list` all answers to one prompt are shown in one question, in an order that is drawn, and put in
order by the model; a score is how many others an answer is put before. It works where answers are compared, under
`score` of a generator that samples several.

Reasons: `below_threshold`; `addresses_judge` with `injection: reject`. Unjudged: `unreadable`, `no_answer`,
`no_reference`, `alone` and `too_many` (of lists), or why there is no answer, such as `truncated`. Counts: `judged`,
`failed` (no score), `samples`, `samples_failed`, `addresses_judge`, `canaries`, `canaries_missed`, `canaries_failed`,
`jury_pairs` and `jury_agree` (two models, on one row: a point apart, or on the same side of the threshold).

Source: MT-Bench, https://arxiv.org/abs/2306.05685; a jury of models, https://arxiv.org/abs/2404.18796. What it leaves
out: G-Eval's weighting of scores by their probabilities, which few engines give.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import FiniteFloat, PositiveInt

from factory.component import ModelName, Run
from factory.errors import JudgeError
from factory.instruct.author import together
from factory.judging.asked import REFUSED, AskedModel
from factory.judging.failures import Failures
from factory.judging.grading import LABELS, Examiners, Grade, Question, question_of
from factory.judging.rubric import Rubric
from factory.row import Message, Pair, Row, Verdict, content_id

NAME = "llm"
NOT_ASKED = frozenset({"alone"})
"""Reasons for no score that are no failure of the model's."""


class NotCompared(JudgeError):
    """Rows were given one by one to a judge that orders answers to one prompt."""

    exit_code: ClassVar[int] = 2


class Llm(AskedModel):
    """Scores answers by what a model says of them."""

    name: ClassVar[str] = NAME

    jury: tuple[ModelName, ...] = ()
    """Further models that judge every row; the score is the mean."""
    rubric: str = ""
    """What is asked: a name in templates/prompts/llm (`mt_bench`, `japanese`, `additive`) or a path to one's own `.j2`
    file; empty: `mt_bench`, and `best_of_list` for lists."""
    mode: Literal["absolute", "best_of_list"] = "absolute"
    """Each answer for itself, or all answers to one prompt in one question."""
    reference: str = ""
    """The key of meta that holds a reference answer; rows without one are not judged."""
    threshold: FiniteFloat | None = None
    """The least score that passes; without it all pass that have a score."""
    samples: PositiveInt = 1
    """How often each model is asked about a row; the mean counts, failures left out."""

    @property
    def chosen_rubric(self) -> str:
        """What `rubric` says, or what goes with the mode."""
        return self.rubric or ("best_of_list" if self.mode == "best_of_list" else "mt_bench")

    @cached_property
    def _examiners(self) -> Examiners:
        return Examiners(
            NAME, (self.model, *self.jury), self.spoken, self.sampling, self.samples, self.json_schema,
            self.canary_every, self.threshold,
        )  # fmt: skip

    def check(self) -> list[str]:
        """Also a rubric of another mode, and settings that contradict each other."""
        if faults := super().check():
            return faults
        if len({self.model, *self.jury}) <= len(self.jury):
            return ["jury: names a model twice; its members are others than `model`, each once"]
        said = dict.fromkeys(rubric.complaint() or self._mismatch(rubric) for rubric in self.written.values())
        return [complaint for complaint in said if complaint]

    def _mismatch(self, rubric: Rubric) -> str:
        """What of the settings doesn't go with a rubric."""
        if rubric.lists != (self.mode == "best_of_list"):
            what, mode = (
                ("orders several answers", "best_of_list") if rubric.lists else ("scores one answer", "absolute")
            )
            return f"rubric: {self.rubric!r} {what}; set mode: {mode}"
        if self.reference and "reference" not in rubric.prompt.variables:
            return f"reference: the rubric {self.rubric!r} shows none; use {{{{ reference }}}} in it"
        if self.threshold is None:
            return ""
        if rubric.lists:
            return "threshold: an order of answers has no scale; take the best ones by the generator's rule"
        if not rubric.low <= self.threshold <= rubric.high:
            return f"threshold: {self.threshold:g} is not on the rubric's scale, {rubric.low:g} to {rubric.high:g}"
        return ""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row, all asked at once.

        Raises:
            NotCompared: it orders lists.
            TooManyFailed: the models give no score for too many rows.
        """
        if self.mode == "best_of_list" and rows:
            raise NotCompared(
                f"{NAME} with mode: best_of_list puts several answers to one prompt in order, and a row is a single "
                "one: name it under `score` of a generator that samples several answers, or set mode: absolute"
            )
        verdicts = await together(self._single(row, run) for row in rows)
        return [self._counted(verdict, run) for verdict in verdicts]

    async def compare(self, candidates: Sequence[Row], run: Run) -> list[Verdict]:
        """One verdict per answer to one prompt; equal answers are shown once and share it.

        Raises:
            TooManyFailed: the models give no score for too many rows.
        """
        if self.mode == "absolute":
            return await self.judge(candidates, run)
        distinct = {row.id: row for row in candidates}
        asked = {id: question_of(row, self.language, self.reference) for id, row in distinct.items()}
        verdicts = {id: self._failed(one, "") for id, one in asked.items() if isinstance(one, str)}
        questions = {id: one for id, one in asked.items() if isinstance(one, Question)}
        flags = {id: self.flag(_texts(one), run) for id, one in questions.items()}
        for id in [id for id, flag in flags.items() if self.barred(flag)]:
            verdicts[id] = self.refused(flags[id])
            del questions[id]
        verdicts |= await self._listed(questions, flags, run)
        return [self._counted(verdicts[row.id], run) for row in candidates]

    async def _listed(
        self, questions: Mapping[str, Question], flags: Mapping[str, str], run: Run
    ) -> dict[str, Verdict]:
        """A verdict for each answer of one list."""
        if not 1 < len(questions) <= len(LABELS):
            reason = "too_many" if len(questions) > 1 else "alone"
            return {id: self._failed(reason, "") for id in questions}
        ids = sorted(questions)
        first = questions[ids[0]]
        key = content_id(Message("candidate", id) for id in ids)
        answers = tuple(questions[id].answers[0] for id in ids)
        grade = await self._examiners.grade(first._replace(key=key, answers=answers), run)
        return {id: self._verdict(grade, place, flags[id]) for place, id in enumerate(ids)}

    async def _single(self, row: Row | Pair, run: Run) -> Verdict:
        question = question_of(row, self.language, self.reference)
        if isinstance(question, str):
            return self._failed(question, "")
        flag = self.flag(_texts(question), run)
        if self.barred(flag):
            return self.refused(flag)
        return self._verdict(await self._examiners.grade(question, run), 0, flag)

    def _verdict(self, grade: Grade, place: int, flag: str) -> Verdict:
        if not grade.scores:
            return self._failed(grade.reason, grade.words)
        score = grade.scores[place]
        passed = self.threshold is None or score >= self.threshold
        return Verdict(NAME, passed, score, "" if passed else "below_threshold", self.note(flag, [grade.words]))

    def _failed(self, reason: str, words: str) -> Verdict:
        return Verdict(NAME, None, None, reason, words)

    def _counted(self, verdict: Verdict, run: Run) -> Verdict:
        """Count a verdict, and stop a run in which most fail."""
        run.count(NAME, "judged")
        failed = verdict.reason if verdict.passed is None else ""
        if failed:
            run.count(NAME, "failed")
        if failed not in NOT_ASKED and verdict.reason != REFUSED:
            run.shared(lambda: Failures(NAME, self.max_failed)).add(failed, verdict.note if failed else "")
        return verdict


def _texts(question: Question) -> Iterator[str]:
    """All that stands in a question of a row's own."""
    yield from (content for _, content in question.prompt)
    yield from (*question.answers, question.reference)
