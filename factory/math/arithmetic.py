"""Number functions that family files may call: divisors, bases, digits, combinations, and the draws."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import comb, factorial, gcd, isqrt, lcm, perm
from typing import Any

from factory.math import text

LIMIT_EXPONENT = 64
"""`a ** b` in a family file may not go beyond this exponent."""


def power(base: int, exponent: int) -> int:
    """`base ** exponent` for exponents in 0..64."""
    if not 0 <= exponent <= LIMIT_EXPONENT:
        raise ValueError(f"exponent {exponent} is outside 0..{LIMIT_EXPONENT}")
    return int(base**exponent)


def is_square(n: int) -> bool:
    """True for 0, 1, 4, 9 ..."""
    return n >= 0 and isqrt(n) ** 2 == n


def prime_factors(n: int) -> tuple[int, ...]:
    """The prime factors of n >= 1 with repetition, ascending: 12 gives (2, 2, 3)."""
    factors, divisor = [], 2
    while divisor * divisor <= n:
        while n % divisor == 0:
            factors.append(divisor)
            n //= divisor
        divisor += 1
    return (*factors, n) if n > 1 else tuple(factors)


def is_prime(n: int) -> bool:
    """True for 2, 3, 5, 7 ..."""
    return n > 1 and all(n % divisor for divisor in range(2, isqrt(n) + 1))


def divisors(n: int) -> tuple[int, ...]:
    """All positive divisors of n >= 1, ascending."""
    small = [divisor for divisor in range(1, isqrt(n) + 1) if n % divisor == 0]
    return tuple(sorted({*small, *(n // divisor for divisor in small)}))


def square_part(n: int) -> int:
    """The largest k with k * k dividing n >= 1: 72 gives 6."""
    return next(k for k in range(isqrt(n), 0, -1) if n % (k * k) == 0)


def to_base(n: int, base: int) -> str:
    """N >= 0 written in a base 2..16, digits 0-9 and A-F."""
    digits = ""
    while n:
        digits = "0123456789ABCDEF"[n % base] + digits
        n //= base
    return digits or "0"


def digits(n: int) -> tuple[int, ...]:
    """Decimal digits of n >= 0, the highest first."""
    return tuple(map(int, str(n)))


def rising(values: Sequence[int]) -> bool:
    """True where each value is larger than the one before."""
    return all(a < b for a, b in pairwise(values))


def nonzero(random: Callable[[], float], low: int, high: int) -> int:
    """An integer in low..high other than 0."""
    if low > high or low == high == 0:
        raise ValueError(f"no integer but 0 lies in {low}..{high}")
    while True:
        n = low + int(random() * (high - low + 1))
        if n:
            return n


def choice(random: Callable[[], float], values: Sequence[Any]) -> Any:
    """One of the values."""
    return values[int(random() * len(values))]


def draws(random: Callable[[], float], low: int, high: int, n: int) -> tuple[int, ...]:
    """N integers in low..high, repetition allowed."""
    return tuple([low + int(random() * (high - low + 1)) for _ in range(n)])


def sample(random: Callable[[], float], low: int, high: int, n: int) -> tuple[int, ...]:
    """N different integers in low..high."""
    return shuffle(random, range(low, high + 1))[:n]


def shuffle(random: Callable[[], float], values: Iterable[Any]) -> tuple[Any, ...]:
    """The values in a random order."""
    order = list(values)
    for i in range(len(order) - 1, 0, -1):
        j = int(random() * (i + 1))
        order[i], order[j] = order[j], order[i]
    return tuple(order)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "all": all,
    "any": any,
    "comb": comb,
    "digits": digits,
    "divisors": divisors,
    "factorial": factorial,
    "gcd": gcd,
    "is_prime": is_prime,
    "is_square": is_square,
    "isqrt": isqrt,
    "lcm": lcm,
    "len": len,
    "max": max,
    "min": min,
    "perm": perm,
    "power": power,
    "prime_factors": prime_factors,
    "range": range,
    "reversed": lambda values: tuple(reversed(values)),
    "rising": rising,
    "round": round,
    "set": lambda values: tuple(dict.fromkeys(values)),
    "sign": lambda n: (n > 0) - (n < 0),
    "sorted": lambda values: tuple(sorted(values)),
    "square_part": square_part,
    "str": str,
    "sum": sum,
    "to_base": to_base,
    "tuple": tuple,
    "zip": zip,
    **text.FUNCTIONS,
}

DRAWS: dict[str, str] = {
    "int": "({0} + _int(_random() * (({1}) - ({0}) + 1)))",
    "nonzero": "_nonzero(_random, {0}, {1})",
    "choice": "_choice(_random, ({all},))",
    "pick": "_choice(_random, {0})",
    "draws": "_draws(_random, {0}, {1}, {2})",
    "sample": "_sample(_random, {0}, {1}, {2})",
    "shuffle": "_shuffle(_random, {0})",
}
"""Calls that draw: int(low, high) inclusive; nonzero(low, high); choice(a, b, ...); pick(sequence);
draws(low, high, n) with repetition; sample(low, high, n) without; shuffle(sequence)."""
