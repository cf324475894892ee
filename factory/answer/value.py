"""Exact values of answers: sums of rational multiples of products of powers, over such a sum.

A term is a coefficient times a product of atoms with rational exponents. Atoms are variables (`"x"`), the
constants `"π"`, `"e"`, `"i"`, primes (`2` to the power 1/2 is the square root of two; whole powers go into the
coefficient) and opaque ones such as a sine. Roots of distinct primes are independent over the
rationals, so two sums without opaque atoms are equal exactly when their terms are.

Everything is bounded before it is computed, because the text it comes from is hostile. Left out: nested
roots are not denested, and opaque atoms know no identities.
"""

from fractions import Fraction
from math import isqrt
from typing import NamedTuple, TypeAlias

Number: TypeAlias = int | Fraction
Atom: TypeAlias = "int | str | Opaque"
Monomial: TypeAlias = tuple[tuple[Atom, Number], ...]
Terms: TypeAlias = tuple[tuple[Monomial, Number], ...]
Polynomial: TypeAlias = dict[Monomial, Number]

MAX_BITS = 4_000
MAX_TERMS = 200
MAX_POWER_OF_A_SUM = 16
MAX_STEPS = 1_500
_SMALL = 2**62
_PRIMES = [n for n in range(2, 2_000) if all(n % d for d in range(2, isqrt(n) + 1))]


class Unreadable(ValueError):
    """The text is no answer that this reader can take exactly, or it is too big to."""


class Opaque(NamedTuple):
    """A function or a power that is kept as it is; its parts are quotients of terms."""

    name: str
    """Of the function; `^` for a power, whose exponent is 1 where it stands outside."""
    of: tuple[Terms, Terms]
    exponent: tuple[Terms, Terms] = ((((), 1),), (((), 1),))


class Value(NamedTuple):
    """A quotient of two sums; `bottom` is 1 unless it has several terms."""

    top: Polynomial
    bottom: Polynomial


ONE: Polynomial = {(): 1}


def number(value: Number) -> Value:
    """The value of a rational number."""
    return Value({(): value} if value else {}, ONE)


def symbol(atom: Atom, exponent: Number = 1) -> Value:
    """The value of one atom."""
    return Value({((atom, exponent),): 1}, ONE)


def constant(value: Value) -> Number | None:
    """The rational number that `value` is, or None."""
    if value.bottom != ONE or len(value.top) > 1:
        return None
    return value.top.get((), None) if value.top else 0


def frozen(value: Value) -> tuple[Terms, Terms]:
    """A hashable form, the same for the same sums."""
    return tuple(sorted(value.top.items(), key=repr)), tuple(sorted(value.bottom.items(), key=repr))


def whole(value: Number) -> Number:
    """An int where the number is one."""
    return value.numerator if value.denominator == 1 else value


def factorised(n: int) -> dict[int, int]:
    """Exponent by prime of a positive int, by trial division.

    Raises:
        Unreadable: a factor is left that may not be prime.
    """
    factors: dict[int, int] = {}
    for prime in _PRIMES:
        if prime * prime > n:
            break
        while n % prime == 0:
            n //= prime
            factors[prime] = factors.get(prime, 0) + 1
    if n > _PRIMES[-1] ** 2:
        raise Unreadable("a number too big to factorise")
    if n > 1:
        factors[n] = factors.get(n, 0) + 1
    return factors


def _refuse_big(value: Number) -> None:
    if _bits(value) > MAX_BITS:
        raise Unreadable("a number with too many digits")


def _bits(value: Number) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _reduced(powers: dict[Atom, Number]) -> tuple[Number, Monomial]:
    """The coefficient that whole powers of primes and of i give, and the remaining monomial."""
    coefficient: Number = 1
    kept: list[tuple[Atom, Number]] = []
    for atom, power in powers.items():
        rest = power if type(power) is int else whole(power)
        if isinstance(atom, int):
            floor = rest.numerator // rest.denominator
            if abs(floor) * atom.bit_length() > MAX_BITS:
                raise Unreadable("too big")
            if floor:
                coefficient *= Fraction(atom) ** floor
                rest -= floor
        elif atom == "i" and isinstance(rest, int):
            coefficient *= -1 if rest % 4 > 1 else 1
            rest %= 2
        if rest:
            kept.append((atom, rest))
    if len(kept) > 1:
        kept.sort(key=repr)
    return whole(coefficient), tuple(kept)


class Exact:
    """Arithmetic on values with a budget, so that no text can make it work long."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        """`steps` bounds the products of terms over the life of this object."""
        self.steps = steps

    def _product(self, a: Polynomial, b: Polynomial) -> Polynomial:
        if a == ONE:
            return b
        if b == ONE:
            return a
        self.steps -= len(a) * len(b)
        if self.steps < 0:
            raise Unreadable("too much work")
        total: Polynomial = {}
        for left, p in a.items():
            for right, q in b.items():
                factor: Number = 1
                if not left:
                    term = right
                elif not right:
                    term = left
                else:
                    powers = dict(left)
                    for atom, power in right:
                        powers[atom] = powers.get(atom, 0) + power
                    factor, term = _reduced(powers)
                total[term] = total.get(term, 0) + p * q * factor
        return self._checked(total)

    def _checked(self, total: Polynomial) -> Polynomial:
        if len(total) > MAX_TERMS:
            raise Unreadable("too many terms")
        checked: Polynomial = {}
        for term, c in total.items():
            if type(c) is not int:
                c = whole(c)
            if c:
                if not -_SMALL < c < _SMALL or type(c) is not int:
                    _refuse_big(c)
                checked[term] = c
        return checked

    def _sum(self, a: Polynomial, b: Polynomial) -> Polynomial:
        self.steps -= len(a) + len(b)
        if self.steps < 0:
            raise Unreadable("too much work")
        total = dict(a)
        for term, c in b.items():
            total[term] = total.get(term, 0) + c
        return self._checked(total)

    def add(self, a: Value, b: Value) -> Value:
        """The sum."""
        if a.bottom == b.bottom:
            return Value(self._sum(a.top, b.top), a.bottom)
        top = self._sum(self._product(a.top, b.bottom), self._product(b.top, a.bottom))
        return Value(top, self._product(a.bottom, b.bottom))

    def negate(self, a: Value) -> Value:
        """The opposite."""
        return Value({term: -c for term, c in a.top.items()}, a.bottom)

    def subtract(self, a: Value, b: Value) -> Value:
        """The difference."""
        return self.add(a, self.negate(b))

    def multiply(self, a: Value, b: Value) -> Value:
        """The product."""
        return Value(self._product(a.top, b.top), self._product(a.bottom, b.bottom))

    def divide(self, a: Value, b: Value) -> Value:
        """The quotient, with a denominator of one term taken into the numerator."""
        top, bottom = self._product(a.top, b.bottom), self._product(a.bottom, b.top)
        if not bottom:
            raise Unreadable("division by zero")
        if len(bottom) > 1:
            return Value(top, bottom)
        ((term, c),) = bottom.items()
        factor, inverse = _reduced({atom: -power for atom, power in term})
        return Value(self._product(top, {inverse: whole(Fraction(factor) / c)}), ONE)

    def same(self, a: Value, b: Value) -> bool:
        """True when the terms agree; see the module on opaque atoms."""
        if a.bottom == b.bottom:
            return a.top == b.top
        return self._product(a.top, b.bottom) == self._product(b.top, a.bottom)

    def power(self, a: Value, exponent: Value) -> Value:
        """A to the power `exponent`, bounded before it is computed."""
        q = constant(exponent)
        if q is None:
            return self._symbolic_power(a, exponent)
        if q.denominator > 60 or not -MAX_BITS <= q <= MAX_BITS:
            raise Unreadable("too big an exponent")
        if a.bottom != ONE or len(a.top) > 1:
            return self._power_of_sum(a, q)
        if not a.top:
            if q <= 0:
                raise Unreadable("zero to a power that is not positive")
            return a
        ((term, c),) = a.top.items()
        factor, rest = _reduced({atom: power * q for atom, power in term})
        powers = Value({rest: factor}, ONE) if term else number(1)
        return self.multiply(powers, self._power_of_number(c, q))

    def _power_of_number(self, c: Number, q: Number) -> Value:
        if c == 1:
            return number(1)
        if max(q, -q) * _bits(c) > MAX_BITS:
            raise Unreadable("too big a power")
        if isinstance(q, int):
            return number(whole(Fraction(c) ** q))
        powers: dict[Atom, Number] = {p: q * n for p, n in factorised(abs(c.numerator)).items()}
        for p, n in factorised(c.denominator).items():
            powers[p] = q * -n
        if c < 0 and q.denominator == 2:
            powers["i"] = q.numerator
        elif c < 0 and not q.denominator % 2:
            raise Unreadable("an even root of a negative number")
        coefficient, term = _reduced(powers)
        return Value({term: -coefficient if c < 0 and q.denominator % 2 and q.numerator % 2 else coefficient}, ONE)

    def _power_of_sum(self, a: Value, q: Number) -> Value:
        if not isinstance(q, int):
            return symbol(Opaque("^", frozen(a)), q)
        if abs(q) > MAX_POWER_OF_A_SUM:
            raise Unreadable("too big a power of a sum")
        result = number(1)
        for _ in range(abs(q)):
            result = self.multiply(result, a)
        return result if q >= 0 else self.divide(number(1), result)

    def _symbolic_power(self, a: Value, exponent: Value) -> Value:
        """2^(3n + 1) is 2 times the third power of the atom 2^n; the base is split into its factors."""
        if a.bottom != ONE or len(a.top) != 1 or exponent.bottom != ONE:
            return symbol(Opaque("^", frozen(a), frozen(exponent)))
        ((term, c),) = a.top.items()
        factors: list[tuple[Value, Number]] = [(symbol(atom), power) for atom, power in term]
        if c != 1:
            factors += [(number(p), n) for p, n in factorised(abs(c.numerator)).items()]
            factors += [(number(p), -n) for p, n in factorised(c.denominator).items()]
            factors += [(number(-1), 1)] if c < 0 else []
        result = number(1)
        for variable, times in exponent.top.items():
            if not variable:
                result = self.multiply(result, self.power(a, number(times)))
                continue
            part = frozen(Value({variable: 1}, ONE))
            for base, power in factors:
                result = self.multiply(result, symbol(Opaque("^", frozen(base), part), whole(power * times)))
        return result
