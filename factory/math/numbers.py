"""Numbers as a relation sees them: int, Fraction, or a residue where roots and the like come in."""

from fractions import Fraction
from functools import lru_cache
from typing import Any

from factory.math.residue import P


class Residue:
    """A value modulo P: equal to what it was made from, with a field's arithmetic."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        """Reduce a value modulo P."""
        self.value = value % P

    def __add__(self, other: Any) -> "Residue":
        return Residue(self.value + of(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Residue":
        return Residue(self.value - of(other))

    def __rsub__(self, other: Any) -> "Residue":
        return Residue(of(other) - self.value)

    def __mul__(self, other: Any) -> "Residue":
        return Residue(self.value * of(other))

    __rmul__ = __mul__

    def __neg__(self) -> "Residue":
        return Residue(-self.value)

    def __pow__(self, exponent: int) -> "Residue":
        return Residue(pow(self.value, exponent, P))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | Fraction | Residue) and self.value == of(other) % P

    def __hash__(self) -> int:
        return hash(self.value)

    @property
    def numerator(self) -> int:
        """The residue."""
        return self.value

    @property
    def denominator(self) -> int:
        """1."""
        return 1


Number = int | Fraction | Residue
"""What captures and relations compute with."""


@lru_cache(maxsize=10_000)
def inverse(n: int) -> int:
    """1 / n modulo P; the same few denominators come again and again."""
    return pow(n, -1, P)


def of(value: Any) -> int:
    """The residue of a number."""
    if isinstance(value, Residue):
        return value.value
    if isinstance(value, Fraction):
        return value.numerator * inverse(value.denominator)
    return int(value)


def over(a: Any, b: Any) -> Number:
    """A / b: an int where it is one."""
    if isinstance(a, Residue) or isinstance(b, Residue):
        return Residue(of(a) * inverse(of(b)))
    if isinstance(a, int) and isinstance(b, int) and b and a % b == 0:
        return a // b
    return Fraction(a) / Fraction(b)


def number(top: int, bottom: int, residue: bool) -> Number:
    """A number from an evaluated pair."""
    if residue:
        return Residue(top if bottom == 1 else top * inverse(bottom))
    if bottom == 1:
        return top
    return over(top, bottom)
