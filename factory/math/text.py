"""How numbers and formulas are written: TeX as people write it.

These functions are for family files. The reader (`factory.math.tex`) shares no code with them.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import gcd
from typing import Any


def term(coefficient: int, symbol: str) -> str:
    """`3x`, `-x`, `x`, `5` (symbol empty); `0` where the coefficient is 0."""
    if not symbol or coefficient == 0:
        return str(coefficient)
    if coefficient == 1:
        return symbol
    return f"-{symbol}" if coefficient == -1 else f"{coefficient}{symbol}"


def plus(coefficient: int, symbol: str = "") -> str:
    """`+ 3x` or `- x`: a further term of a sum; empty where the coefficient is 0."""
    if coefficient == 0:
        return ""
    return ("+ " if coefficient > 0 else "- ") + term(abs(coefficient), symbol)


def linear(*parts: Any) -> str:
    """A sum from coefficient, symbol, coefficient, symbol ...: `linear(3, 'x', -1, 'y', 5, '')` is `3x - y + 5`."""
    terms = [(parts[i], parts[i + 1]) for i in range(0, len(parts), 2) if parts[i]]
    if not terms:
        return "0"
    first = term(*terms[0])
    return " ".join([first, *(plus(coefficient, symbol) for coefficient, symbol in terms[1:])])


def poly(coefficients: Sequence[int], symbol: str = "x") -> str:
    """A polynomial from its coefficients, highest power first: `poly((1, -3, 2), 'x')` is `x^2 - 3x + 2`."""
    top = len(coefficients) - 1
    powers = ["" if p == 0 else symbol if p == 1 else f"{symbol}^{power_text(p)}" for p in range(top, -1, -1)]
    return linear(*[part for pair in zip(coefficients, powers, strict=True) for part in pair])


def power_text(exponent: int | str) -> str:
    """What follows `^`: `2`, `{10}`, `{-3}`."""
    return str(exponent) if len(str(exponent)) == 1 else f"{{{exponent}}}"


def frac(numerator: int, denominator: int) -> str:
    r"""The value in lowest terms: `\frac{3}{4}`, `-\frac{1}{2}`, `5`."""
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    divisor = gcd(numerator, denominator)
    return (
        raw_frac(numerator // divisor, denominator // divisor) if divisor != denominator else str(numerator // divisor)
    )


def raw_frac(numerator: int, denominator: int) -> str:
    r"""`\frac{6}{8}` as it is, the sign in front."""
    return f"{'-' if numerator < 0 else ''}\\frac{{{abs(numerator)}}}{{{denominator}}}"


def frac_term(numerator: int, denominator: int, symbol: str) -> str:
    r"""`\frac{3}{4}x`, `x`, `-2x`."""
    value = frac(numerator, denominator)
    return value + symbol if "frac" in value else term(int(value), symbol)


def plus_frac(numerator: int, denominator: int, symbol: str = "") -> str:
    r"""`+ \frac{3}{4}x` or `- 2`: a further term of a sum; empty where the value is 0."""
    if numerator == 0:
        return ""
    sign = "+ " if (numerator > 0) == (denominator > 0) else "- "
    return sign + (
        frac_term(abs(numerator), abs(denominator), symbol) if symbol else frac(abs(numerator), abs(denominator))
    )


def linear_frac(*parts: Any) -> str:
    r"""A sum with fractions from numerator, denominator, symbol ...: `linear_frac(1, 3, 'x^3', -1, 2, 'x')`."""
    terms = [parts[i : i + 3] for i in range(0, len(parts), 3) if parts[i]]
    if not terms:
        return "0"
    first = frac_term(*terms[0]) if terms[0][2] else frac(*terms[0][:2])
    return " ".join([first, *(plus_frac(*part) for part in terms[1:])])


def mixed(numerator: int, denominator: int) -> str:
    r"""A mixed number in lowest terms: `2\frac{1}{3}`, `\frac{2}{3}`, `4`."""
    whole, rest = divmod(abs(numerator), denominator)
    sign = "-" if numerator < 0 else ""
    if rest == 0:
        return f"{sign}{whole}"
    return sign + (str(whole) if whole else "") + frac(rest, denominator)


def paren_tex(value: int | str) -> str:
    """Like `paren`, also for what is a sum: `(x + 1)`."""
    text = str(value)
    return f"({text})" if text.startswith("-") or " + " in text or " - " in text else text


def paren(value: int | str) -> str:
    """`(-3)` for what begins with a minus sign, else the value as it is."""
    return f"({value})" if str(value).startswith("-") else str(value)


def dec(value: int, places: int) -> str:
    """A decimal from an integer in units of 10^-places, no trailing zeros: `dec(1250, 2)` is `12.5`."""
    sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(places + 1, "0")
    whole, rest = (digits[:-places], digits[-places:].rstrip("0")) if places else (digits, "")
    return f"{sign}{whole}.{rest}" if rest else sign + whole


def surd(outside: int, inside: int) -> str:
    r"""`3\sqrt{2}`, `\sqrt{5}`, `-\sqrt{3}`; `6` where the inside is 1."""
    return str(outside) if inside == 1 else term(outside, f"\\sqrt{{{inside}}}")


def plus_surd(outside: int, inside: int) -> str:
    r"""`+ 3\sqrt{2}` or `- \sqrt{5}`: a further term."""
    return ("+ " if outside > 0 else "- ") + surd(abs(outside), inside)


def join(values: Sequence[Any], separator: str = ", ") -> str:
    """The values in a line: `3, 5, 8`."""
    return separator.join(map(str, values))


def plural(n: int, one: str, many: str) -> str:
    """`1 apple`, `3 apples`."""
    return f"{n} {one}" if n == 1 else f"{n} {many}"


def matrix(rows: Sequence[Sequence[Any]]) -> str:
    r"""`\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`."""
    body = " \\\\ ".join(" & ".join(map(str, row)) for row in rows)
    return f"\\begin{{pmatrix}} {body} \\end{{pmatrix}}"


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: lru_cache(maxsize=1 << 12)(function)
    for function in (
        term, plus, linear, poly, power_text, frac, raw_frac, frac_term, plus_frac, linear_frac, mixed, paren,
        paren_tex, dec, surd, plus_surd, join, plural, matrix,
    )
}  # fmt: skip
