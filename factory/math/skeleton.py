"""Skeletons: texts whose numbers are blanked, so that one reading serves every row that differs only in its numbers."""

import re

NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?)")
INTEGER = "\x00"
DECIMAL = 0xE000
"""A decimal with k places is blanked by chr(DECIMAL + k)."""

MARK = re.compile("[\x00\ue001-\ue00c]")


def blank(text: str) -> tuple[str, list[str]]:
    """The skeleton of a text and its numbers as written."""
    parts = NUMBER.split(text)
    numbers = parts[1::2]
    if "." not in text:
        return INTEGER.join(parts[::2]), numbers
    marks = [chr(DECIMAL + len(n) - n.index(".") - 1) if "." in n else INTEGER for n in numbers]
    parts[1::2] = marks
    return "".join(parts), numbers


def count_numbers(skeleton: str) -> int:
    """How many blanked numbers a skeleton has."""
    return len(MARK.findall(skeleton))


def is_number(token: str) -> bool:
    """True for a blanked number."""
    return token == INTEGER or "\ue001" <= token <= "\ue00c"


class UnreadError(ValueError):
    """The text is not in the language of this reader."""
