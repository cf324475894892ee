"""How many verdicts a judge owes and could not give: a few are let through, many stop the run.

A row that a judge could not be asked about, or whose answer can't be read, is unjudged, never bad. But a judge that
mostly fails judges nothing: a prompt too long for it, a form it doesn't know, a server that cuts answers short.
"""

from collections import Counter
from typing import ClassVar

from factory.errors import JudgeError

LEAST = 50
"""Verdicts that are waited for before their share is looked at."""

_SHOWN = 100
"""Characters of what a judge wrote instead of a verdict."""

_ADVICE = {
    "truncated": "raise max_tokens",
    "too_long": "take a model with a longer context, or drop long rows before",
    "schema": "switch json_schema off, or take an engine that constrains its answers",
    "unreadable": "change the rubric or the model",
    "no_reference": "name the key of meta that holds the reference answer",
    "no_answer": "drop rows without an answer before",
    "jury_incomplete": "take a model out of the jury that often fails",
}


class TooManyFailed(JudgeError):
    """A judge gives no verdict on too many rows."""

    exit_code: ClassVar[int] = 2


class Failures:
    """The verdicts of one judge in a run, or of one of its models, and why some are none; kept in `run.shared`."""

    def __init__(self, judge: str, most: float, model: str = "") -> None:
        """Count for the judge of that name, or for that one of its models; `most` is the share that may fail."""
        self._who = f"judge {judge!r}: model {model!r}" if model else f"judge {judge!r}"
        self._most = most
        self._judged = 0
        self._reasons: Counter[str] = Counter()
        self._words: dict[str, str] = {}

    def add(self, reason: str = "", words: str = "") -> None:
        """One more verdict; `reason`: why there is none, `words`: what the judge wrote instead.

        Raises:
            TooManyFailed: there are 50, and more than the share that may failed.
        """
        self._judged += 1
        if reason:
            self._reasons[reason] += 1
            self._words.setdefault(reason, " ".join(words[: 4 * _SHOWN].split()))
        failed = self._reasons.total()
        if self._judged >= LEAST and failed > self._most * self._judged:
            common, times = min(self._reasons.items(), key=lambda item: (-item[1], item[0]))
            wrote = self._words[common]
            shown = f", such as {wrote[:_SHOWN]!r}" if wrote else ""
            raise TooManyFailed(
                f"{self._who} gave no verdict on {failed:,} of {self._judged:,} rows (max_failed: "
                f"{self._most:g}), mostly `{common}` ({times:,}{shown}): "
                f"{_ADVICE.get(common, 'look at its model')}, or raise "
                "max_failed; what was answered is stored and is not paid again"
            )
