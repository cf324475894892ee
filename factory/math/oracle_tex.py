r"""Reads TeX into SymPy objects, for the audit alone: an own parser that shares nothing with the fast reader.

Why not SymPy's `parse_latex`: its Lark grammar takes `1\frac{2}{3}` for 2/3, decimals for floats, and does not know
`{}_5 C_2`, `\pm`, `^\circ` or `2\pi`. Numbers are exact here, and nothing is handed to `sympify` as text.

Reads what family texts write: arithmetic with mixed numbers and percentages, powers, roots, logarithms, trigonometric
functions, factorials, combinations, numbers in a base, vectors, matrices, sets, limits, sums and integrals.
"""

import re
from typing import Any

import sympy
from sympy import E, I, Integer, Rational, Symbol

from factory.math import oracle_commands

Value = Any
"""A SymPy object; SymPy brings no types."""

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9]+(?:\.[0-9]+)?|\S")
SPACES = {"\\,", "\\;", "\\:", "\\!", "\\ ", "\\quad", "\\qquad", "\\left", "\\right", "\\displaystyle", "\\limits"}
ALIASES = {"×": "\\times", "÷": "\\div", "−": "-", "π": "\\pi", "°": "\\circ", "％": "\\%", "%": "\\%", "*": "\\times"}


class TexError(ValueError):
    """The text is not in the language of this reader."""


class Parser:
    """Operator precedence over the tokens of one formula, giving SymPy objects at once."""

    def __init__(self, text: str, sign: int) -> None:
        r"""Read `text`, taking each `\pm` as `sign`."""
        self.tokens = [ALIASES.get(t, t) for t in TOKEN.findall(text) if t not in SPACES]
        self.at, self.sign = 0, sign
        self.bars = self.integrals = 0

    def peek(self, ahead: int = 0) -> str:
        """The token ahead; empty at the end."""
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def next(self, wanted: str = "") -> str:
        """The next token."""
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise TexError(f"{token or 'the end'!r} where {wanted or 'more'!r} was expected")
        self.at += 1
        return token

    def accept(self, token: str) -> bool:
        """True and a step forward where the next token is this one."""
        found = self.peek() == token
        self.at += found
        return found

    def whole(self) -> list[Value]:
        """All values of the text, which commas part."""
        found = [self.sum()]
        while self.accept(",") or self.accept("、"):
            found.append(self.sum())
        if self.peek():
            raise TexError(f"{self.peek()!r} left over")
        return found

    def sum(self) -> Value:
        """Terms joined by signs."""
        total: Value | None = None
        while total is None or self.peek() in {"+", "-", "\\pm"}:
            signs = 1
            while self.peek() in {"+", "-", "\\pm"}:
                signs *= {"+": 1, "-": -1, "\\pm": self.sign}[self.next()]
            term = self.product()
            term = term if signs > 0 else -term
            total = term if total is None else total + term
        return total

    def product(self) -> Value:
        """Runs joined by signs of multiplication and division."""
        value = self.run()
        while self.peek() in {"\\times", "\\cdot", "\\div", "/"}:
            divide = self.next() in {"\\div", "/"}
            right = self.run()
            value = value / right if divide else multiplied(value, right)
        return value

    def run(self) -> Value:
        """Factors side by side; a number before a fraction of numbers is a mixed number."""
        plain = self.peek()[:1].isdigit()
        value = self.factor()
        while self.starts():
            fraction = self.peek() in oracle_commands.FRACTIONS
            right = self.factor()
            mixed = plain and fraction and isinstance(right, Rational)
            value = value + right if mixed else multiplied(value, right)
            plain = False
        return value

    def starts(self) -> bool:
        """True where a factor begins."""
        token = self.peek()
        if token == "d" and self.integrals and self.peek(1).isalpha():
            return False
        if token == "|":
            return not self.bars
        return token in oracle_commands.START or token in {"(", "{", "[", "□", "_"} or token[:1].isalnum()

    def factor(self) -> Value:
        """A base with its powers, factorials, degrees, percent signs, base and primes."""
        text = self.peek()
        value = self.base()
        while token := self.peek():
            if token == "_" and self.peek(1) == "{" and self.peek(2) == "(":
                self.next()
                value = Integer(int(text, int(self.argument())))
            elif token == "^" and ("\\circ" in {self.peek(1), self.peek(2)}):
                self.next()
                self.raw()
                value = value * sympy.pi / 180
            elif token == "^":
                self.next()
                value = value ** self.argument()
            elif token == "!":
                self.next()
                value = sympy.factorial(value)
            elif token == "\\%":
                self.next()
                value = value / 100
            elif token == "\\circ":
                self.next()
                value = value * sympy.pi / 180
            elif token == "'":
                self.next()
                value = sympy.diff(value, Symbol("x"))
            else:
                break
        return value

    def base(self) -> Value:
        """A number, a letter, a bracket or a command."""
        token = self.peek()
        if token == "_" or self.tokens[self.at : self.at + 3] == ["{", "}", "_"]:
            return oracle_commands.counted(self)
        self.next()
        if token[0].isdigit():
            return Rational(token)
        if token in {"(", "["}:
            return self.bracket(")" if token == "(" else "]")
        if token == "{":
            value = self.sum()
            self.next("}")
            return value
        if token == "\\{":
            parts = self.until("\\}")
            return parts[0] if len(parts) == 1 else sympy.FiniteSet(*parts)
        if token == "|":
            return self.absolute()
        if token.isalpha() or token == "□":
            return self.letter(token)
        value = oracle_commands.command(self, token)
        if value is None:
            raise TexError(f"{token!r} is not read")
        return value

    def bracket(self, end: str) -> Value:
        """A bracketed sum, a vector or a list, or `[F]_a^b`."""
        parts = self.until(end)
        if end == "]" and self.peek() in {"_", "^"}:
            low, high = self.bounds()
            x = next(iter(sorted(parts[0].free_symbols, key=str)), Symbol("x"))
            return parts[0].subs(x, high) - parts[0].subs(x, low)
        return parts[0] if len(parts) == 1 else sympy.Matrix(parts)

    def until(self, end: str) -> list[Value]:
        """Values up to a closing bracket."""
        bars, integrals, self.bars, self.integrals = self.bars, self.integrals, 0, 0
        parts = [self.sum()]
        while self.accept(","):
            parts.append(self.sum())
        self.next(end)
        self.bars, self.integrals = bars, integrals
        return parts

    def absolute(self) -> Value:
        """`|a|`."""
        self.bars += 1
        value = self.sum()
        self.next("|")
        self.bars -= 1
        return sympy.Abs(value)

    def argument(self) -> Value:
        """A group or a single token."""
        if self.accept("{"):
            value = self.sum()
            self.next("}")
            return value
        token = self.peek()
        if token[:1].isdigit() and len(token) > 1:
            raise TexError(f"{token} behind ^ or _ needs braces")
        return self.base()

    def raw(self) -> str:
        """The tokens of a group, or one token, as text."""
        if not self.accept("{"):
            return self.next()
        found = ""
        while not self.accept("}"):
            found += self.next()
        return found

    def letter(self, token: str) -> Value:
        """A variable with its subscript, e or i."""
        if self.peek() == "_" and (self.peek(1), self.peek(2)) != ("{", "("):
            self.next()
            return Symbol(f"{token}_{self.raw()}")
        return {"e": E, "i": I}.get(token) or Symbol(token)

    def bounds(self) -> tuple[Value, Value]:
        """`_a^b` in either order."""
        found: dict[str, Value] = {}
        while self.peek() in {"_", "^"} and len(found) < 2:
            mark = self.next()
            found[mark] = self.argument()
        if len(found) != 2:
            raise TexError("a lower and an upper bound were expected")
        return found["_"], found["^"]


def multiplied(left: Value, right: Value) -> Value:
    """A product; two column vectors give their inner product."""
    if isinstance(left, sympy.MatrixBase) and isinstance(right, sympy.MatrixBase) and left.cols == right.cols == 1:
        return left.dot(right)
    return left * right


def values(text: str) -> list[Value]:
    r"""The comma-separated values of a formula; `2 \pm \sqrt{3}` gives two.

    Raises:
        TexError: where the text is not read.
    """
    try:
        return [v for sign in ((1, -1) if "\\pm" in text else (1,)) for v in Parser(text, sign).whole()]
    except (TypeError, KeyError, AttributeError, ValueError, IndexError) as error:
        raise TexError(f"{text!r} is not read: {error}") from error


def value(text: str) -> Value:
    """The one value of a formula.

    Raises:
        TexError: where it is not one.
    """
    found = values(text)
    if len(found) != 1:
        raise TexError(f"{text!r} is {len(found)} values where one was expected")
    return found[0]
