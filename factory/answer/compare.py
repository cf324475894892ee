"""Whether two answers that were read are the same one."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from factory.answer.functions import approximate, opaque, variables
from factory.answer.kinds import Answer, Equation, Group, Named, Quantity, Word
from factory.answer.region import Region, interval, same_region
from factory.answer.units import Unit
from factory.answer.value import Exact, Unreadable, Value, constant, number, symbol
from factory.answer.words import same_word

Form = Literal["reduced", "expanded", "factored"]
_POINTS = (17.3127, 5.6431, 29.9173)
_NEAR = 1e-9


class Rules(NamedTuple):
    """How strictly two answers are compared."""

    percent: Literal["strict", "loose"] = "strict"
    """`loose` also takes `60` for `60%` and `60%` for `60`."""
    decimals: int | None = None
    """Round the given number to so many places before it is compared; None compares exactly."""
    form: Form | None = None
    """Also demand that the given answer is reduced, expanded or factored."""


def same(gold: Answer, given: Answer, rules: Rules) -> bool | None:
    """True or False where it is certain, None where it is not.

    Raises:
        Unreadable: the comparison itself would be too much work.
    """
    gold, given = _unwrapped(gold), _unwrapped(given)
    if isinstance(gold, Named) or isinstance(given, Named):
        return _named(gold, given, rules)
    if isinstance(gold, Quantity) and isinstance(given, Quantity):
        return _quantities(gold, given, rules)
    if isinstance(gold, Region) or isinstance(given, Region):
        return _regions(gold, given)
    if isinstance(gold, Equation) or isinstance(given, Equation):
        return _equations(gold, given)
    if isinstance(gold, Word) and isinstance(given, Word):
        return True if same_word(gold.text, given.text) else False if gold.known and given.known else None
    if isinstance(gold, Group) and isinstance(given, Group):
        return _groups(gold, given, rules)
    if isinstance(gold, Word) or isinstance(given, Word):
        return None if any(isinstance(a, Word) and not _excludes_numbers(a) for a in (gold, given)) else False
    return False


def _excludes_numbers(answer: Word) -> bool:
    """A month may be written as a number, no solution may not."""
    return answer.known and not answer.text.startswith(("month", "date", "clock", "weekday"))


def _unwrapped(answer: Answer) -> Answer:
    """A set or list of one is that one; a matrix of one column is a tuple."""
    while isinstance(answer, Group) and answer.kind in ("list", "set") and len(answer.items) == 1:
        answer = answer.items[0]
    if isinstance(answer, Group) and answer.kind == "matrix":
        rows = [row for row in answer.items if isinstance(row, Group)]
        if all(len(row.items) == 1 for row in rows):
            return Group("tuple", tuple(row.items[0] for row in rows))
        if len(rows) == 1:
            return rows[0]
    if isinstance(answer, Group) and answer.kind == "row" and all(isinstance(i, Group) for i in answer.items):
        return Group("matrix", tuple(Group("tuple", row.items) for row in answer.items if isinstance(row, Group)))
    if isinstance(answer, Group) and answer.kind == "row" and len(answer.items) != 2:
        return Group("tuple", answer.items)
    return answer


def _named(gold: Answer, given: Answer, rules: Rules) -> bool | None:
    if isinstance(gold, Named) and isinstance(given, Named):
        if [name for name, _ in gold.items] == [name for name, _ in given.items]:
            return _all([same(a, b, rules) for (_, a), (_, b) in zip(gold.items, given.items, strict=True)])
        if len(gold.items) == len(given.items) == 1 and not _is_curve(gold) and not _is_curve(given):
            return same(gold.items[0][1], given.items[0][1], rules)
        return False
    one, other = (gold, given) if isinstance(gold, Named) else (given, gold)
    if not isinstance(one, Named):
        return False
    if isinstance(other, Equation):
        return _equations(gold, given)
    if len(one.items) == 1:
        inner = one.items[0][1]
        return same(inner, given, rules) if one is gold else same(gold, inner, rules)
    values = Group("tuple", tuple(item for _, item in one.items))
    return same(values, given, rules) if one is gold else same(gold, values, rules)


def _is_curve(answer: Named) -> bool:
    right = answer.items[0][1]
    return isinstance(right, Quantity) and bool(variables(right.value))


def _all(results: Sequence[bool | None]) -> bool | None:
    if False in results:
        return False
    return None if None in results else True


def _groups(gold: Group, given: Group, rules: Rules) -> bool | None:
    kinds = {gold.kind, given.kind}
    if kinds == {"matrix", "tuple"} or (kinds == {"matrix", "row"}):
        return _in_order(gold, given, rules)
    if kinds <= {"list", "set"} or kinds in ({"list", "tuple"}, {"list", "row"}):
        if gold.kind == "tuple" or (given.kind == "tuple" and len(given.items) != len(gold.items)):
            return _in_order(gold, given, rules)
        return _in_any_order(gold, given, rules)
    if gold.kind != given.kind:
        return False
    if gold.kind == "ratio" and len(gold.items) == len(given.items):
        return _ratios(gold, given)
    return _in_order(gold, given, rules)


def _in_order(gold: Group, given: Group, rules: Rules) -> bool | None:
    if len(gold.items) != len(given.items):
        return False
    return _all([same(a, b, rules) for a, b in zip(gold.items, given.items, strict=True)])


def _in_any_order(gold: Group, given: Group, rules: Rules) -> bool | None:
    left = list(given.items)
    unsure = False
    for item in gold.items:
        results = [same(item, other, rules) for other in left]
        if True in results:
            left.pop(results.index(True))
        elif None in results:
            unsure = True
        else:
            return False
    rest = [item for item in left if not any(same(other, item, rules) for other in gold.items)]
    return None if unsure else not rest


def _ratios(gold: Group, given: Group) -> bool | None:
    exact = Exact()
    terms = [[item.value for item in group.items if isinstance(item, Quantity)] for group in (gold, given)]
    if len(terms[0]) != len(gold.items) or len(terms[1]) != len(given.items):
        return None
    (p, *ps), (q, *qs) = terms
    if not p.top or not q.top:
        return None
    return all(exact.same(exact.multiply(p, b), exact.multiply(q, a)) for a, b in zip(ps, qs, strict=True))


def _regions(gold: Answer, given: Answer) -> bool | None:
    """A pair in round brackets is an open interval where the other side is a region."""
    both = [_as_region(answer) for answer in (gold, given)]
    if both[0] is None or both[1] is None:
        return False
    return same_region(both[0], both[1])


def _as_region(answer: Answer) -> Region | None:
    if isinstance(answer, Region):
        return answer
    if isinstance(answer, Word) and answer.text == "all reals":
        infinity = symbol("∞")
        return Region(interval("(", Exact().negate(infinity), infinity, ")").parts)
    if isinstance(answer, Word) and answer.text == "none":
        return Region(())
    if isinstance(answer, Group) and answer.kind in ("tuple", "row") and len(answer.items) == 2:
        low, high = answer.items
        if isinstance(low, Quantity) and isinstance(high, Quantity):
            try:
                ends = "[]" if answer.kind == "row" else "()"
                return interval(ends[0], low.value, high.value, ends[1])
            except Unreadable:
                return None
    return None


def _difference(answer: Answer) -> Value | None:
    if isinstance(answer, Equation):
        return answer.difference
    name, right = answer.items[0] if isinstance(answer, Named) and len(answer.items) == 1 else ("", None)
    return Exact().subtract(symbol(name), right.value) if isinstance(right, Quantity) else None


def _equations(gold: Answer, given: Answer) -> bool | None:
    """The same equation up to a factor that is a number."""
    a, b = _difference(gold), _difference(given)
    if a is None or b is None:
        return None
    exact = Exact()
    ratio = exact.divide(a, b) if b.top else number(0)
    shared = next((term for term in a.top if term in b.top), None)
    if constant(ratio) not in (None, 0):
        return True
    if shared is None or a.bottom != b.bottom:
        return False
    return exact.same(exact.multiply(a, number(b.top[shared])), exact.multiply(b, number(a.top[shared])))


def _quantities(gold: Quantity, given: Quantity, rules: Rules) -> bool | None:
    exact = Exact()
    value = given.value
    if gold.percent != given.percent and rules.percent == "loose":
        scaled = exact.multiply(value, number(100 if given.percent else Fraction(1, 100)))
        if _values(gold.value, scaled, rules):
            return True
    if gold.percent and given.percent and rules.decimals is not None:
        hundred = number(100)
        return _values(exact.multiply(gold.value, hundred), exact.multiply(value, hundred), rules)
    if gold.unit and given.unit and gold.unit != given.unit:
        return _converted(gold, given, gold.unit, given.unit, rules)
    return _values(gold.value, value, rules)


def _converted(gold: Quantity, given: Quantity, wanted: Unit, unit: Unit, rules: Rules) -> bool | None:
    if wanted.dimension == unit.dimension != "count":
        factor = unit.factor / wanted.factor
        return _values(gold.value, Exact().multiply(given.value, number(factor)), rules)
    if "count" in (wanted.dimension, unit.dimension) and _values(gold.value, given.value, rules):
        return None
    return False


def _values(gold: Value, given: Value, rules: Rules) -> bool | None:
    exact = Exact()
    if rules.decimals is not None:
        p, q = constant(gold), constant(given)
        if p is not None and q is not None:
            return _rounded(Fraction(p), rules.decimals) == _rounded(Fraction(q), rules.decimals)
    if exact.same(gold, given):
        return True
    if ("C", 1) in [pair for term in gold.top for pair in term]:
        return _with_constant(gold, given)
    return _numerically(gold, given) if opaque(gold) or opaque(given) else False


def _rounded(value: Fraction, places: int) -> int:
    """Half away from zero, as schools round."""
    scaled = abs(value) * 10**places
    return int(scaled + Fraction(1, 2)) * (1 if value >= 0 else -1)


def _with_constant(gold: Value, given: Value) -> bool | None:
    """The constant of an integral may have another name and any factor but zero."""
    free = ((("C", 1),),)[0]
    names = [name for name in ("C", "c", "K", "k") if ((name, 1),) in given.top]
    if free not in gold.top or len(names) != 1 or gold.bottom != given.bottom != {}:
        return False
    left = Value({t: c for t, c in gold.top.items() if t not in (free, ())}, gold.bottom)
    right = Value({t: c for t, c in given.top.items() if t not in (((names[0], 1),), ())}, given.bottom)
    return True if Exact().same(left, right) else _numerically(left, right) if opaque(left) or opaque(right) else False


def _numerically(gold: Value, given: Value) -> bool | None:
    """Certain when the numbers differ; the same at several points is the same function, but not the same number."""
    names = sorted(variables(gold) | variables(given))
    near = 0
    for point in _POINTS:
        at = {name: point + 1.618 * i for i, name in enumerate(names)}
        a, b = approximate(gold, at), approximate(given, at)
        if a is None or b is None:
            continue
        if abs(a - b) > _NEAR * max(1.0, abs(a), abs(b)):
            return False
        near += 1
    return True if names and near == len(_POINTS) else None
