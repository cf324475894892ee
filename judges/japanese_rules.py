"""Drops Japanese texts by the shares of their characters and the length of their sentences, as Swallow does.

Kept of Swallow v1 (Okazaki et al. 2024, https://arxiv.org/abs/2404.17733): a mean sentence of 20 to 90 characters, and
hiragana of at least 0.20 of the Japanese letters. Its other rules are there and off, for on answers they fail good
text: n-gram limits have 80 to 90 % false alarms on maths, code and JSON, and 400 letters refuse every short answer.

Profiles: `web_doc` has the kept rules as published, over all turns; `response` and `instruction` only what is true of
answers and questions too, over the turns of assistant and user: an answer may be one word or a list, so no least mean
(the published one drops a third of instruction_ja), a most of 200 characters, hiragana of 0.10, which lists of foreign
names have, and nothing is said of few Japanese letters. `swallow_v1` is all of v1, over the texts as they are; the
others leave out code, formulas, tables and links first. Texts that are not Japanese pass unread.

Reasons: the names of the limits. The score is the least share of hiragana in the row's texts; the note has every value
that a limit asked for, of the first text that failed or of the first, so that limits can be decided later.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, NonNegativeFloat, NonNegativeInt

from factory.component import Judge, Run
from factory.row import Pair, Row, Verdict
from factory.text_rules import turns
from factory.text_rules.characters import HAN, KANA, Class
from factory.text_rules.japanese import RULES, Statistics, failures
from factory.text_rules.prose import prose

Profile = Literal["web_doc", "instruction", "response", "swallow_v1"]
Limit = Annotated[str, Field(pattern=f"^({'|'.join(RULES)})$")]

KEPT = {name: RULES[name].swallow for name in ("hiragana", "sentence_least", "sentence_most")}
LIMITS: Mapping[Profile, Mapping[str, float]] = {
    "web_doc": KEPT,
    "instruction": {"hiragana": 0.10, "sentence_most": 200.0},
    "response": {"hiragana": 0.10, "sentence_most": 200.0},
    "swallow_v1": {name: rule.swallow for name, rule in RULES.items()},
}
TURNS: Mapping[Profile, turns.Turns] = {
    "web_doc": "all",
    "instruction": "questions",
    "response": "answers",
    "swallow_v1": "all",
}


class JapaneseRules(Judge):
    """Passes the rows whose Japanese texts read as sentences."""

    rates: ClassVar[bool] = False

    profile: Profile = "response"
    """Which limits, and of which turns."""
    limits: dict[Limit, NonNegativeFloat | None] = {}  # noqa: RUF012 - frozen
    """Limits to change or add by name, as `katakana: 0.5`; null switches one off."""
    least_letters: NonNegativeInt = 50
    """Of fewer Japanese letters nothing is said; `web_doc` and `swallow_v1` judge all."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        """One verdict per row on the turns of the profile; of a pair, on the chosen side."""
        picked = turns.of_each(rows, lambda row: turns.texts(row, TURNS[self.profile]), self._tell)
        return [_verdict([one for one in found if one]) for found in picked]

    def _tell(self, texts: Sequence[str]) -> list[tuple[str, float, str] | None]:
        """Of each text its fault, its hiragana and its values; none where nothing is to be said."""
        whole = self.profile == "swallow_v1"
        found = Statistics(texts if whole else [prose(text) for text in texts])
        asked = {**LIMITS[self.profile], **self.limits}
        limits = {name: limit for name, limit in asked.items() if limit is not None}
        failed = failures(found, limits)
        hiragana = found.hiragana().tolist()
        values = {name: found.value(name).tolist() for name in limits}
        told: list[tuple[str, float, str] | None] = [None] * len(texts)
        for at in np.flatnonzero(self._read(found)).tolist():
            fault = next((name for name, beyond in failed.items() if beyond[at]), "")
            told[at] = (fault, hiragana[at], " ".join(f"{name}={value[at]:.4g}" for name, value in values.items()))
        return told

    def _read(self, found: Statistics) -> np.typing.NDArray[np.bool_]:
        if self.profile == "swallow_v1":
            return np.ones(len(found.japanese), np.bool_)
        japanese = found.classes[:, [*KANA, *HAN]].sum(axis=1)
        # A Japanese character says about as much as two Latin letters.
        mostly = (2 * japanese >= found.classes[:, Class.LATIN]) & (japanese > 0)
        enough: np.typing.NDArray[np.bool_] = (self.profile == "web_doc") | (found.japanese >= self.least_letters)
        return np.asarray(mostly & enough)


def _verdict(found: Sequence[tuple[str, float, str]]) -> Verdict:
    if not found:
        return Verdict("japanese_rules", True)
    fault, _, note = next((one for one in found if one[0]), found[0])
    return Verdict("japanese_rules", not fault, min(hiragana for _, hiragana, _ in found), fault, note)
