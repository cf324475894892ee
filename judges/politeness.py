"""Drops Japanese answers that mix です・ます with だ・である.

At least two sentences of each style, the rarer one at least 20 % of both: thresholds set on translations in an
earlier trial, with other endings than these. Here they drop none of 659 answers of people and models, but how many
real mixtures they find was not measured. Lists, quotations and code are left out, where the other style is right.
What it leaves out: changes of speaker in a story or dialogue without quotation marks.

Reason: `mixed`. The score is the share of the rarer style, the highest of the row's answers; the note is one of its
sentences.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field, PositiveInt

from factory.component import Judge, Run
from factory.row import Pair, Row, Verdict
from factory.text_rules import turns
from factory.text_rules.politeness import Style, style

_NOTE = 200


class Politeness(Judge):
    """Passes the rows whose answers keep to one style."""

    rates: ClassVar[bool] = False

    least_sentences: PositiveInt = 2
    """How many sentences of the rarer style make a mixture."""
    least_share: Annotated[float, Field(gt=0, le=0.5)] = 0.2
    """What share of both the rarer style must be."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row on each answer by itself; of a pair, on the chosen side."""
        return [self._verdict([style(text) for text in turns.answers(row)]) for row in rows]

    def _verdict(self, found: Sequence[Style]) -> Verdict:
        score = max((one.minority for one in found if one.minority is not None), default=None)
        for one in found:
            if min(one.polite, one.plain) >= self.least_sentences and (one.minority or 0) >= self.least_share:
                return Verdict("politeness", False, score, "mixed", one.example[:_NOTE])
        return Verdict("politeness", True, score)
