"""Functions of exact values, and the numeric look that keeps a missing identity from being called wrong."""

import cmath
import math
from collections.abc import Callable, Iterable
from fractions import Fraction

from factory.answer.value import (
    Atom,
    Exact,
    Monomial,
    Number,
    Opaque,
    Terms,
    Unreadable,
    Value,
    constant,
    factorised,
    frozen,
    number,
    symbol,
)

NAMES = frozenset({"sin", "cos", "tan", "ln", "log", "exp", "arcsin", "arccos", "arctan", "sec", "csc", "cot", "abs"})
_SINES = {0: (0, 0), 2: (1, 1), 3: (1, 2), 4: (1, 3), 6: (1, 4)}  # sin(kπ/12) = ±√n / 2
_CONSTANTS = {"π": math.pi, "e": math.e, "i": 1j}
_NUMERIC: dict[str, Callable[[complex], complex]] = {
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "sec": lambda z: 1 / cmath.cos(z),
    "csc": lambda z: 1 / cmath.sin(z),
    "cot": lambda z: 1 / cmath.tan(z),
    "arcsin": cmath.asin,
    "arccos": cmath.acos,
    "arctan": cmath.atan,
    "ln": cmath.log,
}
"""`log` is missing: without a base it is either of two functions."""


def _sine(twelfths: int) -> Value | None:
    k = twelfths % 24
    sign = -1 if k >= 12 else 1
    k %= 12
    found = _SINES.get(min(k, 12 - k))
    if found is None:
        return None
    root = Exact().power(number(found[1]), number(Fraction(1, 2))) if found[1] else number(0)
    return Exact().multiply(root, number(Fraction(sign, 2)))


def _twelfths(angle: Value) -> int | None:
    """The angle in units of π/12 where it is a whole number of them."""
    turns = constant(Exact().divide(angle, symbol("π")))
    if turns is None or turns.denominator not in (1, 2, 3, 4, 6, 12):
        return None
    return int(turns * 12) % 24


def _logarithm(name: str, of: Value, exact: Exact) -> Value:
    """The sum of the logarithms of its prime factors; variables stay inside."""
    if of.bottom != {(): 1} or len(of.top) != 1:
        return symbol(Opaque(name, frozen(of)))
    ((term, c),) = of.top.items()
    if c <= 0:
        raise Unreadable("the logarithm of a number that is not positive")
    parts: list[tuple[Atom, Number]] = list(term)
    parts += [(p, n) for p, n in factorised(c.numerator).items()]
    parts += [(p, -n) for p, n in factorised(c.denominator).items()]
    total = number(0)
    for atom, power in parts:
        if name == "ln" and atom == "e":
            total = exact.add(total, number(power))
        else:
            inner = symbol(Opaque(name, frozen(symbol(atom))))
            total = exact.add(total, exact.multiply(number(power), inner))
    return total


def apply(name: str, of: Value, exact: Exact) -> Value:
    """The function's value, exact where it is known, else an opaque atom."""
    if name == "exp":
        return exact.power(symbol("e"), of)
    if name in ("ln", "log"):
        return _logarithm(name, of, exact)
    if name == "abs":
        c = constant(of)
        return number(max(c, -c)) if c is not None else symbol(Opaque(name, frozen(of)))
    if name in ("sin", "cos", "tan"):
        k = _twelfths(of)
        if k is not None:
            sine, cosine = _sine(k), _sine(k + 6)
            if name == "tan" and sine and cosine:
                return exact.divide(sine, cosine)
            found = sine if name == "sin" else cosine
            if found and name != "tan":
                return found
    return symbol(Opaque(name, frozen(of)))


def variables(value: Value) -> frozenset[str]:
    """The names of the free variables, those inside functions too."""
    found: set[str] = set()
    _collect((value.top.items(), value.bottom.items()), found)
    return frozenset(found - _CONSTANTS.keys() - {"∞"})


def _collect(parts: Iterable[Iterable[tuple[Monomial, Number]]], found: set[str]) -> None:
    for part in parts:
        for term, _ in part:
            for atom, _power in term:
                if isinstance(atom, str):
                    found.add(atom)
                elif isinstance(atom, Opaque):
                    _collect(atom.of, found)
                    _collect(atom.exponent, found)


def opaque(value: Value) -> bool:
    """True when terms hold atoms whose identities are not known here."""
    return any(isinstance(atom, Opaque) for part in value for term in part for atom, _ in term)


def approximate(value: Value, at: dict[str, float]) -> complex | None:
    """The number near `value` with its variables set; None where it can't be had."""
    try:
        bottom = _evaluate(value.bottom.items(), at)
        result = _evaluate(value.top.items(), at) / bottom
    except (ValueError, KeyError, ZeroDivisionError, OverflowError, RecursionError):
        return None
    return result if cmath.isfinite(result) else None


def _evaluate(part: Iterable[tuple[Monomial, Number]], at: dict[str, float]) -> complex:
    total: complex = 0
    for term, c in part:
        product: complex = float(c)
        for atom, power in term:
            product *= _atom(atom, at) ** float(power)
        total += product
    return total


def _quotient(parts: tuple[Terms, Terms], at: dict[str, float]) -> complex:
    return _evaluate(parts[0], at) / _evaluate(parts[1], at)


def _atom(atom: Atom, at: dict[str, float]) -> complex:
    if isinstance(atom, int):
        return atom
    if isinstance(atom, str):
        return at[atom] if atom in at else _CONSTANTS[atom]
    inner = _quotient(atom.of, at)
    if atom.name == "^":
        return complex(inner ** _quotient(atom.exponent, at))
    if atom.name == "abs":
        return abs(inner)
    return _NUMERIC[atom.name](inner)
