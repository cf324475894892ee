"""Chinese that slipped into a Japanese text, as from models that learnt much Chinese.

Rules over sentences, for no identifier of whole texts sees one sentence in many.

Two signs: a character that only Chinese has (GB2312 or Big5 has it, JIS X 0213 has not), and a sentence of at least ten
kanji without kana. Measured on 91,522 Japanese sentences: 0.03 % false alarms, nearly all of the second sign (names of
laws and offices), against 98 % of simplified and 91 % of traditional Chinese sentences found. What the prompt has too
is no leak.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from factory.text_rules.characters import Class, chinese_only, pack, table
from factory.text_rules.prose import prose
from factory.text_rules.sentences import spans, totals

LEAST_KANJI = 10


class Leak(NamedTuple):
    """What is Chinese in a text."""

    characters: str
    """The different Chinese-only characters, in their order."""
    sentences: tuple[str, ...]
    """The sentences that have many kanji and no kana, or such characters."""


NO_LEAK = Leak("", ())


def leaks(texts: Sequence[str], sources: Sequence[str], least_kanji: int = LEAST_KANJI) -> list[Leak]:
    """The Chinese in each text that its source lacks; `texts` are Japanese, `sources` what they answer."""
    packed = pack([prose(text) for text in texts])
    classes = table()[packed.points]
    found = spans(packed)
    only = totals(classes == Class.CHINESE_ONLY, found)
    kanji = only + totals((classes == Class.KANJI) | (classes == Class.RARE_KANJI), found)
    kana = totals((classes >= Class.HIRAGANA) & (classes <= Class.KANA_MARK), found)
    leaked = [NO_LEAK] * len(texts)
    for at in np.flatnonzero((only > 0) | ((kana == 0) & (kanji >= least_kanji))).tolist():
        text = int(found.texts[at])
        points = packed.points[found.starts[at] : found.ends[at]]
        sentence = points.tobytes().decode("utf-32-le", "surrogatepass").strip()
        source = sources[text]
        new = "".join(dict.fromkeys(one for one in sentence if one in chinese_only() and one not in source))
        if new or (not kana[at] and kanji[at] >= least_kanji and sentence not in source):
            old = leaked[text]
            characters = "".join(dict.fromkeys(old.characters + new))
            leaked[text] = Leak(characters, (*old.sentences, sentence))
    return leaked
