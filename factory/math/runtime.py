"""What the functions compiled from formulas may call, and how they are compiled."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, gcd, perm, sqrt
from typing import Any

from factory.math import residue
from factory.math.skeleton import UnreadError


def bounded(n: int, limit: int = 500) -> int:
    """N itself, refused where a count this large would hang."""
    if not 0 <= n <= limit:
        raise UnreadError(f"a count of {n}")
    return n


def summed(term: Callable[[int], tuple[int, int]], low: int, high: int) -> tuple[int, int]:
    """The exact sum of term(low) ... term(high)."""
    if high - low > 2_000:
        raise UnreadError(f"a sum of {high - low} terms")
    terms = [term(k) for k in range(low, high + 1)]
    if all(bottom == 1 for _, bottom in terms):
        return sum(top for top, _ in terms), 1
    total = sum((Fraction(*pair) for pair in terms), Fraction(0))
    return total.numerator, total.denominator


def whole(top: int, bottom: int) -> int:
    """The integer top / bottom.

    Raises:
        UnreadError: where it is none.
    """
    if bottom == 0 or top % bottom:
        raise UnreadError("a count that is not whole")
    return top // bottom


def from_base(digits: int, base: int) -> int:
    """The value of decimal-looking digits in a base up to 10."""
    if not 2 <= base <= 10 or any(int(d) >= base for d in str(digits)):
        raise UnreadError(f"{digits} is not a number in base {base}")
    return int(str(digits), base)


@lru_cache(maxsize=4_096)
def natural_power(n: int, d: int = 0) -> int:
    """The residue of e ** n, of e ** (n / d) where d is given: a free point comes again in every row."""
    base = residue.symbol("e", d) if d else residue.symbol("e") % residue.P
    return pow(base, n % (residue.P - 1), residue.P)


def real_power(base: int, below: int, top: int, bottom: int) -> tuple[float, int]:
    """(base / below) ** (top / bottom) in floating point, as a pair."""
    return (base / below) ** (top / bottom), 1


BEYOND = 10**100
"""Differences this large are between residues, which have no order: a letter that stands for a root."""

SPACE: dict[str, Any] = {
    "P": residue.P, "SMALL": 1 << 1_000, "pw": residue.small_power, "rt": residue.root, "fpow": residue.fraction_power,
    "sin": residue.sine, "cos": residue.cosine, "tan": residue.tangent, "lg": residue.logarithm, "sym": residue.symbol,
    "comb": comb, "perm": perm, "fact": factorial, "bounded": bounded, "summed": summed, "whole": whole, "gcd": gcd,
    "from_base": from_base, "abs": abs, "sqrt": sqrt, "frac": Fraction, "min": min, "max": max, "pow": pow,
    "epow": natural_power, "rt_real": sqrt, "fpow_real": real_power, "BEYOND": BEYOND, "__builtins__": {},
}  # fmt: skip


def define(name: str, lines: Sequence[str], result: str, parameters: str) -> Callable[..., Any]:
    """A function from its source lines."""
    body = "\n    ".join([*lines, f"return {result}"])
    return defined(name, f"def {name}({parameters}):\n    {body}")


@lru_cache(maxsize=4_096)
def defined(name: str, source: str) -> Callable[..., Any]:
    """The function that a source defines; formulas of one shape share it.

    Raises:
        UnreadError: for a formula nested more deeply than Python compiles.
    """
    space = dict(SPACE)
    try:
        exec(compile(source, f"<{name}>", "exec"), space)
    except (SyntaxError, MemoryError) as error:
        raise UnreadError(f"a formula of {len(source):,} characters") from error
    function: Callable[..., Any] = space[name]
    return function
