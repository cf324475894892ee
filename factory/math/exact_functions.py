"""The rest of exact arithmetic: powers, roots, functions, calculus, matrices; and trees turned into functions."""

from collections.abc import Callable, Sequence
from typing import Any

from factory.math.calculus import antiderivative, depends, slope
from factory.math.exact import NO_LETTERS, Arithmetic, Number, Scope, Value, arguments, free, shown, times, unpack
from factory.math.runtime import define
from factory.math.skeleton import UnreadError
from factory.math.tex import Tree


class Emitter(Arithmetic):
    """Writes the source that computes any tree the reader makes."""

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
        return self.temp(f"epow({n})" if d == "1" else f"epow({n}, {d})"), "1"

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
