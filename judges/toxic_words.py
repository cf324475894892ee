"""Drops rows that hold too many words of a list that you bring: abuse, adult words, whatever is not wanted.

No list ships: what is toxic depends on who reads, and the known lists have licences of their own. llm-jp drops a text
above 3 hits of a list (2 when strict), Swallow where such words make up 0.05 of the Japanese letters; one hit says
little, as in a text on the law or on medicine.

Reasons: `hits`, `share`. The score is the number of hits; the note is the words, each once.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated, ClassVar

from pydantic import Field, NonNegativeInt

from factory.component import Judge, Run
from factory.errors import RecipeError
from factory.row import Pair, Row, Verdict
from factory.text_rules import turns as of_row
from factory.text_rules.turns import Turns
from factory.text_rules.words import Words, read

_NOTE = 200


class ToxicWords(Judge):
    """Passes the rows with few of the words."""

    rates: ClassVar[bool] = False

    words: str = Field(min_length=1)
    """The file, beside the recipe: one word a line, lines that begin with # left out."""
    most_hits: NonNegativeInt = 3
    """How often words of the list may come."""
    most_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    """What part of the characters they may make up, where they come at least twice."""
    turns: Turns = "all"
    """Which turns are read."""

    def check(self) -> list[str]:
        """Whether the list can be read."""
        try:
            read(self.beside(self.words))
        except RecipeError as error:
            return [f"words: {error}"]
        return []

    def fingerprint(self) -> str:
        """The words: other words give other rows."""
        return sha256("\n".join(read(self.beside(self.words))).encode()).hexdigest()

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row on the turns together; of a pair, on the chosen side."""
        words = run.shared(lambda: Words(read(self.beside(self.words))))
        return [self._verdict(of_row.texts(row, self.turns), words) for row in rows]

    def _verdict(self, texts: Sequence[str], words: Words) -> Verdict:
        found = [word for text in texts for word in words.found(text)]
        share = sum(map(len, found)) / max(sum(map(len, texts)), 1)
        reason = (
            "hits" if len(found) > self.most_hits else "share" if len(found) > 1 and share > self.most_share else ""
        )
        return Verdict("toxic_words", not reason, float(len(found)), reason, " ".join(dict.fromkeys(found))[:_NOTE])
