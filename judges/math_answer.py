"""Grades the final answer of a row against the gold answer in its `meta`, in exact arithmetic.

Reasons: `wrong`, `no_answer`, `unreadable`, `no_gold`, `too_long`; only `wrong` is a failure, the others could not
be told and are None. The note is the answer that was found.

As a scorer of sampled answers it needs no model: 1 for a right answer, 0 for a wrong one. There an answer that never
states a result is as bad as a wrong one, while in a dataset it may be a right one in words that this reader doesn't
know: `unanswered: wrong` scores `no_answer` as 0, with its own reason. What was found and can't be read stays None, for
it may be right, and so does a row without a gold answer or without any answer.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, NonNegativeInt

from factory.answer.grade import Form, Rules, grade
from factory.component import Judge, Run
from factory.row import Pair, Row, Verdict

_NOTE = 200


class MathAnswer(Judge):
    """Passes the rows whose final answer is the gold one."""

    answer: str = Field(default="answer", min_length=1)
    """The key of `meta` that holds the gold answer."""
    percent: Literal["strict", "loose"] = "strict"
    """`loose` also takes 60 for 60 % and 60 % for 60."""
    decimals: NonNegativeInt | None = None
    """Compare numbers rounded to so many places; exactly when not set."""
    form: Form | None = None
    """Also demand that the answer is reduced, expanded or factored."""
    unanswered: Literal["none", "wrong"] = "none"
    """What an answer that states no result counts as: none (it could not be told), or wrong, for sampled answers."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row on its last message from the assistant; of a pair, on the chosen one."""
        rules = Rules(self.percent, self.decimals, self.form)
        return [self._verdict(row, rules) for row in rows]

    def _verdict(self, row: Row | Pair, rules: Rules) -> Verdict:
        gold = row.meta.get(self.answer)
        if isinstance(gold, bool) or not isinstance(gold, str | int | float):
            return Verdict("math_answer", None, None, "no_gold")
        messages = row.messages if isinstance(row, Row) else row.chosen
        text = next((m.content for m in reversed(messages) if m.role == "assistant"), None)
        if text is None:
            return Verdict("math_answer", None, None, "no_answer")
        passed, reason, found = grade(str(gold), text, rules)
        if self.unanswered == "wrong" and reason == "no_answer":
            passed = False
        return Verdict("math_answer", passed, None if passed is None else float(passed), reason, (found or "")[:_NOTE])
