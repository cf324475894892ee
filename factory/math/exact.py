"""Turns the reader's trees into functions over the numbers of one row, in exact arithmetic.

Rational values are carried as numerator and denominator, so every test is one of integers. A free variable stands
for a fixed point of 128 bits: two polynomials with coefficients of the size met here that agree there are
equal (Kronecker's substitution). Roots, logarithms and sines are residues, see `factory.math.residue`.
"""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, gcd, perm, sqrt
from typing import Any, NamedTuple, cast

from factory.math import residue
from factory.math.calculus import antiderivative, depends, slope
from factory.math.tex import Tree, UnreadError

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


SPACE: dict[str, Any] = {
    "P": residue.P, "SMALL": 1 << 1_000, "pw": residue.small_power, "rt": residue.root, "fpow": residue.fraction_power,
    "sin": residue.sine, "cos": residue.cosine, "tan": residue.tangent, "lg": residue.logarithm, "sym": residue.symbol,
    "comb": comb, "perm": perm, "fact": factorial, "bounded": bounded, "summed": summed, "whole": whole, "gcd": gcd,
    "from_base": from_base, "abs": abs, "sqrt": sqrt, "frac": Fraction, "min": min, "max": max, "pow": pow,
    "__builtins__": {},
}  # fmt: skip


class Emitter:
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

    def _pow(self, base: Tree, exponent: Tree) -> Value:
        if base == ("var", "e") and "e" not in self.scope.scalars:
            return self.exponential(exponent)
        if free(exponent, self.scope):
            raise UnreadError("a power with a letter in its exponent")
        top, bottom = self.number(exponent)
        b = self.number(base)
        if bottom == "1" and exponent[0] in {"num", "const"}:
            return self.temp(power(self.temp(b[0]), top)), ("1" if b[1] == "1" else self.temp(power(b[1], top)))
        if free(base, self.scope):
            n, d = self.temp(b[0]), self.temp(b[1])
            k = self.temp(top if bottom == "1" else f"whole({top}, {bottom})")
            above = f"({power(n, k)}, {'1' if d == '1' else power(d, k)})"
            return self.pair(f"{above} if {k} >= 0 else (pw({d}, -{k}), pw({n}, -{k}))")
        self.residue = True
        return self.pair(f"fpow({b[0]}, {b[1]}, {top}, {bottom})")

    def exponential(self, exponent: Tree) -> Number:
        """E to a power: additive in integer exponents."""
        self.residue = True
        n, d = self.number(exponent)
        base = residue.symbol("e") % residue.P
        return self.temp(f"pow({base}, ({n}) % (P - 1), P)") if d == "1" else self.temp(
            f"pow(sym('e', {d}), ({n}) % (P - 1), P)"
        ), "1"

    # functions

    def _root(self, degree: Tree, a: Tree) -> Number:
        k = self.integer(degree)
        before, self.residue = self.residue, False
        n, d = self.number(a)
        if self.residue:
            raise UnreadError("a root within a root")
        self.residue = True
        if free(a, self.scope):
            n, d = self.temp(n), self.temp(d)
            return self.temp(f"sym('root', {k}, {n}, {d})"), "1"
        if k == "2" and d == "1":
            return self.temp(f"rt({n})"), "1"
        self.residue = self.residue or before
        return self.pair(f"fpow({n}, {d}, 1, {k})")

    def _call(self, name: str, a: Tree) -> Number:
        if name == "ln":
            return self._log(None, a)
        if name not in {"sin", "cos", "tan"}:
            raise UnreadError(f"{name} is not read")
        self.residue = True
        inner = Emitter(self.scope, {**self.local, "\\pi": ("180", "1")})
        inner.lines, inner.count, inner.numbers = self.lines, self.count + 100, self.numbers
        n, d = inner.number(a)
        if inner.residue:
            raise UnreadError("a sine of a root")
        if free(a, self.scope):
            return self.temp(f"sym({name!r}, frac({n}, {d}))"), "1"
        return self.pair(f"{name}({n}, {d})")

    def _log(self, base: Tree | None, a: Tree) -> Number:
        self.residue = True
        n, d = self.number(a)
        if a == ("var", "e"):
            top = "1"
        elif free(a, self.scope):
            top = self.temp(f"sym('log', frac({n}, {d}))")
        else:
            top = self.temp(f"lg({n}, {d})")
        return top, "1" if base is None else self.temp("lg({}, {})".format(*self.number(base)))

    def _comb(self, n: Tree, r: Tree) -> Number:
        return self.temp(f"comb(bounded({self.integer(n)}), bounded({self.integer(r)}))"), "1"

    def _perm(self, n: Tree, r: Tree) -> Number:
        return self.temp(f"perm(bounded({self.integer(n)}), bounded({self.integer(r)}))"), "1"

    def _fact(self, a: Tree) -> Number:
        return self.temp(f"fact(bounded({self.integer(a)}, 100))"), "1"

    def _based(self, a: Tree, base: Tree) -> Number:
        return self.temp(f"from_base({self.integer(a)}, {self.integer(base)})"), "1"

    def _apply(self, name: str, a: Tree) -> Number:
        if name not in self.scope.functions:
            n, d = self.number(a)
            return self.temp(f"sym({name!r}, frac({n}, {d}))"), "1"
        n, d = self.number(a)
        return self.pair(f"f{self.scope.functions.index(name)}({n}, {d})")

    # calculus

    def _prime(self, a: Tree) -> Number:
        return self.number(slope(a, "x"))

    def _bracket(self, inner: Tree, low: Tree, high: Tree) -> Number:
        x = next((v for v in "xtuθ" if depends(inner, v)), "x")
        return self.difference(inner, x, low, high)

    def difference(self, inner: Tree, x: str, low: Tree, high: Tree) -> Number:
        """inner(high) - inner(low)."""
        ends = []
        for end in (high, low):
            n, d = self.number(end)
            kept, self.local = self.local, {**self.local, x: (self.temp(n), self.temp(d))}
            ends.append(self.number(inner))
            self.local = kept
        return self.add(ends[0], (f"(-{ends[1][0]})", ends[1][1]))

    def _int(self, inner: Tree, x: Tree, low: Tree | None, high: Tree | None) -> Number:
        if low is None or high is None:
            raise UnreadError("an indefinite integral outside a chain")
        return self.difference(antiderivative(inner, x[1]), x[1], low, high)

    def _sum(self, inner: Tree, k: Tree, low: Tree, high: Tree) -> Number:
        body = Emitter(self.scope, {**self.local, k[1]: ("k", "1")})
        n, d = body.number(inner)
        if body.lines or body.residue:
            raise UnreadError("a sum of something this involved")
        self.numbers |= body.numbers
        return self.pair(f"summed(lambda k: ({n}, {d}), {self.integer(low)}, {self.integer(high)})")

    # shapes

    def _tuple(self, *parts: Tree) -> list[Value]:
        return [self.number(part) for part in parts]

    _set = _tuple

    def _matrix(self, *rows: tuple[Tree, ...]) -> list[Value]:
        if len({len(row) for row in rows}) != 1:
            raise UnreadError("a matrix whose rows differ in length")
        return [[self.number(entry) for entry in row] for row in rows]

    def _det(self, *rows: tuple[Tree, ...]) -> Number:
        return self.determinant([[self.number(entry) for entry in row] for row in rows])

    def determinant(self, rows: list[list[Number]]) -> Number:
        """Expansion along the first row, for matrices small enough for it."""
        if len(rows) > 5 or any(len(row) != len(rows) for row in rows):
            raise UnreadError("a determinant of this shape")
        if len(rows) == 1:
            return rows[0][0]
        total: Number = ("0", "1")
        for i, (n, d) in enumerate(rows[0]):
            minor = self.determinant([[*row[:i], *row[i + 1 :]] for row in rows[1:]])
            total = self.add(total, (f"({'-' if i % 2 else ''}{n})*({minor[0]})", times(d, minor[1])))
        return total


def power(base: str, exponent: str) -> str:
    """Source of a power with an integer exponent that is not negative; small ones without a call."""
    return f"({base}**{exponent} if {exponent} < 9 and -SMALL < {base} < SMALL else pw({base}, {exponent}))"


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


def define(name: str, lines: Sequence[str], result: str, parameters: str) -> Callable[..., Any]:
    """A function from its source lines."""
    body = "\n    ".join([*lines, f"return {result}"])
    return defined(name, f"def {name}({parameters}):\n    {body}")


@lru_cache(maxsize=100_000)
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


def unpack(numbers: set[int], first: int) -> list[str]:
    """Source lines that name the numbers used."""
    return [f"n{i} = n[{i - first}]" for i in sorted(numbers)]


def evaluator(tree: Tree, scope: Scope = NO_LETTERS, variables: Sequence[str] = ()) -> tuple[Callable[..., Any], bool]:
    """A function (numbers, bindings, numerator and denominator of each variable ...) -> pair, or lists of pairs.

    The second value is True where what it gives are residues.
    """
    emitter = Emitter(scope, {name: (f"v{i}n", f"v{i}d") for i, name in enumerate(variables)})
    value = emitter.value(tree)
    result = shown(value)
    bound = arguments(scope, "\n".join([*emitter.lines, result]))
    parameters = "".join(f", v{i}n, v{i}d" for i in range(len(variables)))
    lines = [*unpack(emitter.numbers, 0), *bound, *emitter.lines]
    return define("value", lines, result, "n, e" + parameters), emitter.residue


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
