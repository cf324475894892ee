"""Exact values that are not fractions, as residues modulo one prime: roots, i, logarithms, sines.

Each map here is a homomorphism: whatever is true of the numbers is true of their residues, so a right row is never
refused; a wrong one passes with a chance of about 2^-500. The prime P is one for which -1 and every prime below
400 has a square root, so that `sqrt(6) = sqrt(2) sqrt(3)` and `sqrt(12) = 2 sqrt(3)` hold by construction.
"""

from fractions import Fraction
from functools import cache
from hashlib import blake2b
from math import isqrt, prod

from factory.math.skeleton import UnreadError

PRIMES = tuple(p for p in range(2, 400) if all(p % q for q in range(2, isqrt(p) + 1)))
TABLE = {0: (0, 1), 15: (1, 6), 30: (1, 2), 45: (2, 2), 60: (3, 2), 75: (1, 6), 90: (1, 1)}


P = 25 * 4 * prod(PRIMES) + 1
"""The least prime k * 8 * 3 * 5 * 7 * ... * 397 + 1: each prime below 400, and -1, is a square modulo it."""

LONGEST = 1_000_000
"""Powers with more bits are refused: what a formula may hold grows with its text, not beyond."""

NON_SQUARE = 433
"""The least number that is no square modulo P."""


@cache
def square_root(a: int) -> int:
    """A square root of a modulo P (Tonelli-Shanks); always the same one."""
    odd, twos = P - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    m, c, t, r = twos, pow(NON_SQUARE, odd, P), pow(a, odd, P), pow(a, (odd + 1) // 2, P)
    while t != 1:
        i, power = 0, t
        while power != 1:
            power, i = power * power % P, i + 1
        if i == m:
            raise UnreadError(f"no root of {a} is known here")
        b = pow(c, 1 << (m - i - 1), P)
        m, c, t, r = i, b * b % P, t * b * b % P, r * b % P
    return r


@cache
def root(n: int) -> int:
    """The residue of sqrt(n) for an integer n; exact for squares; i sqrt(-n) below 0."""
    if n < 0:
        return square_root(P - 1) * root(-n) % P
    exact = isqrt(n)
    if exact * exact == n:
        return exact
    value, rest = 1, n
    for p in PRIMES:
        while rest % (p * p) == 0:
            rest, value = rest // (p * p), value * p
        if rest % p == 0:
            rest, value = rest // p, value * square_root(p) % P
        if p * p > rest:
            break
    exact = isqrt(rest)
    if exact * exact == rest:
        return value * exact % P
    return value * square_root(rest) % P


def nth_root(n: int, degree: int) -> int:
    """The integer root of a perfect power.

    Raises:
        UnreadError: for what is none.
    """
    if n < 0 and degree % 2:
        return -nth_root(-n, degree)
    exact = round(abs(n) ** (1 / degree)) if 0 <= n < 2**200 and 2 < degree < 20 else -1
    for candidate in (exact - 1, exact, exact + 1):
        if candidate >= 0 and candidate**degree == n:
            return candidate
    raise UnreadError(f"the {degree}-th root of {n} is not read")


@cache
def symbol(*name: object) -> int:
    """A fixed 128-bit point for a name: equal names, equal points."""
    return int.from_bytes(blake2b(repr(name).encode(), digest_size=16).digest(), "big")


@cache
def logarithm(n: int, d: int = 1) -> int:
    """The residue of log(n / d) for positive integers: additive over products."""
    if n <= 0 or d <= 0:
        raise UnreadError("a logarithm of something not positive")
    total = 0
    for value, sign in ((n, 1), (d, -1)):
        rest, p = value, 2
        while p * p <= rest and p < 10_000:
            while rest % p == 0:
                rest, total = rest // p, total + sign * symbol("log", p)
            p += 1
        if rest > 1:
            total += sign * symbol("log", rest)
    return total


@cache
def sine(n: int, d: int) -> tuple[int, int]:
    """Residue pair of sin(n / d degrees); multiples of 15 exactly, other angles as symbols."""
    angle = Fraction(n, d) % 360
    if angle > 180:
        num, den = sine(*(angle - 180).as_integer_ratio())
        return -num, den
    if angle > 90:
        angle = 180 - angle
    if angle.denominator != 1 or int(angle) not in TABLE:
        return symbol("sin", angle), 1
    if angle in (15, 75):
        return root(6) + (-root(2) if angle == 15 else root(2)), 4
    inside, below = TABLE[int(angle)]
    return root(inside), below


def cosine(n: int, d: int) -> tuple[int, int]:
    """Residue pair of cos(n / d degrees)."""
    return sine(*(Fraction(90) - Fraction(n, d)).as_integer_ratio())


def tangent(n: int, d: int) -> tuple[int, int]:
    """Residue pair of tan(n / d degrees)."""
    (a, b), (c, e) = sine(n, d), cosine(n, d)
    return a * e, b * c


def fraction_power(base: int, below: int, top: int, bottom: int) -> tuple[int, int]:
    """(base / below) ** (top / bottom), exactly or as a residue pair."""
    if top < 0:
        base, below, top = below, base, -top
    if top % bottom == 0:
        return power(base, top // bottom), power(below, top // bottom)
    if bottom == 2:
        return root(power(base * below, top)), power(below, top)
    return power(nth_root(base, bottom), top), power(nth_root(below, bottom), top)


def power(base: int, exponent: int) -> int:
    """Base ** exponent, as an integer while that is small and modulo P beyond."""
    if exponent < 0:
        raise UnreadError("a negative power of an integer")
    return int(base**exponent) if exponent <= 64 and base.bit_length() <= LONGEST // 64 else pow(base, exponent, P)


def small_power(base: int, exponent: int) -> int:
    """Base ** exponent for exponents up to 2,000: an integer.

    Raises:
        UnreadError: for larger or negative exponents, and for powers of powers that would hang.
    """
    if not 0 <= exponent <= 2_000 or base.bit_length() * exponent > LONGEST:
        raise UnreadError(f"the exponent {exponent} is not read")
    return int(base**exponent)
