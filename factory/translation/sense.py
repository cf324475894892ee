"""Texts that can't mean anything: loops that are too short for other checks, hardly any words, sounds for words.

They look at form alone, and none of 15,100 pairs has one. What they leave out: a sentence that is well formed and says
something else. Names and Latin words that the translation lacks do not tell it: of pairs with such names 1 to 30 %
have Japanese words for all of them (冥王星, 自由の女神).
"""

import re

from factory.text_rules.characters import HAN, Class
from factory.translation.beside import Beside

_TOTEN, _KUTEN, _HIRAGANA, _KATAKANA = map(int, (Class.TOTEN, Class.KUTEN, Class.HIRAGANA, Class.KATAKANA))
_NOTE = 80
_SHORT = 80
"""Characters from which `factory.text_rules.repetition` tells loops."""
_LOOP = re.compile(r"(.{2,12}?)\1{4,}|(.)\2{11,}", re.DOTALL)
_SOUND = re.compile(r"(.)\1{2,}|(.{1,4}?)\2{2,}", re.DOTALL)
"""What a text repeats whose translation may: hahaha, nooo."""
_LEAST_POINTS = 5
_MOST_POINTS = 3
"""From one of so many characters on there are more commas and full stops than words to part."""
_LEAST_SOUNDS = 15
_LITTLE = re.compile(r"\b[a-z]{2,}\b")
_LEAST_LITTLE = 3


def looped(both: Beside) -> str:
    """What a short text says over and over, where the source repeats nothing."""
    target = both.target_end
    if len(target) >= _SHORT or len(target) < 10 or 2 * len(set(target)) > len(target):
        return ""
    found = _LOOP.search(target)
    return found[0][:_NOTE] if found and not _SOUND.search(both.source[:1000]) else ""


def garbled(both: Beside) -> str:
    """A text that is commas and full stops for the most part."""
    after = both.after
    points = after[_TOTEN] + after[_KUTEN]
    if points < _LEAST_POINTS or points * _MOST_POINTS < len(both.target_end):
        return ""
    before = sum(both.source.count(sign) for sign in ",.!?、。")
    return "" if before * 2 * _MOST_POINTS > len(both.source) else both.target_end[:_NOTE]


def transliterated(both: Beside) -> str:
    """A sentence in katakana alone: its sounds and not its meaning."""
    after = both.after
    if both.languages.target != "ja" or after[_HIRAGANA] or after[_KATAKANA] < _LEAST_SOUNDS:
        return ""
    if sum(after[kind] for kind in HAN) > 2 or len(_LITTLE.findall(both.source_prose)) < _LEAST_LITTLE:
        return ""
    return both.target_end[:_NOTE] if both.source_end.endswith((".", "!", "?")) else ""
