"""Japanese sentences by their ending: polite (です・ます) or plain (だ・である).

Lists, headings, quotations and code are left out: there the other style is right. Endings that both styles have
(nouns, 〜ください) are neither.
"""

import re
from typing import NamedTuple

from factory.text_rules.prose import prose

_QUOTED = re.compile(r"「[^「」]*」|『[^『』]*』|“[^“”]*”|（[^（）\n]*）|\([^()\n]*\)")
_SKIPPED = re.compile(r"^[ \t　]*(?:[-*+・•●○■□◆◇※>#|]|\(?\d{1,3}[.):）．、]|[①-⑳]).*$", re.MULTILINE)
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")
_POLITE = re.compile(
    r"(?:です|でした|でしょう|ます|ました|ません|ませんでした|ましょう)(?:か|ね|よ|よね|が|けど|わ)?[。！？!?]\Z"
)
_PLAIN = re.compile(
    r"(?:(?<!ん)だ|だった|だろう|である|であった|であろう|ではない|でない|のだ|する|した|していた|している|いる|いた|ある|あった|なる|なった"
    r"|れる|れた|できる|できた|なかった|られない|できない|しない)(?:か|ね|よ|な)?[。！？!?]\Z"
)


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
    bare = _SKIPPED.sub("", _QUOTED.sub("", prose(text)))
    polite, plain = [], []
    for sentence in _SENTENCE.findall(bare):
        end = sentence[-16:]
        if _POLITE.search(end):
            polite.append(sentence)
        elif _PLAIN.search(end):
            plain.append(sentence)
    rarer = min(polite, plain, key=len)
    return Style(len(polite), len(plain), rarer[0].strip() if rarer else "")
