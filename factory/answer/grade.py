"""Final answers: found in free text and compared with the gold answer in exact arithmetic.

The text is a model's output and hostile. Nothing here evaluates it: an own reader with caps on length, nodes,
depth, digits, powers and terms gives exact values (`factory.answer.value`), and what it can't read is None,
never False. A list is compared in any order; a gold answer whose order matters is written as a tuple `(1, 2)`.

Left out: no simplification beyond the ring of sums of powers, so two answers that are equal by another identity
are None where they are numbers.
"""

import re
from functools import lru_cache
from math import gcd
from typing import Literal, NamedTuple

from factory.answer.compare import Form, Rules, same
from factory.answer.extract import MAX_ANSWER, boxes, extract
from factory.answer.form import has_form
from factory.answer.kinds import Answer, Group, Named, Word
from factory.answer.structure import Reader
from factory.answer.text import is_rough, tidy
from factory.answer.value import Unreadable
from factory.answer.words import CHOICE, clock_of_ratio, label

__all__ = ["Form", "Grade", "Reason", "Rules", "equal", "extract", "grade"]

Reason = Literal["", "wrong", "no_answer", "unreadable", "no_gold", "too_long"]
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,17})").fullmatch
_RATIONAL = re.compile(
    r"([-+]?)(?:([0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})(?:\.([0-9]{1,18}))?"
    r"|(?:\\[dt]?frac\{([0-9]{1,18})\}\{|([0-9]{1,18})/)(0*[1-9][0-9]{0,17})(\})?)"
).fullmatch
_ONE_NUMBER = re.compile(
    r"(?<![0-9A-Za-z.,/^√{(-])-?[¥$]?\d+(?:,\d{3})*(?:\.\d+)?(?![\d.,/^:}=)])\s?(?:[^\W\d_]{1,3}(?![^\W\d_])|%)?"
)
_DENIAL = re.compile(
    r"ない|ません|以上|以下|以内|未満|より|超|以外|くらい|ぐらい|程度|前後|マイナス|または|倍|乗|分の|[?？か]$"
    r"|\b(?:not|or|minus|negative|plus|less|more|fewer|over|under|least|most|than|half|times|hundred|thousand|million"
    r"|billion|dozen|between|either|squared|cubed|factorial|halves|thirds|quarters|\w+ths)\b|n't",
    re.IGNORECASE,
)
_OPERATORS = re.compile(r"[\\^!*+<>()\[\]{}|_'×÷−\u202a-\u202e\u2066-\u2069]")
_RULES = Rules()


class Grade(NamedTuple):
    """What one text is worth against its gold answer."""

    passed: bool | None
    reason: Reason
    """Empty when passed."""
    answer: str | None
    """What was found in the text."""


@lru_cache(maxsize=8_192)
def _read(text: str, listed: bool) -> Answer | None:
    """The answer that `text` is; None where it can't be read. Kept, since a gold answer is used again."""
    try:
        return Reader(listed=listed).read(text)
    except Unreadable:
        return None


def equal(gold: str, given: str, rules: Rules = _RULES) -> bool | None:
    """True where both are the same answer, False where they differ, None where it can't be told."""
    gold, given = gold.strip(), given.strip()
    if _PLAIN(gold) and _PLAIN(given) and rules.decimals is None and rules.form is None:
        return gold == given
    if not gold or not given or len(gold) > MAX_ANSWER or len(given) > MAX_ANSWER:
        return None
    if rules.decimals is None and (p := _rational(gold)) and (q := _rational(given)):
        verdict: bool | None = p[0] * q[1] == p[1] * q[0]
    else:
        verdict = _compared(gold, given, rules)
    if verdict and rules.form is not None:
        return has_form(given, rules.form, gold)
    return verdict


def _rational(text: str) -> tuple[int, int] | None:
    """Numerator and denominator of the plainest spellings, which are most of all answers; None for any other."""
    match = _RATIONAL(text)
    if match is None:
        return None
    sign, digits, decimals, top, bare_top, bottom, brace = match.groups()
    if digits is None:
        if (top is None) == (brace is not None):
            return None
        return int(sign + (top or bare_top)), int(bottom)
    if decimals:
        return int(sign + digits.replace(",", "") + decimals), int(10 ** len(decimals))
    return int(sign + digits.replace(",", "")), 1


def _compared(gold: str, given: str, rules: Rules) -> bool | None:
    if gold == given:
        return True
    if CHOICE.match(gold):
        chosen = label(given)
        if chosen:
            return chosen == label(gold)
    if rules.decimals is None and is_rough(gold):
        rules = rules._replace(decimals=len(re.sub(r"\D", "", tidy(gold).partition(".")[2])))
    left = _read(gold, False)
    if isinstance(left, Group) and left.kind == "ratio" and (hour := clock_of_ratio(gold)):
        parts = [int(part) for part in gold.split(":")]
        left = Word(hour, known=True) if gcd(*parts) > 1 else left
    listed = isinstance(left, Group | Named)
    right = _read(given, listed)
    try:
        if left is None or right is None:
            return _unread(gold, given, left, rules)
        clock = clock_of_ratio(given) if isinstance(left, Word) and left.text.startswith("clock") else None
        verdict = same(left, Word(clock, known=True) if clock else right, rules)
        if verdict is False and isinstance(right, Group) and not listed and right.kind == "list":
            again = _read(gold, True)
            return same(again, right, rules) if again else verdict
        return verdict
    except Unreadable:
        return None


def _unread(gold: str, given: str, left: Answer | None, rules: Rules) -> bool | None:
    """Text that is no mathematics: equal when it is the same text, or when it holds but one number."""
    if left is None:
        return True if _plain(gold) == _plain(given) else None
    if _DENIAL.search(given) or _OPERATORS.search(given):
        return None
    numbers = _ONE_NUMBER.findall(given)
    if len(numbers) != 1 or sum(c.isdigit() for c in given) != sum(c.isdigit() for c in numbers[0]):
        return None
    right = _read(numbers[0].strip(), False)
    return same(left, right, rules) if right else None


def _plain(text: str) -> str:
    return tidy(text).replace(" ", "").replace("{", "").replace("}", "").lower()


def grade(gold: str, text: str, rules: Rules = _RULES, language: str | None = None) -> Grade:
    """Find the answer in `text` and compare it with `gold`."""
    if not gold.strip():
        return Grade(None, "no_gold", None)
    answer = extract(text, language)
    if answer is None:
        return Grade(None, "no_answer", None)
    if len(answer) > MAX_ANSWER:
        return Grade(None, "too_long", answer)
    passed = equal(gold, answer, rules)
    if passed is not True and "\\boxed" in text:
        found = boxes(text[-4_000:])
        if len(found) > 1 and found[-1] == answer and isinstance(_read(gold.strip(), False), Group | Named):
            passed = equal(gold, ", ".join(found), rules)
    return Grade(passed, "" if passed else "unreadable" if passed is None else "wrong", answer)
