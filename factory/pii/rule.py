"""What a rule is: a hint that is cheap to look for, the exact pattern, and a check of what it matched.

All three see the folded text. Patterns are bounded in every repetition, since texts are hostile.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal[
    "secret",
    "credit_card",
    "my_number",
    "us_ssn",
    "driving_licence",
    "passport",
    "bank_account",
    "corporate_number",
    "email",
    "ip",
    "phone",
    "address",
    "name",
]


class Span(NamedTuple):
    """One find: the text from `start` up to `end`."""

    start: int
    end: int
    kind: Kind
    value: str
    """What it is the same by: folded, without case and separators."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one form of one kind is found."""

    kind: Kind
    hint: str
    """RE2 syntax; matches in every text where `pattern` has a valid match, or a find is lost: a test compares."""
    pattern: re.Pattern[str]
    """The find is the group `value`, or all of it where there is no such group."""
    valid: Callable[[re.Match[str]], bool] = lambda match: True
    family: str = ""
    """A coarser hint, where several rules share one: looked for in place of theirs at first."""


LONG_NUMBER = r"\d(?:[-ー. ()]{0,3}\d){7}"
"""The family of numbers that count by their form alone: eight digits or more."""


def digits(match: re.Match[str]) -> str:
    """The digits of a find."""
    return "".join(letter for letter in found(match) if letter.isdigit())


def found(match: re.Match[str]) -> str:
    """The text of a find."""
    return match["value"] if "value" in match.re.groupindex else match[0]


def span(match: re.Match[str], kind: Kind) -> Span:
    """The find as a span."""
    start, end = match.span("value" if "value" in match.re.groupindex else 0)
    key = "".join(letter for letter in match.string[start:end].lower() if letter.isalnum() or letter in "@._:/+")
    return Span(start, end, kind, digits(match) if kind in _NUMBERS else key)


_NUMBERS = frozenset({"credit_card", "my_number", "us_ssn", "phone", "driving_licence", "corporate_number"})


def before(match: re.Match[str], length: int = 30) -> str:
    """What stands before a find."""
    return match.string[max(0, match.start() - length) : match.start()]


def after(match: re.Match[str], length: int = 10) -> str:
    """What stands behind a find."""
    return match.string[match.end() : match.end() + length]
