"""Drops answers that repeat themselves without end.

The signs are those of `factory.text_rules.repetition`: a period that the text ends in, one sentence at least four
times, or 20-grams of which more than half are copies of earlier ones. On the 744 answers they were set on
(benchmarks/judges.py): precision 1.00, recall 0.99; without a base model's, 10 of 11, the missed one inside code.
Needlessly repetitive answers and tables pass.

Reasons: `period`, `sentences`, `grams`. The score is the highest share of copied 20-grams, none for texts below 20
characters; the note is what comes again.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from factory.component import Judge, Run
from factory.row import Pair, Row, Verdict
from factory.text_rules import turns as of_row
from factory.text_rules.repetition import Repetition, repetitions
from factory.text_rules.turns import Turns

_NOTE = 200


class RepetitionJudge(Judge):
    """Passes the rows whose answers come to an end."""

    rates: ClassVar[bool] = False

    max_copied: Annotated[float, Field(gt=0, le=1)] = 0.5
    """The most of an answer's 20-grams that may be copies of earlier ones."""
    sentence_times: Annotated[int, Field(ge=2)] = 4
    """How often a sentence comes to be a loop, where it makes up 0.12 of the answer."""
    turns: Turns = "answers"
    """Which turns are read, each by itself."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row; of a pair, on the chosen side."""
        picked = of_row.of_each(
            rows,
            lambda row: of_row.texts(row, self.turns),
            lambda texts: repetitions(texts, self.max_copied, self.sentence_times),
        )
        return [_verdict(found) for found in picked]


def _verdict(found: Sequence[Repetition]) -> Verdict:
    score = max((one.share for one in found if one.share is not None), default=None)
    bad = next((one for one in found if one.reason), None)
    if bad is None:
        return Verdict("repetition", True, score)
    return Verdict("repetition", False, score, bad.reason, bad.piece[:_NOTE])
