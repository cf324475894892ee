"""Reads one mathematical expression, plain or TeX, into an exact value. Own grammar: nothing is evaluated by Python.

Each node, level of nesting and character is counted against a cap before work is done on it.
"""

from fractions import Fraction
from math import comb, factorial

from factory.answer.functions import NAMES, apply
from factory.answer.tokens import MAX_NODES
from factory.answer.value import Exact, Unreadable, Value, constant, number, symbol

MAX_DEPTH = 30
_STARTS = frozenset("([{|√∞")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_HALF = number(Fraction(1, 2))


class Expression:
    """One pass over the tokens; `upper` takes the plus of each ±."""

    def __init__(self, parts: list[str], exact: Exact, *, upper: bool = True) -> None:
        """Nothing is read yet."""
        self.parts, self.exact, self.upper = [*parts, ""], exact, upper
        self.at = self.nodes = self.depth = 0

    def read(self) -> Value:
        """The value of all tokens.

        Raises:
            Unreadable: they are no expression, or too big a one.
        """
        value = self._sum()
        if self.parts[self.at]:
            raise Unreadable(f"{self.parts[self.at]!r} is out of place")
        return value

    def _take(self, expected: str) -> None:
        if self.parts[self.at] != expected:
            raise Unreadable(f"{expected!r} is missing")
        self.at += 1

    def _sum(self) -> Value:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deep")
        value = self._product()
        while (sign := self.parts[self.at]) and sign in "+-±∓":
            self.at += 1
            right = self._product()
            value = self.exact.subtract(value, right) if self._negative(sign) else self.exact.add(value, right)
        self.depth -= 1
        return value

    def _negative(self, sign: str) -> bool:
        return sign == "-" or (sign == "±" and not self.upper) or (sign == "∓" and self.upper)

    def _product(self) -> Value:
        value = self._signed()
        while part := self.parts[self.at]:
            if part in "*/":
                self.at += 1
                right = self._signed()
                value = self.exact.divide(value, right) if part == "/" else self.exact.multiply(value, right)
            elif self._starts(part):
                value = self.exact.multiply(value, self._power())
            else:
                break
        return value

    def _starts(self, part: str) -> bool:
        """True where a factor may begin without a sign of multiplication before it."""
        if part == "|":
            return self.depth < 2
        if part[0].isdigit():
            return self.parts[self.at - 1] in (")", "}")
        return part in _STARTS or part[0].isalpha()

    def _signed(self) -> Value:
        sign = self.parts[self.at]
        if sign and sign in "+-±∓":
            self.at += 1
            self._count()
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise Unreadable("nested too deep")
            value = self._signed()
            self.depth -= 1
            return self.exact.negate(value) if self._negative(sign) else value
        return self._power()

    def _count(self) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise Unreadable("too many parts")

    def _power(self) -> Value:
        self._count()
        value = self._atom()
        while part := self.parts[self.at]:
            if part == "!":
                self.at += 1
                value = number(factorial(self._small(value)))
            elif part == "°":
                self.at += 1
                value = self.exact.multiply(value, self.exact.divide(symbol("π"), number(180)))
            elif part == "^":
                self.at += 1
                self.depth += 1
                if self.depth > MAX_DEPTH:
                    raise Unreadable("nested too deep")
                exponent = self._signed()
                self.depth -= 1
                return self.exact.power(value, exponent)
            else:
                break
        return value

    def _small(self, value: Value) -> int:
        n = constant(value)
        if not isinstance(n, int) or not 0 <= n <= 200:
            raise Unreadable("a factorial or a binomial of no small whole number")
        return n

    def _atom(self) -> Value:
        part = self.parts[self.at]
        self.at += 1
        if not part:
            raise Unreadable("the end comes too early")
        if part[0].isdigit() or part[0] == ".":
            return self._number(part)
        if part in _CLOSING:
            value = self._sum()
            self._take(_CLOSING[part])
            return value
        if part == "|":
            value = self._sum()
            self._take("|")
            return apply("abs", value, self.exact)
        if part == "√":
            return self.exact.power(self._atom(), _HALF)
        if part == "∞" or part[0].isalpha():
            return self._named(part)
        raise Unreadable(f"{part!r} is out of place")

    def _number(self, part: str) -> Value:
        if "e" in part or "E" in part:
            digits, _, exponent = part.lower().partition("e")
            if abs(int(exponent)) > 1_000:
                raise Unreadable("too big an exponent")
            return number(_rational(digits) * Fraction(10) ** int(exponent))
        if self.parts[self.at] == "overline" and "." in part:
            return self._repeating(part)
        value = _rational(part)
        if part.isdigit() and self.parts[self.at] == "frac":
            self._group_digits(self.at + 1)
        following = self.parts[self.at + 1 : self.at + 7]
        if part.isdigit() and self.parts[self.at] == "frac" and len(following) == 6:
            top, bottom = following[1], following[4]
            if top.isdigit() and bottom.isdigit() and 0 < int(top) < int(bottom):
                self.at += 7
                return number(value + Fraction(int(top), int(bottom)))
        if part.isdigit() and self.parts[self.at + 1 : self.at + 2] == ["/"] and self.parts[self.at].isdigit():
            top, bottom = self.parts[self.at], self.parts[self.at + 2]
            if bottom.isdigit() and 0 < int(top) < int(bottom):
                self.at += 3
                return number(value + Fraction(int(top), int(bottom)))
        return number(value)

    def _group_digits(self, at: int) -> None:
        """Two digits after the command of a fraction are its two groups."""
        pair = self.parts[at : at + 1]
        if pair and pair[0].isdigit() and len(pair[0]) == 2:
            self.parts[at : at + 1] = ["{", pair[0][0], "}", "{", pair[0][1], "}"]

    def _repeating(self, part: str) -> Value:
        """A bar over the digits that repeat."""
        self.at += 1
        self._take("{")
        cycle = self.parts[self.at]
        if not cycle.isdigit():
            raise Unreadable("a repeating decimal of no digits")
        self.at += 1
        self._take("}")
        places = len(part.partition(".")[2])
        return number(_rational(part) + Fraction(int(cycle), (10 ** len(cycle) - 1) * 10**places))

    def _argument(self) -> Value:
        """What a TeX command takes: a group, or one character."""
        part = self.parts[self.at]
        if len(part) > 1 and part.isdigit():
            self.parts[self.at : self.at + 1] = [part[0], part[1:]]
        self._count()
        return self._atom()

    def _named(self, part: str) -> Value:
        if part == "frac":
            top = self._argument()
            return self.exact.divide(top, self._argument())
        if part == "binom":
            n = self._small(self._argument())
            return number(comb(n, self._small(self._argument())))
        if part == "sqrt":
            degree = _HALF
            if self.parts[self.at] == "[":
                self.at += 1
                degree = self.exact.divide(number(1), self._sum())
                self._take("]")
            return self.exact.power(self._argument(), degree)
        if part in NAMES:
            return self._function(part)
        return symbol(part + self._subscript())

    def _subscript(self) -> str:
        if self.parts[self.at] != "_":
            return ""
        self.at += 1
        start = self.at
        self._argument()
        return "_" + "".join(p for p in self.parts[start : self.at] if p not in "{}")

    def _function(self, name: str) -> Value:
        base = exponent = None
        if self.parts[self.at] == "_" and name == "log":
            self.at += 1
            base = self._argument()
        if self.parts[self.at] == "^":
            self.at += 1
            exponent = self._argument() if self.parts[self.at] != "-" else self._signed()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deep")
        argument = self._power()
        if self.parts[self.at - 1] not in (")", "}"):
            while (part := self.parts[self.at]) and part not in NAMES and part not in _STARTS and self._starts(part):
                argument = self.exact.multiply(argument, self._power())
        self.depth -= 1
        if base is not None:
            top, bottom = apply("ln", argument, self.exact), apply("ln", base, self.exact)
            value = self.exact.divide(top, bottom)
        else:
            value = apply(name, argument, self.exact)
        return value if exponent is None else self.exact.power(value, exponent)


def _rational(digits: str) -> int | Fraction:
    if "." not in digits:
        return int(digits)
    value = Fraction(digits)
    return value.numerator if value.denominator == 1 else value
