"""Which of two answers a judge chose, read from whatever it wrote: `[[A]]`, `Winner: B`, `引き分け`, JSON, prose.

Judges are asked for one form and write many. Marks (`[[A]]`, JSON, `判定：B`) are read first, then lines that say
nothing else, then sentences that compare. What says two different things says nothing: a verdict that is guessed would
count like one that was given. Nor do marks count that the judge quotes, since an answer may hold one to be read as the
judge's, nor `the answer is B`, which tells what the question asked.

Source: `[[A]]`, `[[B]]` and `[[C]]` for a tie are the marks of MT-Bench's judges, https://arxiv.org/abs/2306.05685.
What it leaves out: MT-Bench's reader takes the first mark it finds even where there are several.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

from factory.judging import choice_words as words
from factory.judging.rating_text import without_thoughts

Choice = Literal["A", "B", "tie"]

HEAD, TAIL = 4_000, 12_000
"""Characters of a judge's words that are read: its verdict comes first or last."""
MOST_LINE = 60
"""The longest line that can be nothing but a verdict."""
MOST_SENTENCE = 400

_FOLDED = str.maketrans(
    {"【": "[", "】": "]", "〔": "[", "〕": "]", "’": "'", "“": '"', "”": '"', "≫": ">>", "≪": "<<"}
)


def choice(text: str) -> Choice | None:
    """The answer that a judge chose, `tie`, or None where it chose none, several, or can't be understood."""
    said = _plain(text)
    if re.match(r"\s{0,9}(?:```[a-z]{0,8}\s{0,9})?\{", said):
        fields = {_value(match) for match in words.FIELD.finditer(said)}
        return fields.pop() if len(fields) == 1 else None
    if former := words.FORMER.fullmatch(said):
        return "A" if former["bare"] else "B"
    marks = list(_marks(said))
    marked = {found for found, _ in marks}
    lines = list(_lines(said))
    if marked:
        told = {found for found, bare, _ in lines if bare} | marked
        later = _compared(said[max(end for _, end in marks) :])
        return marked.pop() if len(told) == 1 and later in (None, *marked) else None
    alone = {found for found, _, _ in lines}
    if alone:
        stands = len(alone) == 1 and any(own for _, _, own in lines) and _compared(said) in (None, *alone)
        return alone.pop() if stands else None
    return _compared(said)


def _plain(text: str) -> str:
    """The text as it is read: half-width, lower case, its ends where it is long, without a thought before it."""
    text = without_thoughts(text)
    text = text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n\n{text[-TAIL:]}"
    plain = unicodedata.normalize("NFKC", text).lower()[-2 * (HEAD + TAIL) :].translate(_FOLDED)
    return re.sub(r"[ \t]+", " ", without_thoughts(plain))


def _marks(said: str) -> Iterator[tuple[Choice, int]]:
    """What marks say that are the judge's own, and where they end."""
    for pattern in (*words.BRACKETS, words.FIELD, words.KEYED):
        for match in pattern.finditer(said):
            before = said[max(0, match.start() - 120) : match.start()]
            if pattern is words.KEYED and not words.BEFORE_KEY.search(before):
                continue
            quoted = words.QUOTED_BEFORE.search(before) and not words.OWN_BEFORE.search(before)
            if not quoted and not words.SAID.search(before) and not words.SAID_AFTER.match(said, match.end()):
                yield _value(match), match.end()


def _lines(said: str) -> Iterator[tuple[Choice, bool, bool]]:
    """What lines say that are no more than a verdict, whether they are a mere letter or `tie`, and whether they count.

    A line counts where it is the first or the last and no other announces it as something else (`The answer says:`), or
    where a heading announces it.
    """
    lines = [line for line in map(str.strip, said.split("\n")) if line]
    for place, line in enumerate(lines):
        ends = place in (0, len(lines) - 1)
        match = words.LINE.match(line) if len(line) <= MOST_LINE else None
        if not match and place == len(lines) - 1 and len(line) <= MOST_LINE:
            match = words.ANSWERED.match(line)
        if match:
            before = lines[place - 1] if place else ""
            headed = words.HEADING.match(before[:MOST_LINE]) is not None
            named = match.groupdict().get("named")
            yield _value(match), named is None, headed or (ends and not before.endswith((":", ",", "、", "は")))


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
            denied = denied or words.REPORTED.search(sentence[: match.start()])
            if not denied and (before or not words.TAKEN_BACK.match(sentence, match.end())):
                yield _value(match)
    for match in words.EVEN.finditer(sentence):
        if not words.DENIED.search(sentence[: match.start()]) and not words.NO_TIE.match(sentence, match.end()):
            yield "tie"


def _value(match: re.Match[str]) -> Choice:
    groups = match.groupdict()
    if order := groups.get("order"):
        if groups["left"] == groups["right"] or order[0] in "=≈":
            return "tie"
        return "A" if groups["left" if order[0] == ">" else "right"] == "a" else "B"
    side = groups.get("named") or groups.get("bare") or groups.get("number")
    if side is None or side == "c":
        return "tie"
    return "A" if side in "a1" else "B"
