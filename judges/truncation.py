"""Drops answers that were cut off.

The signs are those of `factory.text_rules.truncation`: a character cut in the middle (U+FFFD at the end), an open block
of code or formula, an end on a comma, an opening bracket or a word that wants another, a last sentence without its mark
where the others have theirs. A generator's own word comes first: `finish_reason: length` in a row's meta.

Reasons: `limit`, `character`, `code`, `formula`, `wants_more`, `sentence`. The score is the share of the answers that
end; the note is the end of the first that doesn't.
"""

from collections.abc import Sequence

from factory.component import Judge, Run
from factory.row import Pair, Row, Verdict
from factory.text_rules import turns
from factory.text_rules.truncation import Sentences, cut

_NOTE = 80


class Truncation(Judge):
    """Passes the rows whose answers end."""

    sentences: Sentences = "ja"
    """Of which languages a last sentence without its mark is refused: in English people leave it out."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row on all its answers; of a pair, on the chosen side."""
        return [self._verdict(row) for row in rows]

    def _verdict(self, row: Row | Pair) -> Verdict:
        answers = turns.answers(row)
        if not answers:
            return Verdict("truncation", True)
        if row.meta.get("finish_reason") == "length":
            return Verdict("truncation", False, 0.0, "limit", answers[-1][-_NOTE:])
        signs = [cut(text, self.sentences) for text in answers]
        bad = next((at for at, sign in enumerate(signs) if sign), None)
        score = signs.count("") / len(signs)
        if bad is None:
            return Verdict("truncation", True, score)
        return Verdict("truncation", False, score, signs[bad], answers[bad].rstrip()[-_NOTE:])
