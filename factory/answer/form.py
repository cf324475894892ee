"""Whether an answer is written in the form that a question asks for: reduced, expanded, factored."""

import re
from itertools import pairwise
from math import gcd

from factory.answer.compare import Form
from factory.answer.expression import Expression
from factory.answer.functions import NAMES
from factory.answer.text import tidy
from factory.answer.tokens import tokens, ungrouped
from factory.answer.value import Exact, Unreadable, Value, constant, factorised

_FRACTION = re.compile(r"\\frac\{(-?\d+)\}\{(-?\d+)\}|(?<![\d.^])(\d+)/(\d+)(?![\d.])")
_ROOT = re.compile(r"(?:\\sqrt|√)\s*[{(]?(\d+)[)}]?")
_ROOT_BELOW = re.compile(r"\\frac\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\{[^{}]*\\sqrt|/\s*\(?\d*(?:\\sqrt|√|sqrt)")


def has_form(text: str, form: Form, gold: str) -> bool | None:
    """True when `text` has the form; None when it can't be told. `gold` shows how far factoring goes."""
    try:
        plain = ungrouped(tidy(text)).rpartition("=")[2]
        if form == "reduced":
            return _is_reduced(plain)
        parts = tokens(plain)
        if form == "expanded":
            return _is_expanded(parts)
        wanted = _factors(tokens(ungrouped(tidy(gold)).rpartition("=")[2]))
        found = _factors(parts)
        return len(found) >= len(wanted) and all(_content(factor) == 1 for factor in found)
    except Unreadable:
        return None


def _is_reduced(text: str) -> bool:
    for match in _FRACTION.finditer(text):
        top, bottom = (int(part) for part in match.groups() if part is not None)
        if gcd(top, bottom) != 1 or bottom == 1:
            return False
    if any(power > 1 for match in _ROOT.finditer(text) for power in factorised(max(int(match.group(1)), 1)).values()):
        return False
    return _ROOT_BELOW.search(text) is None


def _is_expanded(parts: list[str]) -> bool:
    """No bracket but a function's, and as many terms as the value has."""
    opened = [before for before, part in pairwise(["", *parts]) if part == "("]
    if any(before not in NAMES for before in opened):
        return False
    value = Expression(parts, Exact()).read()
    depth = terms = 0
    for before, part in pairwise(["", *parts]):
        depth += (part in "({[") - (part in ")}]")
        terms += depth == 0 and part in "+-" and before not in ("", "*", "/", "^")
    return terms + 1 <= max(len(value.top), 1)


def _factors(parts: list[str]) -> list[Value]:
    """The factors that hold a variable, each as often as it is taken; one if the top level is a sum."""
    depth = 0
    for before, part in pairwise(["", *parts]):
        depth += (part in "({[") - (part in ")}]")
        if depth == 0 and part in "+-" and before:
            return [Expression(parts, Exact()).read()]
    found: list[Value] = []
    at = 0
    while at < len(parts):
        end = _end(parts, at)
        if parts[at] not in "+-*":
            value = Expression(parts[at:end], Exact()).read()
            end, times = _times(parts, end)
            found += [value] * times if constant(value) is None else []
        at = end
    return found


def _end(parts: list[str], at: int) -> int:
    depth = 0
    for i in range(at, len(parts)):
        depth += (parts[i] in "({[") - (parts[i] in ")}]")
        if depth == 0 and parts[i] not in ("frac", "sqrt") and parts[i + 1 : i + 2] != ["{"]:
            return i + 1
    raise Unreadable("brackets that don't close")


def _times(parts: list[str], end: int) -> tuple[int, int]:
    if parts[end : end + 1] != ["^"]:
        return end, 1
    after = _end(parts, end + 1)
    power = constant(Expression(parts[end + 1 : after], Exact()).read())
    if not isinstance(power, int) or not 0 < power <= 50:
        raise Unreadable("a power that is not a small whole number")
    return after, power


def _content(value: Value) -> int:
    """What number or single variable could still be taken out of a factor; 1 is nothing."""
    if len(value.top) < 2:
        return 1
    common = gcd(*(coefficient.numerator for coefficient in value.top.values()))
    shared = set.intersection(*({atom for atom, _ in term} for term in value.top))
    return 0 if shared else common
