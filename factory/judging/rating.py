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

import json
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
_BEGINS_OBJECT = re.compile(r"(?:```[a-z]{0,8}\s{0,9})?\{\s{0,9}\"[^\"\n]{1,40}\"\s?:")
_NO_JSON, _CUT = object(), object()


def rating(text: str, low: float, high: float) -> float | None:
    """The number between `low` and `high` that the text gives as its rating; None where it gives none, or several."""
    if len(text) > MOST_CHARS:
        return None
    for shown in (text, without_thoughts(text)):
        answer = _loaded(shown)
        if isinstance(answer, dict):
            return _of_object(answer, low, high, 0)
    reader = _Reader(prepared(text, low, high), low, high)
    forms = (reader.marked, reader.labelled_last, reader.labelled, reader.told, reader.alone)
    for form in forms if answer is not _CUT else (reader.marked,):
        found = set(form())
        if found:
            return found.pop() if len(found) == 1 and not reader.changed(*found) else None
    return None


def _loaded(text: str) -> Any:
    """The JSON value that the text is, a fence around it left out; `_NO_JSON` where it is none, `_CUT` where it was."""
    bare = text.strip()
    fenced = _FENCED.fullmatch(bare) if bare.startswith("```") else None
    try:
        orjson.loads(fenced[1] if fenced else bare)  # which bounds the depth
        return json.loads(fenced[1] if fenced else bare, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return _CUT if _BEGINS_OBJECT.match(bare) else _NO_JSON


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a key that was given two values has none."""
    held: dict[str, Any] = {}
    for key, value in pairs:
        held[key] = value if key not in held or held[key] == value else None
    return held


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
        self._read = 0
        """Where the last rating that was read ends."""

    def changed(self, value: float | None) -> bool:
        """Whether another rating takes the place of this one behind it."""
        for pattern in words.CHANGED:
            if any(number_of(match["to"]) != value for match in pattern.finditer(self._said, self._read)):
                return True
        return False

    def marked(self) -> Iterator[float | None]:
        r"""`[[7]]`, `\boxed{7}`, `<score>7</score>`, `[RESULT] 7`, and JSON objects within the text."""
        for match in words.BRACKETED.finditer(self._said):
            inner = next(group for group in match.groups() if group is not None)
            if not words.PLACEHOLDER.match(inner) and not self._only_named(match.start(), match.end()):
                self._read = max(self._read, match.end())
                yield self._inside(inner, self._said[match.end() : match.end() + 12])
        for match in words.RESULT.finditer(self._said):
            yield from self._number(match.end(), strict=True)
        for flat in _FLAT.finditer(self._said):
            for key in words.KEY.finditer(flat[0]):
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
            one = words.ONE_CRITERION.search(match["gap"]) or words.FOR_ONE.search(before)
            if not one and not words.GAP_DENIES.search(match["gap"]) and not words.CONDITION.search(before):
                yield from self._number(match.end())
        for match in words.POINTS.finditer(self._said):
            number = words.NUMBER.match(self._said, match.end())
            before = self._said[max(0, match.start() - 20) : match.start()]
            behind = number is not None and words.GIVEN.match(self._said, number.end())
            given = words.OF_SCALE.search(before) or words.SUBJECT.search(before) or behind
            whose = words.POINTS_OF.search(words.OF_SCALE.sub("", before))
            own = not whose or words.OWN_POINTS.search(whose["whose"]) or words.OWN_POINTS.search(whose[0].strip())
            if given and own:
                yield from self._number(match.end())

    def alone(self) -> Iterator[float | None]:
        """A first or last line that is nothing but a number."""
        lines = [line for line in self._said.split("\n") if line.strip(" *_`#-")]
        for place in sorted({0, len(lines) - 1}) if lines else ():
            match = words.ALONE.match(lines[place]) if len(lines[place]) <= 60 else None
            announced = place > 0 and not match_end(lines[place - 1])
            if match and (match["unit"].strip() or not announced):
                self._read = max(self._read, self._said.find(lines[place]) + len(lines[place]))
                yield self._value(match["number"])

    def _labelled(self, *, last: bool) -> Iterator[float | None]:
        if not last and words.REVISED.search(self._said):
            yield None
        for label in words.LABEL.finditer(self._said):
            before = self._said[max(0, label.start() - 40) : label.start()]
            stronger = bool(words.STRONGER.search(before + label[0]))
            match = words.LABEL_TO_NUMBER.match(self._said, label.start()) if stronger == last else None
            if not match or words.EXAMPLE.search(before) or not self._of_answer(label, match):
                continue
            if not self._lists(label, match.end()):
                yield from self._number(match.end(), strict=match["separator"] is not None)

    def _of_answer(self, label: re.Match[str], match: re.Match[str]) -> bool:
        """Whether what the label names is the rating of this answer as a whole, and as it is."""
        start = label.start()
        before = ("…" if start > 200 else "") + self._said[max(0, start - 200) : start]
        sentence = re.split(r"[\n.。!?;]", before)[-1]
        lead = re.split(r"[\n.。;,、!?|]", before)[-1].strip(" *_`#\"'-•・>「【")
        known = words.BEFORE_EN if label[0].isascii() else words.BEFORE_JA
        if not known.search(before) or words.IF.search(sentence) or words.HAS.search(sentence):
            return False
        if not label[0].isascii() and words.OTHERS_JA.search(before):
            return False
        if label[0] in ("total", "合計") and match["separator"] in ("is", "of", "as", "は"):
            number = words.NUMBER.match(self._said, match.end())
            if number and words.NO_UNIT.match(self._said, number.end()):
                return False
        led = lead.endswith((":", "(", "-", "–", "—")) and lead.strip(":(-–— ")
        if led and (words.ONE_CRITERION.search(lead) or not words.WHOLE.search(lead)):
            return False
        return self._below_whole(start)

    def _below_whole(self, at: int) -> bool:
        """Whether no heading above says that what is rated there is one criterion."""
        above = [line for line in self._said[max(0, at - 4_000) : at].split("\n")[:-1] if line.strip(" *_`#-=")]
        if not above or self._said[max(0, at - 200) : at].split("\n")[-1].lstrip().startswith(("#", "**")):
            return True
        if any(map(words.OTHERS.match, above[-1:])):
            return False
        marked = [line for line in above if words.MARKED_HEADING.match(line)]
        if marked and marked[-1] == above[-1]:
            return bool(words.WHOLE.search(above[-1])) and not self._one(above[-1])
        if words.HEADING.match(above[-1]) and self._one(above[-1]):
            return False
        return not marked or not self._one(marked[-1]) or sum(map(self._one, marked)) > 1

    def _one(self, heading: str) -> bool:
        return bool(words.ONE_CRITERION.search(heading)) and not re.search(r"final|overall|総合|最終", heading)

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
        elif words.TAKEN_BACK.match(self._said, number.end()) or words.OF_ONE.match(self._said, number.end()):
            return
        elif words.ALTERNATIVE.match(self._said, number.end()):
            yield None
        elif words.ENDS.match(self._said, number.end()):
            self._read = max(self._read, number.end())
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
