"""Japanese sentences by their ending: polite (です・ます) or plain (だ・である).

Lists, headings, quotations and code are left out: there the other style is right. Endings that both styles have
(nouns, 〜ください) are neither.
"""

import re
from typing import NamedTuple

from factory.text_rules.prose import prose

_QUOTED = re.compile(r"「[^「」]*」|『[^『』]*』|“[^“”]*”")
_BRACKETED = re.compile(r"（[^（）\n]*）|\([^()\n]*\)")
_NOUN = "〓"
"""What stands for a quotation, so that the words before it end no sentence."""
_SKIPPED = re.compile(r"^[ \t　]*(?:[-*+・•●○■□◆◇※>#|]|\(?\d{1,3}[.):）．、]|[①-⑳]).*$", re.MULTILINE)
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")
_POLITE = re.compile(
    r"(?:です|でした|でしょう|ます|ました|ません|ませんでした|ましょう)(?:か|ね|よ|よね|が|けど|わ)?[。！？!?]\Z"
)
_PLAIN = re.compile(
    r"(?:(?<!ん)だ|[一-鿿]んだ|(?<!まし)(?<!でし)た|る|(?<![ょがよとどそほ])う|[一-鿿いおゆつひ]く|[一-鿿]む|[一-鿿ら]す|ぬ|ず"
    r"|(?:な|し|た|よ|多|高|近|長|強|良|無|深|早|速|低|小さ|大き|やす|にく|づら|らし|っぽ|少な|広|古|新し|重|軽|若|弱)い)"
    r"(?:か|ね|よ|な)?[。！？!?]\Z"
)
"""Verbs and adjectives by their last letters: what else ends a sentence so is rare."""


class Style(NamedTuple):
    """How many sentences are in each style."""

    polite: int
    plain: int
    example: str
    """A sentence of the rarer style."""

    @property
    def minority(self) -> float | None:
        """The share of the rarer style; none where no sentence has one."""
        both = self.polite + self.plain
        return min(self.polite, self.plain) / both if both else None


def style(text: str) -> Style:
    """The sentences of a text by style."""
    if "す" not in text and "だ" not in text and "る" not in text and "た" not in text:
        return Style(0, 0, "")
    bare = _SKIPPED.sub("", _BRACKETED.sub("", _QUOTED.sub(_NOUN, prose(text))))
    polite, plain = [], []
    for sentence in _SENTENCE.findall(bare):
        end = sentence[-16:]
        if _POLITE.search(end):
            polite.append(sentence)
        elif _PLAIN.search(end):
            plain.append(sentence)
    rarer = min(polite, plain, key=len)
    return Style(len(polite), len(plain), rarer[0].strip() if rarer else "")
