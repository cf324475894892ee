"""Drops rows whose answers or questions are empty, too short or too long.

Lengths are characters, spaces around the text left out. The defaults only refuse what is no text: nothing at all, or
more than 500,000 characters (corpus-cleaner's limit). Swallow's 400 letters, llm-jp's and Gopher's 50 words are for
web pages: an answer may be one word.

Reasons: `no_answer`, `answer_empty`, `answer_short`, `answer_long`, `question_empty`, `question_short`,
`question_long`. The score is the length of the shortest answer; the note gives all lengths.
"""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import NonNegativeInt, PositiveInt

from factory.component import Judge, Run
from factory.row import Pair, Row, Verdict
from factory.text_rules import turns


class Length(Judge):
    """Passes the rows whose turns have a sensible length."""

    rates: ClassVar[bool] = False

    least_answer: NonNegativeInt = 1
    """Characters of the shortest answer."""
    most_answer: PositiveInt = 500_000
    """Characters of the longest answer."""
    least_question: NonNegativeInt = 1
    """Characters of the user's shortest turn."""
    most_question: PositiveInt = 500_000
    """Characters of the user's longest turn."""

    def check(self) -> list[str]:
        """Limits that nothing can meet."""
        return [
            f"least_{name}: {least} is above most_{name}: {most}; no row would pass"
            for name, least, most in (
                ("answer", self.least_answer, self.most_answer),
                ("question", self.least_question, self.most_question),
            )
            if least > most
        ]

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row; of a pair, on the chosen side."""
        return [self._verdict(row) for row in rows]

    def _verdict(self, row: Row | Pair) -> Verdict:
        answers = [len(text.strip()) for text in turns.answers(row)]
        questions = [len(text.strip()) for text in turns.questions(row)]
        fault = "" if answers else "no_answer"
        fault = fault or _fault("answer", answers, self.least_answer, self.most_answer)
        fault = fault or _fault("question", questions, self.least_question, self.most_question)
        note = f"answers={_listed(answers)} questions={_listed(questions)}"
        return Verdict("length", not fault, float(min(answers)) if answers else None, fault, note)


def _fault(what: str, lengths: Sequence[int], least: int, most: int) -> str:
    if not lengths:
        return ""
    if min(lengths) < least:
        return f"{what}_short" if min(lengths) else f"{what}_empty"
    return f"{what}_long" if max(lengths) > most else ""


def _listed(lengths: Sequence[int]) -> str:
    return ",".join(map(str, lengths[:20])) + (",..." if len(lengths) > 20 else "")
