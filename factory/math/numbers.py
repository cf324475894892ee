"""Numbers as a relation sees them: int, Ratio, or a residue where roots and the like come in."""

from fractions import Fraction
from functools import lru_cache
from typing import Any

from factory.math.residue import P


class Ratio:
    """A fraction that is never reduced: five times as fast as `Fraction` where it is only multiplied and compared."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: int, denominator: int) -> None:
        """A numerator over a positive denominator."""
        self.numerator, self.denominator = numerator, denominator

    def __add__(self, other: Any) -> "Ratio":
        if type(other) is Residue:
            return NotImplemented
        top, bottom = other.numerator, other.denominator
        return Ratio(self.numerator * bottom + top * self.denominator, self.denominator * bottom)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Ratio":
        if type(other) is Residue:
            return NotImplemented
        top, bottom = other.numerator, other.denominator
        return Ratio(self.numerator * bottom - top * self.denominator, self.denominator * bottom)

    def __rsub__(self, other: Any) -> "Ratio":
        difference: Ratio = self - other
        return -difference

    def __mul__(self, other: Any) -> "Ratio":
        if type(other) is Residue:
            return NotImplemented
        return Ratio(self.numerator * other.numerator, self.denominator * other.denominator)

    __rmul__ = __mul__

    def __neg__(self) -> "Ratio":
        return Ratio(-self.numerator, self.denominator)

    def __abs__(self) -> "Ratio":
        return Ratio(abs(self.numerator), self.denominator)

    def __pow__(self, exponent: int) -> "Number":
        if exponent < 0:
            return over(self.denominator**-exponent, self.numerator**-exponent)
        return Ratio(self.numerator**exponent, self.denominator**exponent)

    def __floordiv__(self, other: Any) -> int:
        return int(self.numerator * other.denominator // (other.numerator * self.denominator))

    def __rfloordiv__(self, other: Any) -> int:
        return int(other.numerator * self.denominator // (self.numerator * other.denominator))

    def __mod__(self, other: Any) -> "Ratio":
        rest: Ratio = self - other * (self // other)
        return rest

    def __rmod__(self, other: Any) -> "Ratio":
        return Ratio(other.numerator, other.denominator) % self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | Fraction | Ratio):
            return self.numerator * other.denominator == other.numerator * self.denominator
        return NotImplemented

    def __lt__(self, other: Any) -> bool:
        return bool(self.numerator * other.denominator < other.numerator * self.denominator)

    def __le__(self, other: Any) -> bool:
        return bool(self.numerator * other.denominator <= other.numerator * self.denominator)

    def __gt__(self, other: Any) -> bool:
        return bool(self.numerator * other.denominator > other.numerator * self.denominator)

    def __ge__(self, other: Any) -> bool:
        return bool(self.numerator * other.denominator >= other.numerator * self.denominator)

    def __hash__(self) -> int:
        return hash(Fraction(self.numerator, self.denominator))

    def __bool__(self) -> bool:
        return self.numerator != 0

    def __int__(self) -> int:
        return int(Fraction(self.numerator, self.denominator))

    def __repr__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


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
        return isinstance(other, int | Fraction | Ratio | Residue) and self.value == of(other) % P

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


Number = int | Fraction | Ratio | Residue
"""What captures and relations compute with."""


@lru_cache(maxsize=10_000)
def inverse(n: int) -> int:
    """1 / n modulo P; the same few denominators come again and again."""
    return pow(n, -1, P)


def of(value: Any) -> int:
    """The residue of a number."""
    if isinstance(value, Residue):
        return value.value
    if isinstance(value, int):
        return value
    return int(value.numerator * inverse(value.denominator))


def over(a: Any, b: Any) -> Number:
    """A / b: an int where it is one."""
    if isinstance(a, Residue) or isinstance(b, Residue):
        return Residue(of(a) * inverse(of(b)))
    top, bottom = a.numerator * b.denominator, b.numerator * a.denominator
    if bottom < 0:
        top, bottom = -top, -bottom
    if top % bottom == 0:
        return int(top // bottom)
    return Ratio(top, bottom)


def number(top: int, bottom: int, residue: bool) -> Number:
    """A number from an evaluated pair."""
    if residue:
        return Residue(top if bottom == 1 else top * inverse(bottom))
    if bottom == 1:
        return top
    return over(top, bottom)
