"""Swallow v1's quality rules, written anew from their definition, one text at a time in plain Python.

Source: Okazaki et al. 2024, https://arxiv.org/abs/2404.17733. An empty text, or one shorter than an n-gram, is refused
where the published code breaks.
"""

import re
from collections import Counter

SENTENCE = re.compile(r"[^。．！？!?]+[。．！？!?]?")
KANJI = re.compile(r"[々〇〻㐀-鿿豈-﫿]")
TOP = {2: 0.20, 3: 0.18, 4: 0.16}
REPEATED = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


def letters(text):
    """Japanese characters by kind."""
    hiragana = katakana = commas = stops = 0
    for character in text:
        point = ord(character)
        if 0x3041 <= point <= 0x3096:
            hiragana += 1
        elif 0x30A1 <= point <= 0x30FA:
            katakana += 1
        elif character in "、，":
            commas += 1
        elif character in "。．！？":
            stops += 1
    return hiragana, katakana, len(KANJI.findall(text)), commas, stops


def ratio(part, whole):
    return part / whole if whole else 0.0


def kept(text):
    """Hiragana, mean sentence, longest sentence, ellipses, katakana, Japanese letters as a share and in number."""
    sentences = [sentence for line in text.split("\n") for sentence in SENTENCE.findall(line)]
    found = letters(text)
    japanese = sum(found)
    lengths = [len(sentence) for sentence in sentences]
    trailing = sum(sentence.strip().endswith(("・", "…")) for sentence in sentences)
    return (
        ratio(found[0], japanese),
        ratio(sum(lengths), len(lengths)),
        max(lengths, default=0),
        ratio(trailing, len(sentences)),
        ratio(found[1], japanese),
        ratio(japanese, len(text)),
        japanese,
    )


def duplicated(pieces):
    """Share of the pieces, and of their characters, that came before."""
    again = characters = 0
    for piece, count in Counter(pieces).items():
        again += count - 1
        characters += len(piece) * (count - 1)
    return ratio(again, len(pieces)), ratio(characters, sum(map(len, pieces)))


def keeps_by_kept_rules(text):
    hiragana, mean, *_ = kept(text)
    return hiragana >= 0.20 and 20 <= mean <= 90


def keeps(text):
    """Whether all rules keep a text. Every statistic is made first, as in the published code."""
    lines = [SENTENCE.findall(line) for line in text.split("\n")]
    repeats = (*duplicated(["".join(line) for line in lines]), *duplicated([one for line in lines for one in line]))
    tops, again = {}, {}
    for n in range(2, 11):
        counts = Counter(text[at : at + n] for at in range(len(text) - n + 1))
        if n in TOP:
            tops[n] = ratio(max(counts.values(), default=0), sum(counts.values()))
        else:
            again[n] = ratio(sum(1 for count in counts.values() if count > 1), len(counts))
    hiragana, mean, longest, ellipses, katakana, share, japanese = kept(text)
    return (
        len(text) >= 400
        and repeats[0] <= 0.30
        and repeats[2] <= 0.30
        and repeats[1] <= 0.20
        and repeats[3] <= 0.20
        and all(tops[n] <= most for n, most in TOP.items())
        and all(again[n] <= most for n, most in REPEATED.items())
        and hiragana >= 0.2
        and katakana <= 0.5
        and share >= 0.5
        and japanese >= 400
        and 20 <= mean <= 90
        and longest <= 200
        and ellipses <= 0.2
    )
