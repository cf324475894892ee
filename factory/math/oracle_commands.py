"""The commands of `factory.math.oracle_tex`: roots, functions, integrals, sums, limits, matrices, counting."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Integer, Symbol

if TYPE_CHECKING:
    from factory.math.oracle_tex import Parser

Value = Any
"""A SymPy object; SymPy brings no types."""

FRACTIONS = {"\\frac", "\\dfrac", "\\tfrac"}
FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "\\sin": sympy.sin,
    "\\cos": sympy.cos,
    "\\tan": sympy.tan,
    "\\ln": sympy.log,
    "\\log": sympy.log,
    "\\exp": sympy.exp,
}
LETTERS = {
    "\\alpha", "\\beta", "\\gamma", "\\theta", "\\lambda", "\\omega", "\\mu", "\\sigma", "\\phi",
}  # fmt: skip
NAMED = {"\\vec", "\\overrightarrow", "\\bar", "\\overline"}
TEXTS = {"\\mathrm", "\\text"}


def counted(parser: Parser) -> Value:
    r"""Combinations and permutations: `{}_5 C_2`, `_5 \mathrm{P}_2`."""
    if parser.accept("{"):
        parser.next("}")
    parser.next("_")
    n = parser.argument()
    letter = parser.raw() if parser.accept("\\mathrm") else parser.next()
    parser.next("_")
    r = parser.argument()
    return {"C": sympy.binomial, "P": sympy.ff}[letter](n, r)


def root(parser: Parser) -> Value:
    r"""`\sqrt{a}`, `\sqrt[3]{a}`; the real root of a negative number where its degree is odd."""
    degree: Value = Integer(2)
    if parser.accept("["):
        degree = parser.sum()
        parser.next("]")
    inside = parser.argument()
    return sympy.real_root(inside, degree) if degree % 2 and inside.is_number else sympy.root(inside, degree)


def function(parser: Parser, token: str) -> Value:
    r"""`\sin^2 x`, `\log_2 8`, `\sin(2x + 1)`, `\sin 2x`."""
    power = base = None
    while parser.peek() in {"_", "^"}:
        if parser.next() == "_":
            base = parser.argument()
        else:
            power = parser.argument()
    if parser.peek() in {"(", "{", "|"}:
        inner = parser.factor()
    else:
        inner = parser.factor()
        while parser.starts() and parser.peek() not in FUNCTIONS and parser.peek() not in {"(", "{"}:
            inner = inner * parser.factor()
    value = sympy.log(inner, base) if base is not None else FUNCTIONS[token](inner)
    return value if power is None else value**power


def integral(parser: Parser) -> Value:
    r"""`\int_a^b f dx`, `\int f dx`."""
    bounds = parser.bounds() if parser.peek() in {"_", "^"} else None
    parser.integrals += 1
    inner = parser.sum() if parser.peek() != "d" else Integer(1)
    parser.integrals -= 1
    parser.next("d")
    x = Symbol(parser.next())
    return sympy.integrate(inner, (x, *bounds) if bounds else x)


def series(parser: Parser) -> Value:
    r"""`\sum_{k=1}^{n} a`."""
    parser.next("_")
    parser.next("{")
    k = Symbol(parser.next())
    parser.next("=")
    low = parser.sum()
    parser.next("}")
    parser.next("^")
    high = parser.argument()
    return sympy.summation(parser.product(), (k, low, high))


def limit(parser: Parser) -> Value:
    r"""`\lim_{x \to a} f`."""
    parser.next("_")
    parser.next("{")
    x = Symbol(parser.next())
    parser.next("\\to")
    to = parser.sum()
    parser.next("}")
    return sympy.limit(parser.product(), x, to)


def matrix(parser: Parser) -> Value:
    r"""`\begin{pmatrix} a & b \\ c & d \end{pmatrix}`; `vmatrix` gives the determinant."""
    kind = parser.raw()
    rows: list[list[Value]] = [[parser.sum()]]
    while not parser.accept("\\end"):
        if parser.accept("&"):
            rows[-1].append(parser.sum())
        else:
            parser.next("\\\\")
            if parser.peek() != "\\end":
                rows.append([parser.sum()])
    parser.raw()
    return sympy.Matrix(rows).det() if kind == "vmatrix" else sympy.Matrix(rows)


def fraction(parser: Parser) -> Value:
    r"""`\frac{a}{b}`."""
    top = parser.argument()
    return top / parser.argument()


COMMANDS: dict[str, Callable[[Parser], Value]] = {
    **dict.fromkeys(FRACTIONS, fraction),
    "\\sqrt": root,
    "\\int": integral,
    "\\sum": series,
    "\\lim": limit,
    "\\binom": lambda parser: sympy.binomial(parser.argument(), parser.argument()),
    "\\begin": matrix,
    "\\pi": lambda _: sympy.pi,
    "\\infty": lambda _: sympy.oo,
}
START = COMMANDS.keys() | FUNCTIONS.keys() | LETTERS | NAMED | TEXTS | {"\\{"}
"""Commands that begin a factor."""


def command(parser: Parser, token: str) -> Value | None:
    """What begins with a backslash; None where it is unknown."""
    if token in COMMANDS:
        return COMMANDS[token](parser)
    if token in FUNCTIONS:
        return function(parser, token)
    if token in NAMED:
        return Symbol(f"{token}{{{parser.raw()}}}")
    if token in TEXTS:
        return Symbol(parser.raw())
    return Symbol(token) if token in LETTERS else None
