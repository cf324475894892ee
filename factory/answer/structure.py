"""Reads a whole answer: a quantity, a word, several solutions, a set, an interval, a tuple, a matrix, an equation."""

import re
from fractions import Fraction

from factory.answer.expression import Expression
from factory.answer.functions import variables
from factory.answer.kinds import OPENING, Answer, Equation, Group, Named, Quantity, Word, enclosed, interval_like, split
from factory.answer.region import Region, bounds, interval, union
from factory.answer.text import tidy
from factory.answer.tokens import tokens, ungrouped
from factory.answer.units import compound, split_unit
from factory.answer.value import Exact, Unreadable, Value, number
from factory.answer.words import word

MAX_CHARACTERS = 200


_OR = re.compile(r"\s*(?:または|又は|もしくは|あるいは|∪|\bor\b)\s*", re.IGNORECASE)
_AND = re.compile(r"\s*(?:かつ|\band\b|および|及び)\s*", re.IGNORECASE)
_SPECIAL = re.compile(
    r"[,;:=<>≤≥≠∈∪❴⟦と∅]|または|又は|もしくは|あるいは|かつ|\bor\b|\band\b|および|及び"
    r"|あまり|余り|remainder|\d ?R ?\d|…|\.\.\."
)
_RELATION = re.compile(r"(<=|>=|!=|=<|=>|[<>≤≥≠])")
_REMAINDER = re.compile(
    r"^(.+?)\s*(?:,\s*)?(?:(?:で|と)?,?\s*(?:あまり|余り)\s*(?:は\s*)?"
    r"|(?:with )?(?:a )?remainder(?: of)?|\bR\b|R|…|\.\.\.)\s*(\S.*)$"
)
_MIXED = re.compile(r"(?<![\d.])(\d{1,9})と(?:(\d{1,9})/(\d{1,9})|(\d{1,9})分の(\d{1,9}))$")
_PARTS = re.compile(r"(\([^()]*\)|[\d.√πa-z]+)\s*分の\s*(\([^()]*\)|[-\d.√πa-z]+)")
_DIGITS = re.compile(r"-?[0-9]{1,18}").fullmatch
_PERCENT = re.compile(r"\s*(?:%|パーセント|per ?cent)$")
_WARI = re.compile(r"^(\d+(?:\.\d+)?)割(?:(\d+)分)?(?:(\d+)厘)?$")
_NAME = re.compile(
    r"^(?:[A-Za-zα-ωθ]{1,2}'?(?:_\{?\w{1,3}\}?)?|\\[a-z]{2,7}|[A-Za-z]{1,2}\([a-z0-9]\)"
    r"|\\?angle ?[A-Z]{1,3}|∠[A-Z]{1,3}|[A-Z]{2,3})$"
)


class Reader:
    """Reads one answer; `listed` takes `1,234` and `1と1/2` as two items each."""

    def __init__(self, *, listed: bool = False) -> None:
        """A fresh budget for one answer."""
        self.exact, self.listed, self.depth = Exact(), listed, 0

    def read(self, text: str) -> Answer:
        """The answer in `text`.

        Raises:
            Unreadable: it can't be read exactly.
        """
        if len(text) > MAX_CHARACTERS:
            raise Unreadable("too long")
        text = tidy(text)
        known = word(text)
        if known:
            return Word(known, known=True)
        return self._answer(text)

    def _answer(self, text: str) -> Answer:
        self.depth += 1
        if self.depth > 6 or not text:
            raise Unreadable("empty or nested too deep")
        try:
            if not self.listed:
                text = _MIXED.sub(_mixed, text) if "と" in text else text
                text = ungrouped(text) if text[0] not in OPENING else text
            if "分の" in text:
                text = _PARTS.sub(r"((\2)/(\1))", text)
            return self._structured(text) if _SPECIAL.search(text) or text[0] in OPENING else self._scalar(text)
        finally:
            self.depth -= 1

    def _structured(self, text: str) -> Answer:
        remainder = _REMAINDER.match(text)
        if remainder and not remainder.group(2).startswith("="):
            return Group("remainder", (self._answer(remainder.group(1)), self._answer(remainder.group(2))))
        if _RELATION.search(text) or "∪" in text or "∈" in text:
            return self._region(text)
        either = [piece.strip(" ,") for piece in _OR.split(text)]
        if len(either) > 1:
            return _merged([self._answer(piece) for piece in either])
        if text[0] in OPENING and enclosed(text):
            return self._bracketed(text)
        if compound(text):
            return self._scalar(text)
        text = _AND.sub(",", text)
        pieces = [piece for piece in split(text.replace("と", ",") if self._joins(text) else text, ",;") if piece]
        if len(pieces) > 1:
            return _merged([self._answer(piece) for piece in pieces])
        if "=" in text:
            return self._equation(text)
        if ":" in text:
            return Group("ratio", tuple(self._answer(piece) for piece in split(text, ":")))
        return self._scalar(text)

    def _joins(self, text: str) -> bool:
        return "と" in text and re.search(r"[\w)}]\s*と\s*[-\w(\\√]", text) is not None

    def _region(self, text: str) -> Answer:
        if "∈" in text:
            text = text.partition("∈")[2].strip()
        parts = [piece.strip(" ,") for piece in _OR.split(text)]
        found: list[Region] = []
        for piece in parts:
            together = [self._interval(p.strip(" ,")) for p in _AND.split(piece)]
            found.append(bounds(together))
        if len(parts) == 1 and "," in text and not interval_like(text):
            found = [self._interval(piece) for piece in split(text, ",")]
            if len({region.name for region in found}) > 1:
                raise Unreadable("inequalities of several variables")
        return union(found)

    def _interval(self, text: str) -> Region:
        if "," in text and _RELATION.search(text) and not interval_like(text):
            pieces = split(text, ",")
            if len(pieces) == 1:
                raise Unreadable("brackets that don't close")
            return union([self._interval(piece) for piece in pieces])
        if text[:1] in ("❴", "{") and enclosed(text):
            ends = [self._value(piece) for piece in split(text[1:-1], ",")]
            return union([interval("[", end, end, "]") for end in ends])
        if interval_like(text):
            low, high = split(text[1:-1], ",")
            return interval(text[0], self._value(low), self._value(high), text[-1])
        pieces = [piece.strip() for piece in _RELATION.split(text)]
        return Region.of_inequality(
            [self._value(piece) for piece in pieces[::2]],
            pieces[1::2],
            [variables(self._value(p)) for p in pieces[::2]],
        )

    def _bracketed(self, text: str) -> Answer:
        opening, inner = text[0], text[1:-1].strip()
        if opening == "⟦":
            rows = [row for row in split(inner, "⏎") if row]
            return Group("matrix", tuple(self._row(row) for row in rows))
        pieces = split(inner, ",;") if "," in inner or ";" in inner else [inner]
        if opening in "❴{" and (len(pieces) > 1 or opening == "❴"):
            return Group("set", tuple(self._answer(piece) for piece in pieces if piece))
        if interval_like(text) and (text[0] == "[" or text[-1] == "]") and text[0] + text[-1] != "[]":
            return self._interval(text)
        if "∞" in inner and len(pieces) == 2:
            return self._interval(text)
        if len(pieces) > 1:
            return Group("tuple" if opening == "(" else "row", tuple(self._answer(piece) for piece in pieces))
        return self._answer(inner) if opening in "({" and not re.match(r"^[A-Za-z]$", inner) else self._scalar(text)

    def _row(self, row: str) -> Answer:
        return Group("tuple", tuple(Quantity(self._value(cell)) for cell in split(row, "&")))

    def _equation(self, text: str) -> Answer:
        sides = [side for side in split(text, "=") if side]
        if len(sides) < 2:
            return self._answer(sides[0]) if sides else self._scalar(text)
        name, last = sides[0].replace(" ", ""), sides[-1]
        if enclosed(name) and "," in name:
            names, given = split(name[1:-1], ","), self._answer(last)
            if isinstance(given, Group) and len(given.items) == len(names):
                return Named(tuple(sorted(zip(names, given.items, strict=True), key=lambda item: item[0])))
            return given
        if _NAME.match(name):
            right = self._answer(last)
            free = variables(right.value) if isinstance(right, Quantity) else frozenset()
            if name not in free:
                return Named(((name, right),))
        if _NAME.match(last.strip()) and not _NAME.match(name):
            return Named(((last.strip(), self._answer(sides[0])),))
        left, right_value = self._value(sides[0]), self._value(last)
        if not variables(left):
            return self._answer(last)
        return Equation(self.exact.subtract(left, right_value))

    def _value(self, text: str) -> Value:
        return Expression(tokens(ungrouped(text) if not self.listed else text), self.exact).read()

    def _scalar(self, text: str) -> Answer:
        if _DIGITS(text):
            return Quantity(number(int(text)))
        known = word(text) if self.depth > 1 else None
        if known:
            return Word(known, known=True)
        wari = None if text.isascii() else _WARI.match(text)
        if wari:
            tenths = sum(Fraction(part or 0) / 10**i for i, part in enumerate(wari.groups(), 1))
            return Quantity(number(tenths), None, percent=True)
        several = compound(text)
        if several:
            return Quantity(number(several[0]), several[1])
        percent = text.endswith(("%", "パーセント", "percent", "per cent"))
        unit = None
        if percent:
            text = _PERCENT.sub("", text)
        else:
            text, unit = split_unit(text)
        parts = tokens(text)
        values = [self._percent(Expression(parts, self.exact).read(), percent)]
        if "±" in parts or "∓" in parts:
            values.append(self._percent(Expression(parts, self.exact, upper=False).read(), percent))
            return Group("list", tuple(Quantity(value, unit, percent) for value in values))
        return Quantity(values[0], unit, percent)

    def _percent(self, value: Value, percent: bool) -> Value:
        return self.exact.divide(value, number(100)) if percent else value


def _mixed(match: re.Match[str]) -> str:
    whole, top, bottom, lower, upper = match.groups()
    top, bottom = (top, bottom) if top else (upper, lower)
    return f"{whole} {top}/{bottom}" if int(top) < int(bottom) else match.group()


def _merged(items: list[Answer]) -> Answer:
    """Several answers as one: the same name again is another solution, another name belongs to the same one."""
    if all(isinstance(item, Region) for item in items):
        return union([item for item in items if isinstance(item, Region)])
    flat: list[Answer] = []
    for item in items:
        flat += item.items if isinstance(item, Group) and item.kind == "list" else [item]
    names = [item.items[0][0] if isinstance(item, Named) and len(item.items) == 1 else "" for item in flat]
    if all(names) and len(set(names)) == len(names) > 1:
        return Named(tuple(sorted(((i.items[0] for i in flat if isinstance(i, Named))), key=lambda pair: pair[0])))
    if len(set(names) - {""}) == 1 or not any(names):
        flat = [
            item.items[0][1] if name and isinstance(item, Named) else item
            for item, name in zip(flat, names, strict=True)
        ]
        spread: list[Answer] = []
        for item in flat:
            spread += item.items if isinstance(item, Group) and item.kind == "list" else [item]
        return Group("list", tuple(spread))
    return Group("list", tuple(_solutions(flat)))


def _solutions(items: list[Answer]) -> list[Answer]:
    """`x=2, y=1, x=3, y=0` in two: a name seen before opens the next solution."""
    found: list[dict[str, Answer]] = [{}]
    for item in items:
        if not isinstance(item, Named):
            raise Unreadable("names on some of the items only")
        if any(name in found[-1] for name, _ in item.items):
            found.append({})
        found[-1] |= dict(item.items)
    return [Named(tuple(sorted(solution.items(), key=lambda pair: pair[0]))) for solution in found]
