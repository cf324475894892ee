"""Whether the statements of a solution hold, and whether they are written as people write them."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from factory.math import exact
from factory.math.calculus import depends, derivative
from factory.math.exact import Scope, degree, flat, free, times, unpack
from factory.math.exact_functions import Emitter
from factory.math.runtime import define
from factory.math.skeleton import UnreadError
from factory.math.tex import Statement, Tree


class Test(NamedTuple):
    """One compiled statement."""

    holds: Callable[..., bool]
    """(numbers of the segment, bindings) -> True where every relation of the chain holds and its form is right."""
    roots: int
    """Of several values of the unknown, how many at least must satisfy it; 0 where the unknown doesn't occur."""
    states: Literal["equation", "order", "nothing"]
    """What it says: the numbers of an equation count as known because it holds, those of `52 > 49` don't."""
    bound: bool
    """True where it needs the bindings."""


def has(tree: object, *kinds: str) -> bool:
    """True where a node of one of the kinds occurs."""
    return isinstance(tree, tuple) and ((bool(tree) and tree[0] in kinds) or any(has(part, *kinds) for part in tree))


def tests(statements: Sequence[Statement], scope: Scope, first: int) -> list[Test]:
    """What must hold of a segment: empty where it only mentions things.

    Raises:
        UnreadError: where a statement has no meaning here.
    """
    made = []
    values = listed_values(statements)
    for statement in values or statements:
        for chosen in signs(statement):
            test = compiled(chosen, scope, first)
            if test:
                made.append(test)
    return made


def listed_values(statements: Sequence[Statement]) -> list[Statement]:
    """`x = 2, -5` as `x = 2` and `x = -5`; empty where the segment is no such list."""
    if len(statements) < 2 or any(s.relations for s in statements[1:]) or statements[0].relations[:1] != ("==",):
        return []
    head, *rest = statements
    return [head, *(head._replace(sides=(head.sides[0], s.sides[0]), relations=("==",)) for s in rest)]


def signs(statement: Statement) -> list[Statement]:
    """A chain with plus-minus signs as two chains."""
    if not has(statement.sides, "pm"):
        return [statement]
    return [statement._replace(sides=tuple(picked(side, sign) for side in statement.sides)) for sign in (1, -1)]


def picked(tree: Any, sign: int) -> Any:
    """A tree with each plus-minus sign decided."""
    if not isinstance(tree, tuple):
        return tree
    parts = tuple(picked(part, sign) for part in tree)
    if tree and tree[0] == "pm":
        return ("add", parts[1], parts[2] if sign > 0 else ("neg", parts[2]))
    return parts


def compiled(statement: Statement, scope: Scope, first: int) -> Test | None:
    """The test of one chain; None where it states nothing that can be tested."""
    sides, relations = list(statement.sides), list(statement.relations)
    if not relations:
        return form_alone(statement, first)
    if any(has(side, "int") and integral_open(side) for side in sides):
        sides = [side if named(side, scope) else derivative(side, "x") for side in sides]
    if named(sides[0], scope) and len(sides) > 1:
        sides, relations = sides[1:], relations[1:]
    if not relations:
        return form_alone(statement, first)
    if any(r not in {"==", "!=", "mod"} for r in relations) and any(free(side, scope) for side in sides):
        return form_alone(statement, first)
    lines, conditions, numbers = written(sides, relations, statement.modulus, scope)
    for condition in forms_of(statement, numbers):
        conditions.insert(0, condition)
    result = " and ".join(f"({c})" for c in conditions)
    bound = exact.arguments(scope, "\n".join([*lines, result]))
    holds = define("holds", [*unpack(numbers, first), *bound, *lines], result, "n, e")
    letters = [name for name in scope.scalars if bound and any(depends(side, name) for side in sides)]
    roots = max((degree(side, name) for side in sides for name in letters), default=0)
    derived = any(relation in {"==", "mod"} for relation in relations) or has(tuple(sides), "var")
    return Test(holds, roots, "equation" if derived else "order", bool(bound))


def form_alone(statement: Statement, first: int) -> Test | None:
    """The test of what states nothing: only the form of its numbers; None where that can't be wrong."""
    numbers: set[int] = set()
    conditions = forms_of(statement, numbers)
    if not conditions:
        return None
    return Test(define("holds", unpack(numbers, first), " and ".join(conditions), "n, e"), 0, "nothing", False)


def integral_open(tree: object) -> bool:
    """True where an indefinite integral occurs."""
    if not isinstance(tree, tuple):
        return False
    return (tree[:1] == ("int",) and tree[3] is None) or any(integral_open(part) for part in tree)


def named(side: Tree, scope: Scope) -> bool:
    """True for a mere name: no numbers, and letters without a value only."""
    if side[0] == "call":
        return side[2][0] == "var" and free(side[2], scope)
    if side[0] == "indexed":
        return True
    if side[0] == "apply":
        return side[1] not in scope.functions
    if has(side, "num", "const", "int", "sum", "lim", "add", "root", "call", "log"):
        return False
    return side[0] in {"var", "mul", "times", "abs", "neg", "pow"} and all_free(side, scope)


def all_free(tree: Tree, scope: Scope) -> bool:
    """True where every letter is without a value."""
    if tree[0] == "var":
        return free(tree, scope)
    return all(all_free(part, scope) for part in tree[1:] if isinstance(part, tuple))


def written(
    sides: list[Tree], relations: list[str], modulus: Tree | None, scope: Scope
) -> tuple[list[str], list[str], set[int]]:
    """Source lines, conditions, and the numbers used."""
    emitter = Emitter(scope)
    if any(side[0] in {"rem", "ratio"} for side in sides):
        conditions = shaped(emitter, sides)
    else:
        values = [emitter.value(side) for side in sides]
        entries = [[(emitter.temp(n), emitter.temp(d)) for n, d in flat(value)] for value in values]
        if len({len(entry) for entry in entries}) != 1:
            raise UnreadError("sides of different shapes")
        if emitter.residue and any(r not in {"==", "!="} for r in relations):
            return real(sides, relations, scope)
        m = emitter.temp(emitter.integer(modulus)) if modulus else ""
        bound = any(depends(side, name) for side in sides for name in scope.scalars)
        conditions = [
            compared(x, y, relation, emitter.residue or bound, m)
            for (left, right), relation in zip(pairwise(entries), relations, strict=True)
            for x, y in zip(left, right, strict=True)
        ]
        conditions += [d for entry in entries for _, d in entry if not d.isdigit()]
    return emitter.lines, conditions, emitter.numbers


def compared(x: tuple[str, str], y: tuple[str, str], relation: str, mod_p: bool, modulus: str) -> str:
    """The condition between two numbers."""
    left, right = times(x[0], y[1]), times(y[0], x[1])
    if relation == "mod":
        return f"({left} - {right}) % {modulus} == 0"
    if relation in {"==", "!="}:
        return f"({left} - {right}) % P {relation} 0" if mod_p else f"{left} {relation} {right}"
    sign = times(x[1], y[1])
    condition = f"{left} {relation} {right}" if sign == "1" else f"({left} - {right})*{sign} {relation} 0"
    return f"abs({left} - {right}) > BEYOND or {condition}" if mod_p else condition


def shaped(emitter: Emitter, sides: list[Tree]) -> list[str]:
    """Conditions of `17 / 5 = 3 remainder 2` and of `6 : 8 = 3 : 4`."""
    if sides[0][0] == "div" and all(side[0] == "rem" for side in sides[1:]):
        a, b = emitter.integer(sides[0][1]), emitter.integer(sides[0][2])
        pairs = [(emitter.integer(side[1]), emitter.integer(side[2])) for side in sides[1:]]
        return [f"{a} == ({b})*({q}) + {r} and 0 <= {r} < {b}" for q, r in pairs]
    if all(side[0] == "ratio" for side in sides):
        if len({len(side) for side in sides}) != 1:
            raise UnreadError("ratios of different lengths")
        rows = [[named_parts(emitter, part) for part in side[1:]] for side in sides]
        first, *rest = rows
        return [n for row in rows for n, _ in row] + [
            compared((times(a[0], d[0]), times(a[1], d[1])), (times(b[0], c[0]), times(b[1], c[1])), "==", True, "")
            for row in rest
            for (a, b), (c, d) in zip(pairwise(first), pairwise(row), strict=True)
        ]
    raise UnreadError("a remainder or a ratio beside something else")


def named_parts(emitter: Emitter, tree: Tree) -> tuple[str, str]:
    """Names of a number's numerator and denominator."""
    n, d = emitter.number(tree)
    return emitter.temp(n), emitter.temp(d)


def real(sides: list[Tree], relations: list[str], scope: Scope) -> tuple[list[str], list[str], set[int]]:
    """Order between numbers with roots, in floating point: they are apart by far more than its error here."""
    emitter = Emitter(scope, {"\\pi": ("3.141592653589793", "1")})
    values = [emitter.number(side) for side in sides]
    parts = [f"({n})/({d})" for n, d in values]
    names = [emitter.temp(part) for part in parts]
    emitter.lines.insert(0, "rt, fpow = rt_real, fpow_real")
    conditions = [f"{a} {r} {b}" for a, b, r in zip(names[:-1], names[1:], relations, strict=True)]
    return emitter.lines, conditions, emitter.numbers


def forms_of(statement: Statement, numbers: set[int]) -> list[str]:
    """Conditions on how the numbers of a statement are written."""
    numbers |= statement.single
    return [*forms(statement.sides, numbers), *(f"n{i} < 10" for i in sorted(statement.single))]


def forms(tree: object, numbers: set[int]) -> list[str]:
    """Conditions on how the numbers are written: no `1x`, `0x`, `x^1`, `x + 0`."""
    if not isinstance(tree, tuple) or not tree:
        return []
    found = [condition for part in tree for condition in forms(part, numbers)]
    if tree[0] == "times" and tree[1][0] == "num" and tree[1][2] == 0 and tree[2][0] not in {"num", "mixed"}:
        i = tree[1][1]
        numbers.add(i)
        found.append(f"n{i} > 1")
    if tree[0] == "pow" and tree[1][0] == "var" and tree[2][0] == "num":
        i = tree[2][1]
        numbers.add(i)
        found.append(f"n{i} > 1")
    if tree[0] == "add" and has(tree[1], "var"):
        last = tree[2][1] if tree[2][0] == "neg" else tree[2]
        if last[0] == "num":
            numbers.add(last[1])
            found.append(f"n{last[1]} != 0")
    return found


def reduced(tree: object) -> list[tuple[int, int]]:
    """The plain fractions of two numbers: (index of numerator, index of denominator)."""
    if not isinstance(tree, tuple) or not tree:
        return []
    here = [(tree[1][1], tree[2][1])] if tree[0] == "div" and tree[1][0] == tree[2][0] == "num" else []
    return here + [pair for part in tree for pair in reduced(part)]
