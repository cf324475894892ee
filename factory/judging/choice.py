"""Which of two answers a judge chose, read from whatever it wrote: `[[A]]`, `Winner: B`, `引き分け`, JSON, prose.

Judges are asked for one form and write many. Marks (`[[A]]`, JSON, `判定：B`) are read first, then lines that say
nothing else, then sentences that compare. What says two different things says nothing: a verdict that is guessed would
count like one that was given.

Source: `[[A]]`, `[[B]]` and `[[C]]` for a tie are the marks of MT-Bench's judges, https://arxiv.org/abs/2306.05685.
What it leaves out: MT-Bench's reader takes the first mark it finds even where there are several.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

from factory.judging import choice_words as words

Choice = Literal["A", "B", "tie"]

HEAD, TAIL = 4_000, 12_000
"""Characters of a judge's words that are read: its verdict comes first or last."""
MOST_LINE = 60
"""The longest line that can be nothing but a verdict."""
MOST_SENTENCE = 400

_FOLDED = str.maketrans({"【": "[", "】": "]", "〔": "[", "〕": "]", "’": "'", "“": '"', "”": '"'})


def choice(text: str) -> Choice | None:
    """The answer that a judge chose, `tie`, or None where it chose none, several, or can't be understood."""
    said = _plain(text)
    marked = {_value(match) for pattern in words.MARKS for match in pattern.finditer(said)}
    lines = list(_lines(said))
    if len(marked) > 1:
        return None
    if marked:
        told = {found for found, bare in lines if bare}
        return marked.pop() if told <= marked else None
    alone = {found for found, _ in lines}
    if alone:
        return alone.pop() if len(alone) == 1 else None
    return _compared(said)


def _plain(text: str) -> str:
    """The text as it is read: half-width, lower case, its ends where it is long, without a thought before it."""
    text = text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n\n{text[-TAIL:]}"
    plain = unicodedata.normalize("NFKC", text).lower()[-2 * (HEAD + TAIL) :].translate(_FOLDED)
    thoughts = list(words.THOUGHT.finditer(plain))
    if thoughts:
        last = thoughts[-1]
        plain = plain[last.end() :] if last[0].startswith("</") else plain[: last.start()]
    return re.sub(r"[ \t]+", " ", plain)


def _lines(said: str) -> Iterator[tuple[Choice, bool]]:
    """What each line says that is nothing but a verdict, and whether it is no more than a letter or `tie`."""
    for line in map(str.strip, said.split("\n")):
        if line and len(line) <= MOST_LINE and (match := words.LINE.match(line)):
            yield _value(match), match["named"] is None


def _compared(said: str) -> Choice | None:
    """What sentences say that compare; those that conclude come before the others."""
    found: set[Choice] = set()
    concluded: set[Choice] = set()
    for sentence in words.SENTENCES.split(said):
        claims = set(_claims(sentence[:MOST_SENTENCE]))
        found |= claims
        if words.CONCLUDES.match(sentence):
            concluded |= claims
    decided = concluded or found
    return decided.pop() if len(decided) == 1 else None


def _claims(sentence: str) -> Iterator[Choice]:
    for before, patterns in words.COMPARISONS:
        for match in (match for pattern in patterns for match in pattern.finditer(sentence)):
            denied = words.DENIED.search(sentence[: match.end() if before else match.start()])
            if not denied and (before or not words.TAKEN_BACK.match(sentence, match.end())):
                yield _value(match)
    for match in words.EVEN.finditer(sentence):
        if not words.DENIED.search(sentence[: match.start()]) and not words.NO_TIE.match(sentence, match.end()):
            yield "tie"


def _value(match: re.Match[str]) -> Choice:
    groups = match.groupdict()
    side = groups.get("named") or groups.get("bare") or groups.get("number")
    if side is None or side == "c":
        return "tie"
    return "A" if side in "a1" else "B"
