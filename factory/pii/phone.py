"""Phone numbers: Japanese, North American, international, and any other where a word says that it is one.

The plans are short enough to be written down, which also reads the place of the separators: 03-1234-5678 is a number,
031-2345-678 is none. (phonenumbers finds as many Japanese numbers, half of the American ones where the region is Japan,
and takes no notice of separators: measured.) Numbers that nobody has stay: 03-1234-5678, 090-0000-0000, 555-0100.
Source: 電気通信番号計画 (総務省); North American Numbering Plan; E.164.
"""

import re

from factory.pii.rule import LONG_NUMBER, Rule, after, before, digits, found

_COUNTING = ("0123456789", "9876543210", "1234567890")
_FORMULA = re.compile(r"[=*/^×÷+]\s{0,2}$|ISBN|ISSN", re.IGNORECASE)
_WORDS = (
    r"(?:tel|telephone|phone|mobile|cell ?phone|fax|whatsapp|call (?:me|us|him|her|them)"
    r"|電話|携帯|連絡先|ファックス|ファクス)"
)
_LABEL = rf"(?<![A-Za-z]){_WORDS}(?![A-Za-z])"
_LABELLED = re.compile(_LABEL, re.IGNORECASE)
_LABEL_BEFORE = re.compile(rf"{_LABEL}[^\d\n(+]{{0,15}}\Z", re.IGNORECASE)


def _made_up(subscriber: str) -> bool:
    """Whether nobody has the number: one digit throughout, or counting up or down."""
    return len(set(subscriber)) == 1 or any(subscriber in counting for counting in _COUNTING)


def _japanese(match: re.Match[str]) -> bool:
    number = digits(match)
    if found(match)[0] == "+":
        number = "0" + number[2:].removeprefix("0")
    groups = re.findall(r"\d+", found(match)) if found(match)[0] != "+" else [number]
    if _FORMULA.search(before(match, 8)) or _made_up(number[-8:]) or _made_up(number[-7:]):
        return False
    if len(number) == 11:
        return bool(re.match(r"0[5-9]0[1-9]|0800", number)) and groups[0][:4] in (number, number[:3], number[:4])
    if len(number) != 10 or not re.match(r"0[1-9][1-9]|0120|0570|0990|0[1-9]0", number) or re.match(r"0[5-9]0", number):
        return False
    if len(groups) == 1:  # ten digits in a row may be anything
        return found(match)[0] == "+" or bool(_LABELLED.search(before(match)))
    if number[:4] in ("0120", "0570", "0990"):
        return groups[0] == number[:4]
    return len(groups[0]) in ((2,) if number[1] in "36" else (2, 3, 4, 5) if number[1] == "4" else (3, 4, 5))


def _north_american(match: re.Match[str]) -> bool:
    number = digits(match)[-10:] if match["extension"] is None else re.sub(r"\D", "", match["core"])[-10:]
    if _made_up(number[-7:]) or re.match(r"\d{3}55501\d\d", number) or _FORMULA.search(before(match, 8)):
        return False
    spaced = " " in match["core"] and "(" not in match["core"] and "-" not in match["core"]
    return not spaced or bool(_LABELLED.search(before(match)))


def _international(match: re.Match[str]) -> bool:
    number = digits(match)
    return 8 <= len(number) <= 15 and not _made_up(number[-8:]) and not re.match(r"\s{0,2}[=*/^×÷%]", after(match))


def _labelled(match: re.Match[str]) -> bool:
    number = digits(match)
    if not 7 <= len(number) <= 15 or _made_up(number[-7:]) or re.match(r"(?:19|20)\d\d-\d\d-\d\d", match[0]):
        return False
    return bool(_LABEL_BEFORE.search(before(match)))


RULES = (
    Rule(
        "phone",
        r"0\d{1,4}[- ()ー]{0,2}\d{1,4}[- ()ー]{0,2}\d{3}|\+81",
        re.compile(
            r"(?:0(?<![0-9+.,/-].)(?<![0-9] .)(?:\d{1,4}[- ー]?\d{1,4}[- ー]\d{3,4}|\d{1,4}\(\d{1,4}\)\d{4}|\d{8,10})"
            r"|\((?<![0-9].)0\d{1,4}\)[- ー]?\d{1,4}[- ー]\d{3,4})(?![\d/]|[-.,]\d)"
            r"|\+(?<![0-9+].)81[- ]?(?:\(0\))?\d{1,4}[- ]?\d{1,4}[- ]?\d{3,4}(?!\d|-\d)"
        ),
        _japanese,
        LONG_NUMBER,
    ),
    Rule(
        "phone",
        r"\d{3}\)?[-. ]{0,2}\d{3}[-. ]\d{4}",
        re.compile(
            r"(?<![\w.+/-])(?P<core>(?:(?:\+|00)?1[-. ])?(?:\([2-9]\d\d\)[ -]?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4})"
            r"(?P<extension> ?(?:x|ext\.? ?)\d{1,5})?(?![\w-]|\.\d)",
            re.ASCII,
        ),
        _north_american,
        LONG_NUMBER,
    ),
    Rule(
        "phone",
        r"(?:\+|\b00)[1-9][\d .()-]{6}",
        re.compile(
            r"(?<![\w=+*/^)])(?:\+|00)[1-9]\d{0,2}(?:[ .-]?\(?\d{1,5}\)?){2,5}(?:x\d{1,5})?(?![\w-]|\.\d)", re.ASCII
        ),
        lambda match: _international(match) and bool(found(match)[0] == "+" or re.search(r"[-. ]", found(match))),
        LONG_NUMBER,
    ),
    Rule(
        "phone",
        rf"(?i:{_WORDS})[^\d\n]{{0,16}}\d",
        re.compile(r"(?:\([0-9]|\+[0-9]|[0-9])(?<![0-9.].)(?:[- .()ー]{0,2}[0-9]){6,14}(?![0-9/]|[-.,][0-9])"),
        _labelled,
    ),
)
