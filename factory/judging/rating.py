r"""The rating that a judge gave, read from whatever it wrote: `[[7]]`, `Rating: 8/10`, `評価：７点`, JSON, a bare 7.

Judges are asked for one form and write many. Forms are tried from the plainest down: JSON; marks made for it (`[[7]]`,
`\boxed{7}`, `<score>`); a final or total rating with its label; any rating with its label; sentences that give one
(`I would rate this a 7`, `10点満点中7点`); a line that is a number alone. The first form that is there decides,
wherever it stands, and where it says two different things, nothing is read: a number that is guessed would count like
one that was given.

A fraction is read only of the scale's own top: 4/5 on a scale from 1 to 10 is no 8 (nor a 7.75, which a scale that
begins at 1 would make of it), since a judge that changed the scale did not follow the rubric. Nor are ranges, percents,
what is denied or given under a condition, or the rating of something else (`Accuracy: 9`).

Source: `[[rating]]` is the mark of MT-Bench's judges, https://arxiv.org/abs/2306.05685. What it leaves out: MT-Bench's
reader takes the first mark and any number in single brackets.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from factory.judging import rating_words as words
from factory.judging.rating_text import prepared, without_thoughts

MOST_CHARS = 100_000
"""Longer texts are no rating."""
MOST_DEPTH = 3
_FENCED = re.compile(r"```[a-z]{0,8}\s*(\{.*\})\s*```", re.DOTALL)
_FLAT = re.compile(r"\{[^{}]*\}")
_NO_JSON = object()


def rating(text: str, low: float, high: float) -> float | None:
    """The number between `low` and `high` that the text gives as its rating; None where it gives none, or several."""
    if len(text) > MOST_CHARS:
        return None
    for shown in (text, without_thoughts(text)):
        answer = _loaded(shown)
        if isinstance(answer, dict):
            return _of_object(answer, low, high, 0)
    reader = _Reader(prepared(text, low, high), low, high)
    for form in (reader.marked, reader.labelled_last, reader.labelled, reader.told, reader.alone):
        found = set(form())
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _loaded(text: str) -> Any:
    """The JSON value that the text is, a fence around it left out; `_NO_JSON` where it is none."""
    bare = text.strip()
    fenced = _FENCED.fullmatch(bare) if bare.startswith("```") else None
    try:
        return orjson.loads(fenced[1] if fenced else bare)
    except orjson.JSONDecodeError:
        return _NO_JSON


def _of_object(answer: dict[str, Any], low: float, high: float, depth: int) -> float | None:
    """The rating under the one key that is for it."""
    given = [value for key, value in answer.items() if key.strip().lower() in words.KEYS]
    if not given and len(answer) == 1 and depth < MOST_DEPTH:
        (inner,) = answer.values()
        return _of_object(inner, low, high, depth + 1) if isinstance(inner, dict) else None
    found = {_of_value(value, low, high) for value in given}
    return found.pop() if len(found) == 1 else None


def _of_value(value: object, low: float, high: float) -> float | None:
    if isinstance(value, str):
        found = set(_Reader(prepared(value[:100], low, high), low, high).alone())
        return found.pop() if len(found) == 1 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high else None


class _Reader:
    """Finds ratings in prepared text; each form yields numbers, and None for one that can't be understood."""

    def __init__(self, said: str, low: float, high: float) -> None:
        self._said, self._low, self._high = said, low, high

    def marked(self) -> Iterator[float | None]:
        r"""`[[7]]`, `\boxed{7}`, `<score>7</score>`, `[RESULT] 7`, and JSON objects within the text."""
        for match in words.BRACKETED.finditer(self._said):
            inner = next(group for group in match.groups() if group is not None)
            if not words.PLACEHOLDER.match(inner) and not self._only_named(match.start(), match.end()):
                yield self._inside(inner, self._said[match.end() : match.end() + 12])
        for match in words.RESULT.finditer(self._said):
            yield from self._number(match.end(), strict=True)
        for flat in _FLAT.finditer(self._said):
            if key := words.KEY.search(flat[0]):
                yield from self._number(flat.start() + key.end(), strict=True)

    def labelled_last(self) -> Iterator[float | None]:
        """`Final rating: 7`, `総合評価：7`, `Total: 4`."""
        return self._labelled(last=True)

    def labelled(self) -> Iterator[float | None]:
        """`Rating: 8/10`, `評価は7点です`."""
        return self._labelled(last=False)

    def told(self) -> Iterator[float | None]:
        """`I would rate this a 7`, `10点満点中7点`, `8点とします`; and `8/10.` at the beginning."""
        if match := words.STARTS.match(self._said):
            yield from self._number(match.end())
        for match in words.VERB.finditer(self._said):
            before = re.split(r"[.\n!?;]", self._said[max(0, match.start() - 200) : match.start()])[-1]
            if not words.GAP_DENIES.search(match["gap"]) and not words.CONDITION.search(before):
                yield from self._number(match.end())
        for match in words.POINTS.finditer(self._said):
            number = words.NUMBER.match(self._said, match.end())
            before = self._said[max(0, match.start() - 20) : match.start()]
            behind = number is not None and words.GIVEN.match(self._said, number.end())
            if words.OF_SCALE.search(before) or words.SUBJECT.search(before) or behind:
                yield from self._number(match.end())

    def alone(self) -> Iterator[float | None]:
        """A first or last line that is nothing but a number."""
        lines = [line for line in self._said.split("\n") if line.strip(" *_`#-")]
        for place in sorted({0, len(lines) - 1}) if lines else ():
            match = words.ALONE.match(lines[place]) if len(lines[place]) <= 60 else None
            announced = place > 0 and not match_end(lines[place - 1])
            if match and (match["unit"].strip() or not announced):
                yield self._value(match["number"])

    def _labelled(self, *, last: bool) -> Iterator[float | None]:
        if not last and words.REVISED.search(self._said):
            yield None
        for label in words.LABEL.finditer(self._said):
            before = self._said[max(0, label.start() - 40) : label.start()]
            stronger = bool(words.STRONGER.search(before + label[0]))
            known = words.BEFORE_EN if label[0].isascii() else words.BEFORE_JA
            match = words.LABEL_TO_NUMBER.match(self._said, label.start()) if stronger == last else None
            if not match or not known.search(before) or words.EXAMPLE.search(before):
                continue
            if not self._lists(label, match.end()):
                yield from self._number(match.end(), strict=match["separator"] is not None)

    def _lists(self, label: re.Match[str], at: int) -> bool:
        """Whether the number there only counts the items of a list."""
        number = words.NUMBER.match(self._said, at)
        if number is None or not words.LIST_ITEM.match(self._said, number.end()):
            return False
        heading = words.LOOSE_LABEL.search(label[0]) is not None and number[0] == "1"
        return heading or "\n" in self._said[label.end() : at]

    def _number(self, at: int, *, strict: bool = False) -> Iterator[float | None]:
        """The rating that begins there; None for one that is unclear; nothing where none is given."""
        number = words.NUMBER.match(self._said, at)
        if number is None:
            if strict and words.UNCLEAR.match(self._said, at):
                yield None
        elif words.TAKEN_BACK.match(self._said, number.end()):
            return
        elif words.ENDS.match(self._said, number.end()):
            yield self._value(number[0])
        elif number[0][0] in "0123456789" and (strict or words.RANGE.match(self._said, number.end())):
            yield None

    def _inside(self, inner: str, after: str) -> float | None:
        """The rating between brackets, which holds nothing else."""
        start = words.INSIDE.match(inner)
        number = words.NUMBER.match(inner, start.end()) if start else None
        if number is None or not re.fullmatch(r"\s?点?\s?‖?\s?点?\s?", inner[number.end() :]):
            return None
        other = re.match(r"\s?/\s?([0-9]+)", after)
        if other and float(other[1]) != self._high:
            return None
        return self._value(number[0])

    def _only_named(self, start: int, end: int) -> bool:
        """Whether the mark is an example, or what is not given."""
        before = self._said[max(0, start - 60) : start]
        return bool(
            words.EXAMPLE.search(before)
            or words.DENIED.search(before)
            or re.match(r"\s?点?(?:では|じゃ|には|とは)", self._said[end : end + 6])
        )

    def _value(self, number: str) -> float | None:
        value = number_of(number)
        return value if value is not None and self._low <= value <= self._high else None


def match_end(line: str) -> bool:
    """Whether a line ends as a sentence does, so that the next one is no part of it."""
    return line.rstrip(" *_`\"'」』)").endswith((".", "。", "!", "！", "?", "？")) or not line.strip(" *_`#-=")


def number_of(text: str) -> float | None:
    """The value of digits, an English word or a Japanese numeral; None where it is none."""
    if text[0] in "0123456789":
        return float(text)
    if text in words.WORDS:
        return float(words.WORDS.index(text))
    total = 0
    rest = text.replace("零", "〇")
    for mark, weight in (("百", 100), ("十", 10)):
        head, found, tail = rest.partition(mark)
        if found:
            if len(head) > 1:
                return None
            total += weight * (words.KANJI.index(head) if head else 1)
            rest = tail
    if len(rest) > 1 or rest in ("百", "十"):
        return None
    return float(total + (words.KANJI.index(rest) if rest else 0))
