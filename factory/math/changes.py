"""Small changes to a rendered text: a number or a sign that is another. The text alone is seen, never the draw."""

import re
from collections.abc import Callable
from random import Random

NUMBER = re.compile(r"(?<![0-9.])[0-9]+(?:\.[0-9]+)?")
RELATION = re.compile(r"=|<|>|\\(?:leqq?|geqq?|le|ge|neq?|equiv)(?![A-Za-z])")
SIGN = re.compile(r" [+-] |(?:(?<=^)|(?<=[=(]|[<>])|(?<=[=<>] ))-")
Change = Callable[[str, Random], str | None]


def replaced(text: str, start: int, end: int, new: str) -> str:
    """The text with one stretch replaced."""
    return text[:start] + new + text[end:]


def other_number(text: str, random: Random) -> str:
    """A number near the given one, written with as many decimal places, and not it."""
    places = len(text.partition(".")[2])
    value = int(text.replace(".", ""))
    near = [value + step for step in (1, 2, 3, 10, -1, -2, -3, -10) if value + step >= 0]
    digits = str(random.choice(near)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def with_other_number(text: str, low: int, high: int, random: Random) -> str | None:
    """The text with one number in a stretch changed."""
    found = list(NUMBER.finditer(text, low, high))
    if not found:
        return None
    match = random.choice(found)
    return replaced(text, match.start(), match.end(), other_number(match[0], random))


def with_other_sign(text: str, random: Random) -> str | None:
    """The text with a plus for a minus or the reverse, or a leading minus left out."""
    found = list(SIGN.finditer(text))
    if not found:
        return None
    match = random.choice(found)
    return replaced(text, match.start(), match.end(), {" + ": " - ", " - ": " + "}.get(match[0], ""))


def equations(text: str) -> list[tuple[int, int]]:
    """Where the segments with a relation stand."""
    return [m.span(1) for m in re.finditer(r"\$([^$]*)\$", text) if RELATION.search(m[1])]


CHANGES: dict[str, Change] = {
    "changed_number": lambda text, random: with_other_number(text, 0, len(text), random),
    "changed_sign": with_other_sign,
}
TRIES = 3
"""Changes tried in one equation before the next one."""


def changed_equation(text: str, kind: str, random: Random, false: Callable[[str], bool]) -> str | None:
    """The text with one equation changed so that it is `false`; None where no change makes it so."""
    spans = equations(text)
    random.shuffle(spans)
    for start, end in spans:
        for _ in range(TRIES):
            new = CHANGES[kind](text[start:end], random)
            changed = new and replaced(text, start, end, new)
            if changed and changed != text and false(changed):
                return changed
    return None
