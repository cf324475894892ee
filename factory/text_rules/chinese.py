"""Chinese that slipped into a Japanese text, as from models that learnt much Chinese.

Rules over sentences, for no identifier of whole texts sees one sentence in many.

Two signs: a character that only Chinese has (GB2312 or Big5 has it, JIS X 0213 has not), and a sentence of at least
ten kanji without kana that has a little word of Chinese (你, 嗎), two of those that Japanese writes too (的, 是, 了),
or two characters that Japanese writes seldom (會, 說). Without these, lists of places and dates, and names of laws and
offices, are false alarms of the second sign. What the prompt has too is no leak, nor what stands in 「」, nor anything
where the prompt speaks of Chinese.

Measured on the translations of FastAPI's documentation: 96 % of simplified and 79 % of traditional Chinese sentences
are found, none of 3,233 Japanese ones. What it leaves out: Chinese of a few words that Japanese writes alike.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from factory.text_rules.characters import Class, chinese_only, pack, table
from factory.text_rules.prose import prose
from factory.text_rules.sentences import spans, totals

LEAST_KANJI = 10


_WORDS = re.compile(r"[你您她妳們這嗎麼很吧呢啊沒怎谁甚哪]")
_SHARED_WORDS = re.compile(r"[的是了我他也把]")
_QUOTED = re.compile(r"「[^「」\n]*」|『[^『』\n]*』|“[^“”\n]*”|\"[^\"\n]*\"")
_ASKED_FOR = re.compile(
    r"中国語|中文|漢文|漢詩|簡体字|繁体字|北京語|広東語|台湾華語|\bChinese\b|\bMandarin\b", re.IGNORECASE
)


_RARE = 2
"""Characters beyond the first level of JIS X 0208 (會, 說, 對) that a name of a place or a law does not have."""
_SECOND_LEVEL = b"\x98\x9f"


class Leak(NamedTuple):
    """What is Chinese in a text."""

    characters: str
    """The different Chinese-only characters, in their order."""
    sentences: tuple[str, ...]
    """The sentences that have many kanji and no kana, or such characters."""


NO_LEAK = Leak("", ())


def speaks_chinese(text: str) -> bool:
    """Whether a text without kana has the little words of Chinese, or its old forms of characters."""
    if _WORDS.search(text) or len(set(_SHARED_WORDS.findall(text))) >= 2:
        return True
    return len({one for one in text if "\u4e00" <= one <= "\u9fff" and _is_rare(one)}) >= _RARE


@lru_cache(maxsize=30_000)
def _is_rare(character: str) -> bool:
    """Whether Japanese writes the character seldom: it is beyond the first level of JIS X 0208."""
    try:
        return character.encode("shift_jis") >= _SECOND_LEVEL
    except UnicodeEncodeError:
        return True


def leaks(texts: Sequence[str], sources: Sequence[str], least_kanji: int = LEAST_KANJI) -> list[Leak]:
    """The Chinese in each text that its source lacks; `texts` are Japanese, `sources` what they answer."""
    packed = pack([_QUOTED.sub(" ", prose(text)) for text in texts])
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
        if _ASKED_FOR.search(source):
            continue
        new = "".join(dict.fromkeys(one for one in sentence if one in chinese_only() and one not in source))
        many = not kana[at] and kanji[at] >= least_kanji and sentence not in source
        if new or (many and speaks_chinese(sentence)):
            old = leaked[text]
            characters = "".join(dict.fromkeys(old.characters + new))
            leaked[text] = Leak(characters, (*old.sentences, sentence))
    return leaked
