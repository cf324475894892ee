r"""Faults put into good rows on purpose: what a check of rows must refuse, and the measure of how much it does.

Each injector changes the rendered *text* of a good row in one place and gives the changed row, or None where the text
has no such place. A change that leaves what is said true is none: `3 \times 0 = 0` made `4 \times 0 = 0` is skipped.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

import sympy

from factory.math import oracle_tex
from factory.math.changes import NUMBER, RELATION, equations, replaced, with_other_number, with_other_sign
from factory.math.families import Language
from factory.math.render import Written

FRACTION = re.compile(r"\\frac\{([0-9]+)\}\{([0-9]+)\}")
BARE_LETTER = re.compile(r"(?<![0-9A-Za-z\\}_^'{(/)!])([xyabn])(?![A-Za-z(_'])")
UNITS: Mapping[Language, Mapping[str, str]] = {
    "ja": {
        "円": "人", "人": "円", "個": "本", "こ": "本", "本": "個", "枚": "冊", "まい": "さつ", "さつ": "まい",
        "冊": "枚",
        "匹": "円", "ひき": "まい", "km": "m", "cm": "m", "mm": "cm", "m": "cm", "kg": "g", "g": "kg", "時間": "分",
        "分": "時間",
        "秒": "分", "dL": "L", "mL": "L", "L": "dL", "点": "円", "倍": "円", "%": "割", "歳": "円", "日": "年",
        "台": "人",
        "才": "円",
    },
    "en": {
        "yen": "people", "people": "yen", "km": "m", "m": "km", "cm": "m", "kg": "g", "g": "kg", "mL": "L", "L": "mL",
        "meters": "kilometers", "kilometers": "meters", "grams": "kilograms", "hours": "minutes", "minutes": "hours",
        "seconds": "minutes", "points": "yen", "children": "yen", "students": "yen", "pencils": "notebooks",
        "apples": "oranges", "days": "years", "liters": "meters", "legs": "heads", "turtles": "cranes",
    },
}  # fmt: skip
OFF: Mapping[Language, Sequence[tuple[str, str]]] = {
    "ja": (("%引き", "%"), ("%の値引き", "%の値段"), ("割引き", "割"), ("%増し", "%"), ("%値引き", "%")),
    "en": (("at [0-9]+% off", "at %"), ("% off", "% of"), ("% above", "% of"), ("% more than", "% of")),
}
UNDECIDED = (oracle_tex.TexError, KeyError, TypeError, AttributeError, ValueError, ArithmeticError)
"""What the reader and SymPy raise where a chain is beyond them: nothing is known of it then."""
Injector = Callable[[Written, Language, Random], Written | None]


def still_true(segment: str, known: Mapping[str, str]) -> bool:
    """True where a chain holds: of numbers, identically, or where letters are what the answer says (`known`)."""
    modulus = re.search(r"\\pmod\{([0-9]+)\}", segment)
    whole = segment[: modulus.start()] if modulus else segment
    if r"\cdots" in whole:
        return division_holds(whole)
    signs = RELATION.findall(whole)
    try:
        sides = sides_of(whole, known)
        if len(sides) > 2 and all(isinstance(value, sympy.Symbol) for value in sides[0]):
            sides, signs = sides[1:], signs[1:]
        m = int(modulus[1]) if modulus else None
        return all(
            len(left) == len(right) and all(holds(a, b, sign, m) for a, b in zip(left, right, strict=True))
            for left, right, sign in zip(sides, sides[1:], signs, strict=False)
        )
    except UNDECIDED:
        return False


def sides_of(segment: str, known: Mapping[str, str]) -> list[list[oracle_tex.Value]]:
    """The values of each side of a chain, letters replaced by what they are."""
    letters = {sympy.Symbol(letter): oracle_tex.value(text) for letter, text in known.items()}
    sides = [oracle_tex.values(side) for side in RELATION.split(segment)]
    return [[sympy.expand(value.subs(letters)) for value in side] for side in sides]


def same_meaning(segment: str, changed: str) -> bool:
    """True where each side is worth what it was: `(-5)^2` made `(5)^2`."""
    try:
        return sides_of(segment, {}) == sides_of(changed, {})
    except UNDECIDED:
        return False


def holds(a: oracle_tex.Value, b: oracle_tex.Value, sign: str, modulus: int | None) -> bool:
    """Whether one relation is true; a relation with letters left only where it is an identity."""
    if sign == r"\equiv":
        return bool((a - b) % modulus == 0)
    if sign == "=":
        return bool(sympy.expand(a - b) == 0)
    tests = {"<": sympy.Lt, ">": sympy.Gt, r"\l": sympy.Le, r"\g": sympy.Ge, r"\n": sympy.Ne}
    return bool(tests[sign[:2]](a, b) == True)  # noqa: E712 - a relation with letters is neither


def division_holds(segment: str) -> bool:
    r"""Whether `17 \div 5 = 3 \cdots 2` is right."""
    match = re.fullmatch(r"([0-9]+) \\div ([0-9]+) = ([0-9]+) \\cdots ([0-9]+)", segment.strip())
    a, b, q, r = map(int, match.groups()) if match else (0, 0, 0, 0)
    return match is not None and b > 0 and a == b * q + r and r < b


def stated(answer: str) -> dict[str, str]:
    """What letters are by the answer, `$x = 5$`."""
    return {m[1]: m[2] for m in re.finditer(r"([A-Za-z]) = ([^$,、=<>]+?)(?= *[$,、])", answer)}


def in_equation(
    row: Written, random: Random, change: Callable[[str], str | None], form: bool = False
) -> Written | None:
    """The row with one equation of its solution changed: into a false one, or into bad form."""
    known = stated(row.answer)
    spans = equations(row.solution)
    random.shuffle(spans)
    for start, end in spans:
        segment = row.solution[start:end]
        changed = change(segment)
        if changed is None or changed == segment:
            continue
        if form or not (same_meaning(segment, changed) or still_true(changed, known)):
            return row._replace(solution=replaced(row.solution, start, end, changed))
    return None


def wrong_step(row: Written, language: Language, random: Random) -> Written | None:
    """A number in an equation of the solution is another."""
    return in_equation(row, random, lambda s: with_other_number(s, 0, len(s), random))


def lost_sign(row: Written, language: Language, random: Random) -> Written | None:
    """A plus for a minus or the reverse, or a leading minus left out, in an equation of the solution."""
    return in_equation(row, random, lambda s: with_other_sign(s, random))


def plus_minus(row: Written, language: Language, random: Random) -> Written | None:
    """`+ -3` for `- 3`, in an equation of the solution."""

    def change(segment: str) -> str | None:
        found = [m.start() for m in re.finditer(r" - (?=[0-9a-z\\])", segment)]
        start = random.choice(found) if found else 0
        return replaced(segment, start, start + 3, " + -") if found else None

    return in_equation(row, random, change, form=True)


def one_coefficient(row: Written, language: Language, random: Random) -> Written | None:
    """`1x` for `x`, in an equation of the solution."""

    def change(segment: str) -> str | None:
        found = list(BARE_LETTER.finditer(segment))
        match = random.choice(found) if found else None
        return replaced(segment, *match.span(), f"1{match[0]}") if match else None

    return in_equation(row, random, change, form=True)


def unreduced(row: Written, language: Language, random: Random) -> Written | None:
    """A fraction of the answer with both parts doubled or tripled."""
    found = list(FRACTION.finditer(row.answer))
    if not found:
        return None
    match, factor = random.choice(found), random.choice((2, 3))
    top, bottom = int(match[1]) * factor, int(match[2]) * factor
    return row._replace(answer=replaced(row.answer, *match.span(), f"\\frac{{{top}}}{{{bottom}}}"))


def wrong_unit(text: str, language: Language, random: Random) -> str | None:
    """The text with one unit word behind a number, or one asked for, exchanged."""
    units = UNITS[language]
    names = "|".join(sorted(map(re.escape, units), key=len, reverse=True))
    before = r"(?<=[0-9何$])|(?<=なん)" if language == "ja" else r"(?<=[0-9$] )|(?<=[Hh]ow many )"
    after = "(?![A-Za-z0-9²³/])" if language == "ja" else r"\b(?![²³/])"
    found = list(re.finditer(f"(?:{before})({names}){after}", text))
    match = random.choice(found) if found else None
    return replaced(text, *match.span(1), units[match[1]]) if match else None


def unit_in_question(row: Written, language: Language, random: Random) -> Written | None:
    """Another unit in the question."""
    changed = wrong_unit(row.question, language, random)
    return row._replace(question=changed) if changed else None


def unit_in_answer(row: Written, language: Language, random: Random) -> Written | None:
    """Another unit in the answer."""
    changed = wrong_unit(row.answer, language, random)
    return row._replace(answer=changed) if changed else None


def off_for_at(row: Written, language: Language, random: Random) -> Written | None:
    """A price at 30% where 30% off was meant."""
    for wording, meant in OFF[language]:
        match = re.search(wording, row.question)
        if match:
            new = re.sub(" off$", "", match[0]) if meant == "at %" else meant
            return row._replace(question=replaced(row.question, *match.span(), new))
    return None


def number_in_prose(row: Written, language: Language, random: Random) -> Written | None:
    """Another number in the solution's prose."""
    spans, at = [], 0
    for i, piece in enumerate(row.solution.split("$")):
        if i % 2 == 0 and NUMBER.search(piece):
            spans.append((at, at + len(piece)))
        at += len(piece) + 1
    changed = with_other_number(row.solution, *random.choice(spans), random) if spans else None
    return row._replace(solution=changed) if changed else None


def number_in_question(row: Written, language: Language, random: Random) -> Written | None:
    """Another number in the question."""
    changed = with_other_number(row.question, 0, len(row.question), random)
    return row._replace(question=changed) if changed else None


def number_in_answer(row: Written, language: Language, random: Random) -> Written | None:
    """Another number in the answer."""
    changed = with_other_number(row.answer, 0, len(row.answer), random)
    return row._replace(answer=changed) if changed else None


def wrong_differential(row: Written, language: Language, random: Random) -> Written | None:
    """`dy` for `dx` in the question or the solution."""
    fields = [name for name in ("question", "solution") if re.search(r"\bdx\b", getattr(row, name))]
    if not fields:
        return None
    name = random.choice(fields)
    return row._replace(**{name: re.sub(r"\bdx\b", "dy", getattr(row, name), count=1)})


INJECTORS: Mapping[str, Injector] = {
    function.__name__: function
    for function in (
        wrong_step, lost_sign, plus_minus, one_coefficient, wrong_differential, number_in_prose, number_in_question,
        number_in_answer, unreduced, unit_in_question, unit_in_answer, off_for_at,
    )
}  # fmt: skip


def injected(kind: str, row: Written, language: Language, random: Random) -> Written | None:
    """The row with one fault of a kind; None where it has no place for one."""
    changed = INJECTORS[kind](row, language, random)
    return None if changed == row else changed
