"""Passes rows whose text a fastText classifier takes for one of its positives.

The model is made by `factory classifier train`; the card beside it has the threshold and what the model was trained
and measured on. It sees the assistant's words of all turns (of a pair, of the chosen side). What it leaves out: why a
text is good. A classifier of style likes the style it was shown, so look at the hard negatives before trusting it.

Reasons: `low_quality`; `no_text`, where there is nothing to judge, is unjudged. The score is the chance of being a
positive, between 0 and 1.
"""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from factory import durable
from factory.classifier import prepare
from factory.classifier.model import MISSING, Model, installed, read_card
from factory.component import Judge, Run
from factory.errors import FactoryError
from factory.row import Pair, Row, Verdict


class FasttextQuality(Judge):
    """Drops what a classifier of your own finds poor."""

    model: str = Field(min_length=1)
    """The file of the model; a relative path begins at the recipe's folder."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """The lowest score that passes; that of the model's card when not set."""

    def check(self) -> list[str]:
        """Whether fastText, the model and its card are there."""
        if not installed():
            return [f"model: {MISSING}"]
        if not self._path.is_file():
            return [f"model: no file {self._path}; make it with `factory classifier train`"]
        try:
            read_card(self._path)
        except FactoryError as error:
            return [f"model: {error}"]
        return []

    def fingerprint(self) -> str:
        """The model, its threshold and the preparation of texts: rows depend on them."""
        if not self._path.is_file():
            return ""
        return f"{durable.sha256(self._path)}/{self._threshold()}/{prepare.VERSION}"

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row on the words of the assistant."""
        model = run.shared(lambda: (Model(self._path), self._threshold()))
        scores = model[0].scores([_text(row) for row in rows])
        return [_verdict(score, model[1]) for score in scores]

    @property
    def _path(self) -> Path:
        return self.beside(self.model)

    def _threshold(self) -> float:
        return read_card(self._path).threshold if self.threshold is None else self.threshold


def _verdict(score: float | None, threshold: float) -> Verdict:
    if score is None:
        return Verdict("fasttext_quality", None, None, "no_text")
    passed = score >= threshold
    return Verdict("fasttext_quality", passed, score, "" if passed else "low_quality")


def _text(row: Row | Pair) -> str:
    turns = row.messages if isinstance(row, Row) else row.chosen
    return "\n".join([turn.content for turn in turns if turn.role == "assistant"])
