"""Turns the reader's trees into functions over the numbers of one row, in exact arithmetic.

Rational values are carried as numerator and denominator, so every test is one of integers. A free variable stands
for a fixed point of 128 bits: two polynomials with coefficients of the size met here that agree there are
equal (Kronecker's substitution). Roots, logarithms and sines are residues, see `factory.math.residue`.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from factory.math import residue
from factory.math.calculus import depends
from factory.math.skeleton import UnreadError
from factory.math.tex import Tree

Number = tuple[str, str]
"""Source of a numerator and of a denominator ('1' where there is none)."""

Value = Any
"""A `Number`, or a list of values for tuples and matrices."""


class Scope(NamedTuple):
    """What the letters of a row mean: scalars bound to values, and functions bound to evaluators."""

    scalars: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


NO_LETTERS = Scope()
BOUND = re.compile(r"\b(e\d+)[nd]\b|\b(f\d+)\(")


class Arithmetic:
    """Writes the source that computes trees."""

    def __init__(self, scope: Scope, local: dict[str, Value] | None = None) -> None:
        """Compile within a scope; `local` gives letters a value that comes first."""
        self.scope, self.local = scope, local or {}
        self.lines: list[str] = []
        self.count = 0
        self.residue = False
        self.numbers: set[int] = set()

    def temp(self, source: str) -> str:
        """A name for a value that is used more than once."""
        if source.isidentifier() or source.lstrip("-").isdigit():
            return source
        self.count += 1
        name = f"t{self.count}"
        self.lines.append(f"{name} = {source}")
        return name

    def pair(self, source: str) -> Number:
        """Names for both parts of a computed pair."""
        self.count += 1
        name = f"t{self.count}"
        self.lines.append(f"{name}n, {name}d = {source}")
        return f"{name}n", f"{name}d"

    def value(self, tree: Tree) -> Value:
        """The value of a tree."""
        kind, *parts = tree
        method = getattr(self, f"_{kind}", None)
        if method is None:
            raise UnreadError(f"{kind} has no value here")
        return method(*parts)

    def number(self, tree: Tree) -> Number:
        """The value of a tree that must be a number."""
        value = self.value(tree)
        if isinstance(value, list):
            raise UnreadError("a vector where a number was expected")
        return cast(Number, value)

    def integer(self, tree: Tree) -> str:
        """Source of an integer value."""
        top, bottom = self.number(tree)
        return top if bottom == "1" else f"whole({top}, {bottom})"

    # leaves

    def _num(self, i: int, places: int) -> Number:
        self.numbers.add(i)
        return f"n{i}", str(10**places)

    def _const(self, n: int) -> Number:
        return str(n), "1"

    def _var(self, name: str) -> Value:
        if name in self.local:
            return self.local[name]
        if name in self.scope.scalars:
            return f"e{self.scope.scalars.index(name)}n", f"e{self.scope.scalars.index(name)}d"
        if name == "i":
            self.residue = True
            return "rt(-1)", "1"
        return str(residue.symbol("var", name)), "1"

    def _pi(self) -> Number:
        return cast(Number, self._var("\\pi"))

    def _indexed(self, name: str, index: Tree) -> Number:
        n, d = self.number(index)
        return self.temp(f"sym({name!r}, {n}, {d})"), "1"

    # arithmetic

    def _paren(self, a: Tree) -> Value:
        return self.value(a)

    _plus = _paren

    def _neg(self, a: Tree) -> Value:
        return scaled(self.value(a), lambda x: (f"(-{x[0]})", x[1]))

    def _add(self, a: Tree, b: Tree) -> Value:
        return self.together(self.value(a), self.value(b), self.add)

    def add(self, x: Number, y: Number) -> Number:
        """X + y."""
        if x[1] == y[1]:
            return f"({x[0]} + {y[0]})", x[1]
        (a, b), (c, d) = (x[0], self.temp(x[1])), (y[0], self.temp(y[1]))
        return f"({a}*{d} + {c}*{b})", times(b, d)

    def together(self, x: Value, y: Value, operation: Callable[[Number, Number], Number]) -> Value:
        """An operation entry by entry."""
        if isinstance(x, list) and isinstance(y, list) and len(x) == len(y):
            return [self.together(a, b, operation) for a, b in zip(x, y, strict=True)]
        if isinstance(x, list) or isinstance(y, list):
            raise UnreadError("shapes that don't go together")
        return operation(x, y)

    def _mul(self, a: Tree, b: Tree) -> Value:
        x, y = self.value(a), self.value(b)
        if isinstance(x, list) and isinstance(y, list):
            return self.matrix_product(x, y)
        if isinstance(y, list):
            x, y = y, x
        if isinstance(x, list):
            n, d = self.temp(y[0]), self.temp(y[1])
            return scaled(x, lambda v: (times(v[0], n), times(v[1], d)))
        return times(x[0], y[0]), times(x[1], y[1])

    _times = _mul

    def matrix_product(self, x: list[Value], y: list[Value]) -> Value:
        """Rows times columns; two plain vectors give their inner product."""
        if not isinstance(x[0], list) and not isinstance(y[0], list):
            return self.inner(x, y)
        if not isinstance(x[0], list) or not isinstance(y[0], list):
            raise UnreadError("shapes that don't go together")
        columns = list(zip(*y, strict=True))
        return [[self.inner(row, column) for column in columns] for row in x]

    def inner(self, x: Sequence[Number], y: Sequence[Number]) -> Number:
        """The sum of products."""
        if len(x) != len(y):
            raise UnreadError("shapes that don't go together")
        products = [
            (times(self.temp(a[0]), self.temp(b[0])), times(self.temp(a[1]), self.temp(b[1])))
            for a, b in zip(x, y, strict=True)
        ]
        total = products[0]
        for product in products[1:]:
            total = self.add(total, product)
        return total

    def _div(self, a: Tree, b: Tree) -> Number:
        x, y = self.number(a), self.number(b)
        return times(x[0], y[1]), self.temp(times(x[1], y[0]))

    def _percent(self, a: Tree) -> Number:
        x = self.number(a)
        return x[0], times(x[1], "100")

    def _mixed(self, a: Tree, b: Tree) -> Number:
        return self.add(self.number(a), self.number(b))

    def _deg(self, a: Tree) -> Number:
        return self.number(a)

    def _abs(self, a: Tree) -> Number:
        x = self.number(a)
        if self.residue:
            raise UnreadError("the absolute value of a root")
        return f"abs({x[0]})", f"abs({x[1]})"


def times(a: str, b: str) -> str:
    """Source of a product."""
    return b if a == "1" else a if b == "1" else f"{a}*{b}"


def scaled(value: Value, change: Callable[[Number], Number]) -> Value:
    """A change made to each entry."""
    return [scaled(v, change) for v in value] if isinstance(value, list) else change(value)


def free(tree: object, scope: Scope) -> bool:
    """True where a letter without a value occurs."""
    if not isinstance(tree, tuple):
        return False
    if tree and tree[0] == "var":
        return tree[1] not in scope.scalars and tree[1] not in {"e", "\\pi", "i"}
    return any(free(part, scope) for part in tree)


def flat(value: Value) -> list[Number]:
    """All entries in a line."""
    return [number for part in value for number in flat(part)] if isinstance(value, list) else [value]


def arguments(scope: Scope, source: str) -> list[str]:
    """Source lines that name the bindings which a source uses."""
    used = {name for names in BOUND.findall(source) for name in names}
    scalars = [f"e{i}n, e{i}d = e[{i}]" for i in range(len(scope.scalars)) if f"e{i}" in used]
    return scalars + [f"f{i} = e[{i + len(scope.scalars)}]" for i in range(len(scope.functions)) if f"f{i}" in used]


def unpack(numbers: set[int], first: int) -> list[str]:
    """Source lines that name the numbers used."""
    return [f"n{i} = n[{i - first}]" for i in sorted(numbers)]


def shown(value: Value) -> str:
    """Source of a value as pairs."""
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return f"({value[0]}, {value[1]})"


def degree(tree: object, x: str) -> int:
    """An upper bound of the degree in x."""
    if not isinstance(tree, tuple) or not depends(tree, x):
        return 0
    kind, *parts = tree
    if kind == "var":
        return 1
    if kind in {"mul", "times"}:
        return degree(parts[0], x) + degree(parts[1], x)
    if kind == "pow":
        return 2 * degree(parts[0], x)
    return max(degree(part, x) for part in parts)
