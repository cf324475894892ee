"""Grades the final answer of a row against the gold answer in its `meta`, in exact arithmetic.

Reasons: `wrong`, `no_answer`, `unreadable`, `no_gold`, `too_long`; only `wrong` is a failure, the others could not
be told and are None. The note is the answer that was found.

As a scorer of sampled answers it needs no model: 1 for a right answer, 0 for a wrong one. There an answer that never
states a result is as bad as a wrong one, while in a dataset it may be a right one in words that this reader doesn't
know: `unanswered: wrong` scores `no_answer` as 0, with its own reason. What was found and can't be read stays None, for
it may be right, and so does a row without a gold answer or without any answer.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field, NonNegativeInt

from factory.answer.grade import Form, Rules, grade
from factory.component import Judge, Run
from factory.errors import JudgeError
from factory.row import Pair, Row, Verdict, content_id

_NOTE = 200
LEAST = 50
"""Prompts that may all lack a gold answer before it is told."""


class NoGold(JudgeError):
    """No prompt has a gold answer."""

    exit_code: ClassVar[int] = 2


class _Asked:
    """The prompts of a run, until one has a gold answer: samples that nothing can be held against are paid in vain."""

    def __init__(self) -> None:
        self._found = False
        self._prompts: set[str] = set()
        self._keys: set[str] = set()

    def look(self, candidates: Sequence[Row], answer: str) -> None:
        self._found = self._found or any(answer in row.meta for row in candidates)
        if self._found or not candidates:
            return
        self._prompts.add(content_id(candidates[0].messages[:-1]))
        self._keys.update(candidates[0].meta)
        if len(self._prompts) >= LEAST:
            there = ", ".join(sorted(self._keys)[:10]) or "nothing"
            raise NoGold(
                f"math_answer: none of {LEAST} prompts has {answer!r} in its meta, which holds {there}; "
                "name the key of the gold answer: `answer: KEY`"
            )


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

    async def compare(self, candidates: Sequence[Row], run: Run) -> list[Verdict]:
        """One verdict per answer to one prompt.

        Raises:
            NoGold: no prompt so far has a gold answer, and they are many.
        """
        asked = run.shared(_Asked)
        asked.look(candidates, self.answer)
        return await self.judge(candidates, run)

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
