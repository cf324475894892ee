"""Asks a model for a score on a rubric: 1 to 10 as MT-Bench does, points that are added up, or an order of answers.

The last answer of a row, of a pair that of the chosen side, is shown with its prompt between fences that nobody who
wrote them could know; the score is on the rubric's own scale, read from JSON or from whatever the model writes. Several
samples are averaged, and so are several models (`jury`). Questions with a known verdict are asked in between.

With `mode: best_of_list` all answers to one prompt are shown in one question, in an order that is drawn, and put in
order by the model; a score is how many others an answer is put before. It works where answers are compared, under
`score` of a generator that samples several.

A row of which a model of the jury gives no score has the mean of the others, which a threshold may be held against.
Where answers are compared, a severe model that is missing in one mean would turn their order around: only the models
that scored all of them count, and where there are none, an answer that lacks a score is unjudged (`jury_incomplete`).

Reasons: `below_threshold`; `addresses_judge` with `injection: reject`. Unjudged: `unreadable`, `jury_incomplete`,
`no_answer`, `no_reference`, `alone` and `too_many` (of lists), or why there is no answer, such as `truncated`. Counts:
`judged` (a model was asked), `failed` (of these, no score), `alone`, `no_answer`, `no_reference`, `too_many` (none
was), `samples`, `samples_failed`, `addresses_judge` (of several answers to one prompt the prompt counts once),
`canaries`, `canaries_missed`, `canaries_failed`; with a jury also `failed by <model>`, `jury_incomplete` (questions
that some models gave no score to, but not all), `jury_pairs` and `jury_agree` (two models, on one row: a point apart,
or on the same side of the threshold).

Source: MT-Bench, https://arxiv.org/abs/2306.05685; a jury of models, https://arxiv.org/abs/2404.18796. What it leaves
out: G-Eval's weighting of scores by their probabilities, which few engines give.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple

from pydantic import FiniteFloat, PositiveInt

from factory.component import ModelName, Run
from factory.errors import JudgeError
from factory.instruct.author import together
from factory.judging.asked import AskedModel
from factory.judging.failures import Failures
from factory.judging.grading import LABELS, Examiners, Grade, Question, averaged, comparable, question_of
from factory.judging.rubric import Rubric
from factory.row import Message, Pair, Row, Verdict, content_id

NAME = "llm"
ALONE = "alone"
"""Why there is no score, which is nobody's failure."""


_SINGLE = (
    f"{NAME} with mode: best_of_list puts several answers to one prompt in order, and a row is a single one: name it "
    "under `score` of a generator that samples several answers, or set mode: absolute"
)


class NotCompared(JudgeError):
    """Rows were given one by one to a judge that orders answers to one prompt."""

    exit_code: ClassVar[int] = 2


class Said(NamedTuple):
    """What is said of a row."""

    verdict: Verdict
    asked: bool = False
    """Whether a model was asked about it."""
    words: str = ""
    """What the models wrote."""


class Llm(AskedModel):
    """Scores answers by what a model says of them."""

    name: ClassVar[str] = NAME

    jury: tuple[ModelName, ...] = ()
    """Further models that judge every row; the score is the mean, of answers that are compared over the models that
    scored all of them."""
    rubric: str = ""
    """What is asked: a name in templates/prompts/llm (`mt_bench`, `japanese`, `additive`, `translation`) or a path to
    one's own `.j2` file; empty: `mt_bench`, and `best_of_list` for lists."""
    mode: Literal["absolute", "best_of_list"] = "absolute"
    """Each answer for itself, or all answers to one prompt in one question."""
    reference: str = ""
    """The key of meta that holds a reference answer, a text or turns; rows without one are not judged. For the rubric
    `translation` it is the source: `source_messages` of rows that `translate` made."""
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
        if rubric.needs_reference and not self.reference:
            return f"reference: the rubric {self.rubric!r} needs one; name a key of meta, such as source_messages"
        if self.threshold is None:
            return ""
        if rubric.lists:
            return "threshold: an order of answers has no scale; take the best ones by the generator's rule"
        if not rubric.low <= self.threshold <= rubric.high:
            return f"threshold: {self.threshold:g} is not on the rubric's scale, {rubric.low:g} to {rubric.high:g}"
        return ""

    def misplaced(self, *, pairs: bool | None) -> str:
        """An order of answers says nothing of a single row."""
        return _SINGLE if self.mode == "best_of_list" else ""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row, all asked at once.

        Raises:
            NotCompared: it orders lists.
            TooManyFailed: the models give no score for too many rows.
        """
        if self.mode == "best_of_list" and rows:
            raise NotCompared(_SINGLE)
        asked = [question_of(row, self.language, self.reference) for row in rows]
        return self._counted(await self._singly(asked, run), run)

    async def compare(self, candidates: Sequence[Row], run: Run) -> list[Verdict]:
        """One verdict per answer to one prompt; equal answers are shown once and share it.

        Raises:
            TooManyFailed: the models give no score for too many rows.
        """
        distinct = {row.id: row for row in candidates}
        asked = {id: question_of(row, self.language, self.reference) for id, row in distinct.items()}
        said = {id: self._unasked(one) for id, one in asked.items() if isinstance(one, str)}
        questions = {id: one for id, one in asked.items() if isinstance(one, Question)}
        shown = {id: (*one.prompt, Message("assistant", one.answers[0])) for id, one in questions.items()}
        flags = self.flags(shown, dict.fromkeys(one.reference for one in questions.values()), run)
        for id in [id for id, flag in flags.items() if self.barred(flag)]:
            said[id] = Said(self.refused(flags[id]))
            del questions[id]
        said |= await (self._each if self.mode == "absolute" else self._listed)(questions, flags, run)
        return self._counted([said[row.id] for row in candidates], run)

    async def _singly(self, asked: Sequence[Question | str], run: Run) -> list[Said]:
        """What is said of rows that nothing binds together."""
        flags = [_flag(self, one, run) for one in asked]
        questions = [
            one for one, flag in zip(asked, flags, strict=True) if isinstance(one, Question) and not self.barred(flag)
        ]
        graded = await together(self._examiners.grade(one, run) for one in questions)
        self._watch(graded, run)
        grades = map(averaged, graded)
        return [
            self._unasked(one)
            if isinstance(one, str)
            else Said(self.refused(flag))
            if self.barred(flag)
            else self._said(next(grades), 0, flag)
            for one, flag in zip(asked, flags, strict=True)
        ]

    async def _each(self, questions: Mapping[str, Question], flags: Mapping[str, str], run: Run) -> dict[str, Said]:
        """What is said of each answer by itself, by the same models of all."""
        graded = await together(self._examiners.grade(one, run) for one in questions.values())
        self._watch(graded, run)
        return {id: self._said(grade, 0, flags[id]) for id, grade in zip(questions, comparable(graded), strict=True)}

    async def _listed(self, questions: Mapping[str, Question], flags: Mapping[str, str], run: Run) -> dict[str, Said]:
        """What is said of each answer of one list."""
        if not 1 < len(questions) <= len(LABELS):
            return {id: self._unasked("too_many" if len(questions) > 1 else ALONE) for id in questions}
        ids = sorted(questions)
        first = questions[ids[0]]
        key = content_id(Message("candidate", id) for id in ids)
        answers = tuple(questions[id].answers[0] for id in ids)
        graded = await self._examiners.grade(first._replace(key=key, answers=answers), run)
        self._watch([graded], run)
        grade = averaged(graded)
        return {id: self._said(grade, place, flags[id]) for place, id in enumerate(ids)}

    def _said(self, grade: Grade, place: int, flag: str) -> Said:
        note = self.note(flag, [grade.words])
        if not grade.scores:
            return Said(Verdict(NAME, None, None, grade.reason, note), True, grade.words)
        score = grade.scores[place]
        passed = self.threshold is None or score >= self.threshold
        return Said(Verdict(NAME, passed, score, "" if passed else "below_threshold", note), True, grade.words)

    def _unasked(self, reason: str) -> Said:
        return Said(Verdict(NAME, None, None, reason))

    def _watch(self, graded: Iterable[Sequence[Grade]], run: Run) -> None:
        """Stop a run in which one model of a jury mostly fails, which the others would hide."""
        for grades in graded if self.jury else ():
            for model, grade in zip((self.model, *self.jury), grades, strict=True):
                self._failures(run, model).add(grade.reason, grade.words)

    def _counted(self, said: Sequence[Said], run: Run) -> list[Verdict]:
        """Count the verdicts, and stop a run in which most fail."""
        for verdict, asked, words in said:
            self.counted(verdict, asked, run)
            failed = verdict.reason if verdict.passed is None else ""
            if asked or failed not in ("", ALONE):
                self._failures(run).add(failed, words)
        return [one.verdict for one in said]

    def _failures(self, run: Run, model: str = "") -> Failures:
        """The failures of one model, or of all together."""
        known: dict[str, Failures] = run.shared(dict)
        return known.setdefault(model, Failures(NAME, self.max_failed, model))


def _flag(judge: Llm, asked: Question | str, run: Run) -> str:
    """What of a row speaks to the judge, if the row can be asked about."""
    if isinstance(asked, str):
        return ""
    return judge.flag((content for _, content in asked.prompt), (*asked.answers, asked.reference), run)
