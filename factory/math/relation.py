"""Relations of a family: what must be true between the question's text and the answer's text.

Written in the same small expression syntax as parameters, over the captures of `read`. Numbers are exact: integers,
fractions, or residues where roots come in; `/` is exact division.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from math import comb, factorial, gcd, isqrt, lcm, perm
from typing import Any

from factory.errors import RecipeError
from factory.math import arithmetic, formula
from factory.math.capture import Expression
from factory.math.numbers import Ratio, Residue, inverse, over
from factory.math.residue import root, sine


def value(f: Any) -> Any:
    """A captured formula at the free point; other values as they are."""
    return f.value() if isinstance(f, Expression) else f


def at(f: Expression, *values: Any) -> Any:
    """F where its variables, in the order of `capture.LETTERS`, have these values."""
    return f.value(values)


def diff(f: Expression, order: int = 1) -> Any:
    """The derivative of f at the free point."""
    return f.value(order=order)


def diff_at(f: Expression, x: Any, order: int = 1) -> Any:
    """The derivative of f where its variable is x."""
    return f.value((x,), order)


def floor(x: Any) -> int:
    """The largest integer not above x."""
    return int(x.numerator // x.denominator)


def ceil(x: Any) -> int:
    """The smallest integer not below x."""
    return -floor(-x)


def half_up(x: Any, unit: Any = 1) -> Any:
    """X >= 0 rounded to the nearest multiple of a unit, halves up."""
    return floor(over(x, unit) + Ratio(1, 2)) * unit


def sqrt(n: int) -> Residue:
    """The exact square root of an integer."""
    return Residue(root(n))


def sin(degrees: int) -> Residue:
    """The exact sine of an angle in degrees."""
    top, bottom = sine(degrees, 1)
    return Residue(top * inverse(bottom))


def product(values: Sequence[Any]) -> Any:
    """The product of the values."""
    total: Any = 1
    for factor in values:
        total = total * factor
    return total


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs, "all": all, "any": any, "at": at, "ceil": ceil, "comb": comb, "diff": diff, "diff_at": diff_at,
    "divisors": arithmetic.divisors, "factorial": factorial, "floor": floor, "gcd": gcd, "half_up": half_up,
    "is_prime": arithmetic.is_prime, "isqrt": isqrt, "lcm": lcm, "len": len, "max": max, "min": min, "over": over,
    "perm": perm, "prime_factors": arithmetic.prime_factors, "product": product, "range": range,
    "rising": arithmetic.rising, "set": set, "sin": sin, "sorted": sorted, "sqrt": sqrt, "sum": sum,
    "to_base": arithmetic.to_base, "tuple": tuple,
    "value": value, "zip": zip, "str": str, "int": int,
}  # fmt: skip


class Rewriter(ast.NodeTransformer):
    """Makes `/` exact and lets a bare formula stand for its value."""

    def __init__(self, expressions: Sequence[str]) -> None:
        """Know which names are formulas."""
        self.expressions = expressions

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Exact division."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Div):
            return ast.Call(ast.Name("over", ast.Load()), [node.left, node.right], [])
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave a formula as it is where a function takes one."""
        if isinstance(node.func, ast.Name) and node.func.id in {"at", "diff", "diff_at"}:
            node.args[1:] = [self.visit(argument) for argument in node.args[1:]]
            return node
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A formula's value."""
        if node.id in self.expressions:
            return ast.Call(ast.Name("value", ast.Load()), [ast.Name(node.id, ast.Load())], [])
        return node


def checked(expression: str, kinds: Mapping[str, str], where: str) -> str:
    """Python source of a relation.

    Raises:
        RecipeError: for anything outside the whitelist.
    """
    try:
        tree = ast.parse(str(expression), mode="eval")
    except SyntaxError as error:
        raise RecipeError(f"{where}: {expression!r} is not an expression") from error
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if not isinstance(node, (*formula.NODES, ast.Div)):
            raise RecipeError(f"{where}: {type(node).__name__} is not allowed in a relation")
        if isinstance(node, ast.Name) and (
            node.id.startswith("_") or node.id not in kinds.keys() | FUNCTIONS.keys() | bound
        ):
            raise RecipeError(f"{where}: unknown name {node.id!r}; there are: {', '.join(sorted(kinds))}")
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
            raise RecipeError(f"{where}: unknown function {ast.unparse(node.func)!r}")
    formulas = [name for name, kind in kinds.items() if kind == "expr"]
    return ast.unparse(ast.fix_missing_locations(Rewriter(formulas).visit(tree)))


def compile_relation(relations: Sequence[str], kinds: Mapping[str, str], where: str) -> Callable[..., bool]:
    """A function of all captures, in the order of `kinds`, that is True where every relation holds."""
    source = " and ".join(f"({checked(relation, kinds, where)})" for relation in relations)
    return compiled(f"lambda {', '.join(kinds)}: {source}")


def compile_letters(letters: Mapping[str, str], kinds: Mapping[str, str], where: str) -> Callable[..., tuple[Any, ...]]:
    """A function of all captures that gives what each letter of the solution stands for."""
    parts = [checked(expression, kinds, where) for expression in letters.values()]
    return compiled(f"lambda {', '.join(kinds)}: ({''.join(part + ', ' for part in parts)})")


def compiled(source: str) -> Callable[..., Any]:
    """The function of whitelisted source."""
    function: Callable[..., Any] = eval(source, {**FUNCTIONS, "__builtins__": {}})
    return function
