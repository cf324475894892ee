"""Drops answers that refuse: "I'm sorry, but I can't help with that", 「申し訳ありませんが、お答えできません」.

Rules over the first 240 characters in Japanese and English (`factory.collapse`), without quotations and code: it
stands at the beginning, and an answer may speak of refusing. A dataset that is to teach refusing must not use this.
What it leaves out: a refusal in the middle of an answer, and a polite answer that says nothing.

Reason: `refusal`. The score is the share of the row's answers that refuse; the note is the words found.
"""

from collections.abc import Sequence
from typing import ClassVar

from factory.collapse import refusal
from factory.component import Judge, Run
from factory.row import Pair, Row, Verdict
from factory.text_rules import turns

_NOTE = 200


class Refusal(Judge):
    """Passes the rows whose answers try."""

    rates: ClassVar[bool] = False

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row on all its answers; of a pair, on the chosen side."""
        return [_verdict(turns.answers(row)) for row in rows]


def _verdict(answers: Sequence[str]) -> Verdict:
    found = [words for words in map(refusal, answers) if words]
    if not answers:
        return Verdict("refusal", True)
    score = len(found) / len(answers)
    return Verdict("refusal", not found, score, "refusal" if found else "", found[0][:_NOTE] if found else "")
