"""Which language a text is in, by its scripts and commonest words: enough to see that a model drifted out of it.

No model and no word list of a whole language: Japanese is known by its kana, English by the little words that no
English sentence does without. What it leaves out: which of the other languages a text is in, and Chinese texts of a few
characters that Japanese has too.
"""

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from factory.text_rules.characters import HAN, KANA, LETTERS, Class, counts, pack
from factory.text_rules.chinese import speaks_chinese
from factory.text_rules.prose import prose

Language = Literal["ja", "en", "mixed", "other"]

READ = 4_000
"""The characters that are looked at: a text that drifts does so early."""

MANY_KANJI = 20
"""Kanji without kana from which the little words of Chinese are looked for."""

_HAN = re.compile(r"[一-鿿㐀-䶿々〆]")
_CHINESE = re.compile(r"[這們嗎麼您妳]")
_LETTER = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
_ACCENTED = re.compile(r"[À-ÖØ-öø-ɏḀ-ỿ]")
_NAMED = re.compile(
    r"(?:日本|英|中国|韓国|朝鮮|独|仏|露|外国|母|[ァ-ヺー]{2})語|英訳|和訳|翻訳|訳し|ローマ字|\btranslat"
    r"|\bin [A-Z][a-z]+(?:ese|ish|ian|man|ean|nch)\b"
    r"|\b(?:English|Japanese|French|German|Spanish|Chinese|Korean|Latin|Italian|Portuguese|Russian|Arabic|Hindi)\b"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENGLISH = _words("""
    the of and to a in is it you that for on with as are this be or can i my how what do if from at an by your not we
    have which will about would should when why me was but has there their please some into more one it's i'm don't
    does using use could between write explain make give find create
""")
_OTHERS = _words("""
    le la les des une un et est dans pour que qui sur avec pas vous je ce il du au aux ne se der das und ist nicht ein
    eine zu den mit von für auf ich sie wie dem im wird auch kann el los las una es en por con para del como lo su al
    más está yo mi sobre qué cómo di che è per non sono della le gli come questo nel o os um uma com não em dos você
    de het een van niet dat met voor op zijn ik yang dan untuk dengan ini itu dari adalah saya tidak pada bagaimana apa
    anda ang ng mga sa na ay ako ko bir ve bu için ile mi nasıl không là của và cho một các merci danke gracias
""")


def language(text: str) -> Language:
    """`ja` or `en`; `mixed` where both make up much of the text; `other` for any other language and for no letters."""
    return languages([text])[0]


def languages(texts: Sequence[str]) -> list[Language]:
    """The language of each text."""
    heads = [text[:READ] for text in texts]
    bare = [prose(head) for head in heads]
    found = counts(pack(bare))
    for place in np.flatnonzero(found[:, LETTERS].sum(axis=1) == 0).tolist():
        bare[place] = heads[place]
        found[place] = counts(pack([heads[place]]))[0]
    scripts = (found[:, kinds].sum(axis=1).tolist() for kinds in (LETTERS, KANA, HAN, [Class.LATIN]))
    return [_language(*one) for one in zip(bare, *scripts, strict=True)]


def shares(texts: Sequence[str]) -> list[float]:
    """How much of the letters of each text is Japanese, or Chinese, a character counting as two Latin letters."""
    found = counts(pack([prose(text[:READ]) for text in texts]))
    japanese = 2 * found[:, [*KANA, *HAN]].sum(axis=1)
    rest = found[:, LETTERS].sum(axis=1) - japanese // 2
    shown: list[float] = (japanese / np.maximum(japanese + rest, 1)).tolist()
    return shown


def kanji_alone(text: str) -> bool:
    """Whether a text has many kanji, and no kana, Hangul or Chinese-only character that would tell its language."""
    found = counts(pack([text[:READ]]))[0]
    return bool(found[HAN].sum() > MANY_KANJI and not found[[*KANA, Class.HANGUL, Class.CHINESE_ONLY]].any())


def drifted(text: str, asked: Language) -> bool:
    """Whether a text is in another language than was asked.

    One that holds much of both is let through, and one that is all code or formulas.
    """
    return _LETTER.search(prose(text[:READ])) is not None and language(text) not in (asked, "mixed")


def foreign(text: str) -> bool:
    """Whether a text of language `other` is surely in another language: by script, or by little words of others.

    Without them a text in Latin script may be a list of names, which has no language.
    """
    bare = prose(text[:READ])
    found = counts(pack([bare]))[0]
    letters, latin = int(found[LETTERS].sum()), int(found[Class.LATIN])
    if not letters:
        return False
    if latin < 0.5 * letters:
        return True
    words = [word.lower() for word in _WORDS.findall(bare)]
    others = [word for word in words if word in _OTHERS]
    enough = len(others) >= max(3, 0.1 * len(words)) and len(set(others)) >= 2
    return enough and len(others) > sum(word in _ENGLISH for word in words)


def names_language(text: str) -> bool:
    """Whether a text speaks of a language, as one that asks for a translation does: its answer may be in that one."""
    return bool(_NAMED.search(text))


def _language(text: str, letters: int, kana: int, han: int, latin: int) -> Language:
    if not letters or letters - kana - han - latin > 0.2 * letters:
        return "other"
    japanese = kana + han
    if japanese and not _is_japanese(text, kana, han) and japanese > 0.1 * letters:
        return "other"
    # A Japanese character says about as much as two Latin letters.
    share = 2 * japanese / (2 * japanese + latin)
    if share >= 0.5:
        return "ja"
    english = _is_english(text)
    if share >= 0.15:
        return "mixed" if english else "other"
    return "en" if english else "other"


def _is_japanese(text: str, kana: int, han: int) -> bool:
    """Kana are; a few characters without kana are, unless one is not in the Japanese character set."""
    if kana >= 0.1 * (kana + han):
        return True
    try:
        "".join(_HAN.findall(text)).encode("cp932")
    except UnicodeEncodeError:
        return False
    return not _CHINESE.search(text) and (han <= MANY_KANJI or not speaks_chinese(text))


def _is_english(text: str) -> bool:
    found = _WORDS.findall(text)
    folded = "\n".join(found).lower().replace("’", "'").split("\n")
    english = sum(map(_ENGLISH.__contains__, folded))
    others = sum(map(_OTHERS.__contains__, folded))
    if english != others:
        return english > others  # whatever accents a café has
    words = [word for word in found if _LATIN.match(word)]
    return 0 < len(words) < 8 and len(_ACCENTED.findall(text)) <= 0.02 * sum(map(len, words))
