"""Texts that repeat themselves without end, as a model does that has lost the thread.

Three signs, each turn by itself, without blocks of code and links: the text ends in a period (of up to 400
characters, four times and over 120 characters); most of its 20-grams are copies of earlier ones; one sentence comes
four times and more. Numbered loops are seen since a number may change, and number tables are none since a third of
the period must be letters. Counting copies, and not all places of what comes again, lets pass what is only said twice
(a tune, a summary).

Swallow's and Gopher's limits on n-grams have 80 to 90 % false alarms on good answers (maths, code, JSON), which is
why they are not here; these signs were set, and measured, on the same 744 answers that were read
(benchmarks/judges.py). What it leaves out: loops inside a block of code.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from factory.text_rules.characters import pack
from factory.text_rules.grams import grams
from factory.text_rules.prose import without_code

LONGEST_PERIOD = 400
TIMES = 4
LEAST = 120
"""Characters that the repetition takes at least: labels of ten things, in their order, may well be the same."""
GRAM = 20
_CUT = 4
"""Characters at the end that may belong to no period: a last mark, or the beginning of a character."""
_SENTENCE = re.compile(r"[。．！？\n]+|[.!?]+(?=\s)")
_LINK = re.compile(r"https?://[!-~]+")
_SHORTEST = 8
_LEAST_READ = 200
"""Characters from which copied 20-grams tell something."""
_LEAST_SHARE = 0.12
"""What the repeated sentence must make up of a text: a refrain, or a label of each entry, is no loop."""
_READ = 100_000
"""Characters at the end of a text in which its sentences and 20-grams are counted."""
_NUMBER = re.compile(r"[0-9０-９]+")
_ROW = re.compile(r"^[ \t]*\|.*$", re.MULTILINE)


class Repetition(NamedTuple):
    """How much of a text is repeated."""

    reason: str
    """`period`, `sentences`, `grams`, or nothing."""
    share: float | None
    """Copies of earlier 20-grams, of all places; none where a text is too short to say."""
    piece: str
    """What comes again and again."""


def repetitions(texts: Sequence[str], most: float = 0.5, times: int = 4) -> list[Repetition]:
    """What is repeated in each text: 20-grams, of which over `most` are copies, or a sentence, at least `times`."""
    bare = [_LINK.sub(" ", without_code(text)[-_READ:]).strip().rstrip("\ufffd") for text in texts]
    found = grams(pack(bare), (GRAM,))[GRAM]
    shares = ((found.repeated_places - found.repeated) / np.maximum(found.places, 1)).tolist()
    known = (found.places > 0).tolist()
    return [_told(*one, most, times) for one in zip(bare, shares, known, strict=True)]


def loops(text: str) -> bool:
    """Whether one text repeats itself."""
    return bool(repetitions([text])[0].reason)


def _told(text: str, share: float, known: bool, most: float, times: int) -> Repetition:
    said = share if known else None
    if piece := period(text):
        return Repetition("period", said, piece)
    sentence, count = _commonest(text)
    if count >= times and count * len(sentence) >= _LEAST_SHARE * len(text):
        return Repetition("sentences", said, sentence)
    return Repetition("grams" if share > most and len(text) >= _LEAST_READ else "", said, "")


def period(text: str) -> str:
    """The period that a text ends in; empty where it ends in none.

    A number in it may be another one each time, as in a numbered list of one sentence, and stands as 0 then.
    """
    tail = text[-2 * TIMES * LONGEST_PERIOD :]
    if piece := _period(tail):
        return piece
    masked = _NUMBER.sub("0", tail)
    if masked == tail:
        return ""
    piece = _period(masked)
    return piece if piece.count("0") == 1 else ""


def _period(text: str) -> str:
    tail = text[-(TIMES * LONGEST_PERIOD + _CUT) :]
    for cut in range(_CUT + 1):
        end = len(tail) - cut
        if end < LEAST:
            return ""
        # A period p shows in that the last characters stand p earlier too.
        last = tail[end - (LEAST * 3 // 4) : end]
        at = tail.rfind(last, 0, end - 1)
        while at >= 0:
            size = end - len(last) - at
            if size > LONGEST_PERIOD:
                break
            long = max(TIMES * size, LEAST)
            if long <= end and tail[end - long : end - size] == tail[end - long + size : end]:
                piece = tail[end - size : end]
                return piece if sum(map(str.isalpha, piece)) >= 0.3 * size else ""
            at = tail.rfind(last, 0, at + len(last) - 1)
    return ""


def _commonest(text: str) -> tuple[str, int]:
    prose = _ROW.sub("", text) if "|" in text else text
    sentences = [one for one in map(str.strip, _SENTENCE.split(prose)) if len(one) >= _SHORTEST]
    counts = Counter(sentences)
    if len(counts) == len(sentences):
        return "", 0
    return next(iter(counts.most_common(1)))
