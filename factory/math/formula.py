"""Expressions of family files, compiled through an AST whitelist: a family is data, never code.

`parameters`, `require` and `let` of a family are written in a small part of Python's expression syntax:
numbers, strings, names of earlier parameters, arithmetic, comparisons, `if`/`else`, tuples, indexing,
comprehensions over sequences, and calls of the functions listed in `FUNCTIONS` and `DRAWS`. Everything else
(attributes, lambdas, keywords, f-strings, names with underscores in front ...) is refused with its place.

What it leaves out on purpose: loops, assignments, and any way to reach an object's attributes.
"""

import ast
import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from factory.errors import RecipeError
from factory.math import arithmetic
from factory.math.arithmetic import DRAWS, FUNCTIONS

Key = tuple[Any, ...]
"""The drawn values of one row: what a question is identified by."""


NODES = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Store, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare,
    ast.IfExp, ast.Tuple, ast.List, ast.Subscript, ast.Slice, ast.Call, ast.GeneratorExp, ast.ListComp,
    ast.comprehension, ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Pow, ast.USub, ast.UAdd, ast.Not,
    ast.And, ast.Or, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
)  # fmt: skip
MAX_NODES = 400
PLACE = re.compile(r"\{\d\}")


class Compiler(ast.NodeTransformer):
    """Checks one expression and rewrites its draws and powers."""

    def __init__(self, names: Iterable[str], where: str, draws: bool) -> None:
        """Know the names the expression may use, the place for messages, and whether draws are allowed."""
        self.names, self.where, self.draws = set(names), where, draws

    def fail(self, message: str) -> RecipeError:
        """The error for this expression."""
        return RecipeError(f"{self.where}: {message}")

    def source(self, expression: str | int | bool) -> str:
        """Checked Python source of an expression.

        Raises:
            RecipeError: for anything outside the whitelist.
        """
        tree = self.parsed(expression)
        nodes = list(ast.walk(tree))
        if len(nodes) > MAX_NODES:
            raise self.fail(f"an expression of {len(nodes)} parts; {MAX_NODES} are allowed")
        bound = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in nodes:
            self.allow(node, bound)
        return ast.unparse(ast.fix_missing_locations(self.visit(tree)))

    def parsed(self, expression: str | int | bool) -> ast.Expression:
        """The syntax tree of an expression.

        Raises:
            RecipeError: where it is none.
        """
        try:
            return ast.parse(str(expression), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise self.fail(f"{str(expression)[:80]!r} is not an expression ({error.__class__.__name__})") from error

    def allow(self, node: ast.AST, bound: set[str]) -> None:
        """Refuse a node that is not on the list."""
        if not isinstance(node, NODES):
            raise self.fail(f"{type(node).__name__} is not allowed in a family's expressions")
        if isinstance(node, ast.Name) and node.id not in self.names | bound | FUNCTIONS.keys() | DRAWS.keys():
            raise self.fail(f"unknown name {node.id!r}; there are: {', '.join(sorted(self.names))}")
        if isinstance(node, ast.comprehension) and node.is_async:
            raise self.fail("async is not allowed in a family's expressions")
        if isinstance(node, ast.Name) and node.id.startswith("_"):
            raise self.fail(f"a name may not begin with an underscore: {node.id!r}")
        if isinstance(node, ast.Constant) and not isinstance(node.value, int | str):
            raise self.fail(
                f"only integers and strings, not {node.value!r}; write fractions as integers over a divisor"
            )
        if isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name) and node.func.id in self.names | FUNCTIONS.keys() | DRAWS.keys()
        ):
            raise self.fail(f"unknown function {ast.unparse(node.func)!r}")
        if isinstance(node, ast.Call) and ast.unparse(node.func) in self.names - {WORDING}:
            raise self.fail(
                f"{ast.unparse(node.func)}() is called, but here that is the name of a value; rename the value"
            )
        if isinstance(node, ast.Call) and (node.keywords or any(isinstance(a, ast.Starred) for a in node.args)):
            raise self.fail("arguments are given by position")

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Bound powers."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Pow):
            return ast.Call(ast.Name("_power", ast.Load()), [node.left, node.right], [])
        return node

    def visit_List(self, node: ast.List) -> ast.AST:
        """Values never change, so lists are tuples."""
        self.generic_visit(node)
        return ast.Tuple(node.elts, ast.Load())

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        """The same for comprehensions."""
        self.generic_visit(node)
        return ast.Call(ast.Name("_tuple", ast.Load()), [ast.GeneratorExp(node.elt, node.generators)], [])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Turn draws into calls on the stream of random numbers."""
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id in DRAWS):
            return node
        if not self.draws:
            raise self.fail(f"{node.func.id}() draws; draws belong under `parameters`")
        parts, form = [ast.unparse(argument) for argument in node.args], DRAWS[node.func.id]
        wanted = len({*PLACE.findall(form)})
        if not parts or ("{all}" not in form and len(parts) != wanted):
            raise self.fail(f"{node.func.id}() takes {wanted or 'one or more'} arguments, not {len(parts)}")
        return ast.parse(form.format(*parts, all=", ".join(parts)), mode="eval").body


def _mixed(names: Sequence[str]) -> str:
    """Source of an integer that depends on the numbers among the drawn values and on nothing else."""
    return " ^ ".join(f"_number({name}) * {2 * i + 1_000_003}" for i, name in enumerate(names)) or "0"


def number(value: Any) -> int:
    """An integer from a drawn value; words and names count as 0, so that they don't tell questions apart."""
    if isinstance(value, int):
        return value
    if isinstance(value, tuple):
        total = 0
        for part in value:
            total = total * 1_000_033 + number(part)
        return total
    return 0


INTERNAL: dict[str, Any] = {
    "_choice": arithmetic.choice, "_draws": arithmetic.draws, "_int": int, "_nonzero": arithmetic.nonzero,
    "_number": number, "_power": arithmetic.power, "_range": range, "_sample": arithmetic.sample,
    "_shuffle": arithmetic.shuffle, "_tuple": tuple,
}  # fmt: skip
"""What the generated source calls; family files can't name these."""

WORDING = "wording_of"


def checked_name(name: str, where: str) -> str:
    """The name itself.

    Raises:
        RecipeError: where it is no plain name.
    """
    if not name.isidentifier() or name.startswith("_") or keyword.iskeyword(name):
        raise RecipeError(f"{where}: {name!r} is no name; use letters, digits and underscores, a letter first")
    return name


def compile_draw(
    parameters: dict[str, str], require: Sequence[str], words: dict[str, int], where: str
) -> Callable[[Callable[[], float], int], list[Key]]:
    """A function (random, tries) -> the keys that `tries` draws gave, those that broke a requirement left out.

    A key is (index of each word list ..., value of each parameter ...).
    """
    lines = [
        "def _draw(_random, _tries, _side):",
        "    _keys = []",
        "    _add = _keys.append",
        "    for _ in _range(_tries):",
    ]
    known: list[str] = []
    pending = {i: condition for i, condition in enumerate(require)}

    def require_ready() -> None:
        for i, condition in list(pending.items()):
            compiler = Compiler(known, f"{where}: require: {condition}", False)
            used = {n.id for n in ast.walk(compiler.parsed(condition)) if isinstance(n, ast.Name)}
            if not used & (parameters.keys() - set(known)):
                lines.append(f"        if not ({compiler.source(condition)}): continue")
                del pending[i]

    for name, expression in parameters.items():
        source = Compiler(known, f"{where}: parameters.{name}", True).source(expression)
        lines.append(f"        {checked_name(name, where)} = {source}")
        known.append(name)
        require_ready()
    lines.append(
        f"        if _side is not None and (({_mixed(known)}) * 0x9E3779B97F4A7C15 >> 61) & 1 != _side: continue"
    )
    lines += [f"        {word} = _int(_random() * {size})" for word, size in words.items()]
    lines.append(f"        _add(({''.join(name + ', ' for name in (*words, *known))}))")
    lines.append("    return _keys")
    space: dict[str, Any] = {**FUNCTIONS, **INTERNAL, "__builtins__": {}}
    exec(compile("\n".join(lines), f"<{where}>", "exec"), space)
    draw: Callable[..., list[Key]] = space["_draw"]

    def drawn(random: Callable[[], float], tries: int, side: int | None = None) -> list[Key]:
        try:
            return draw(random, tries, side)
        except (ArithmeticError, ValueError, TypeError, IndexError) as error:
            raise RecipeError(f"{where}: parameters: a draw fails: {error}") from error

    return drawn


def compile_let(
    names: Sequence[str], derived: Mapping[str, str], where: str, given: Mapping[str, Any]
) -> Callable[[list[Key]], list[Key]]:
    """A function from keys to keys with the derived values appended; `given` are further values and functions."""
    pack = "".join(f"{name}, " for name in (*names, *derived))
    return compile_rows(names, derived, [f"  _add(({pack}))"], where, given)


def compile_rows(
    names: Sequence[str], derived: Mapping[str, str], lines: Sequence[str], where: str, given: Mapping[str, Any]
) -> Callable[[list[Key]], list[Any]]:
    """A function from keys to what the lines, run with each key's names and derived values, `_add`."""
    let = let_lines(tuple(names), tuple(derived.items()), where, tuple(given))
    unpack = "".join(f"{name}, " for name in names) or "_"
    head = ["def _rows(_keys):", " _out = []", " _add = _out.append", f" for {unpack} in _keys:"]
    space: dict[str, Any] = {**FUNCTIONS, **INTERNAL, **given, "__builtins__": {}}
    exec(compile("\n".join([*head, *let, *lines, " return _out"]), f"<{where}>", "exec"), space)
    rows: Callable[[list[Key]], list[Any]] = space["_rows"]
    return rows


@lru_cache(maxsize=4)
def let_lines(
    names: tuple[str, ...], derived: tuple[tuple[str, str], ...], where: str, given: tuple[str, ...]
) -> list[str]:
    """The lines that work the derived values out; both languages of a family share them."""
    lines, known = [], list(names)
    for name, expression in derived:
        source = Compiler([*known, *given], f"{where}: let.{name}", False).source(expression)
        lines.append(f"  {checked_name(name, where)} = {source}")
        known.append(name)
    return lines
