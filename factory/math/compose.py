"""Family texts as Python source: what Jinja parses, written as one function per family and language.

Jinja stays the language. But families use little of it (values, filters, choices), and for that little a plain
function, which also works out the `let` values, is made in half the time and writes faster than what Jinja generates.
A text that uses more is left to Jinja's sandbox.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import nodes

from factory.math.arithmetic import power

OPERATORS = {
    nodes.Add: "+", nodes.Sub: "-", nodes.Mul: "*", nodes.FloorDiv: "//", nodes.Mod: "%", nodes.And: "and",
    nodes.Or: "or",
}  # fmt: skip
COMPARISONS = {
    "eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in",
}  # fmt: skip
BUILT_IN: Mapping[str, Callable[..., Any]] = {"abs": abs, "capitalize": lambda value: str(value).capitalize()}
"""Filters of Jinja's own."""


class UncommonError(ValueError):
    """The text uses something that only Jinja understands."""


class Composer:
    """Turns the syntax tree of one text into lines of Python that append its pieces by `_add`."""

    def __init__(self, known: Iterable[str], filters: Mapping[str, Callable[..., Any]]) -> None:
        """Know the names and the filters that a text may use."""
        self.known, self.filters = frozenset(known), {**filters, **BUILT_IN}
        self.space: dict[str, Callable[..., Any]] = {"_power": power, "_str": str}
        """What the lines call."""

    def lines(self, body: Iterable[nodes.Node], indent: str) -> list[str]:
        """The lines of some nodes.

        Raises:
            UncommonError: where a node is none of the common ones.
        """
        made: list[str] = []
        pieces: list[str] = []
        for node in body:
            if isinstance(node, nodes.Output):
                pieces += map(self.piece, node.nodes)
                continue
            if not isinstance(node, nodes.If):
                raise UncommonError(type(node).__name__)
            made += [*added(pieces, indent), *self.choice(node, indent)]
            pieces = []
        return [*made, *added(pieces, indent)]

    def choice(self, node: nodes.If, indent: str) -> list[str]:
        """The lines of an `if` with what follows it."""
        inner = indent + " "
        made = [f"{indent}if {self.source(node.test)}:", *(self.lines(node.body, inner) or [f"{inner}pass"])]
        for other in node.elif_:
            made += [f"{indent}elif {self.source(other.test)}:", *(self.lines(other.body, inner) or [f"{inner}pass"])]
        if node.else_:
            made += [f"{indent}else:", *(self.lines(node.else_, inner) or [f"{inner}pass"])]
        return made

    def piece(self, node: nodes.Expr) -> str:
        """Source of one piece of text."""
        if isinstance(node, nodes.TemplateData):
            return repr(node.data)
        source = self.source(node)
        return f"f'{{{source}}}'" if source.isidentifier() else f"_str({source})"

    def source(self, node: nodes.Node) -> str:
        """Source of an expression."""
        match node:
            case nodes.Name(name=str(name)) if name in self.known and not name.startswith("_"):
                return name
            case nodes.Const(value=bool() | int() | str() as value):
                return repr(value)
            case nodes.Compare(expr=first, ops=operands):
                parts = [f"{COMPARISONS[operand.op]} {self.source(operand.expr)}" for operand in operands]
                return f"({' '.join([self.source(first), *parts])})"
            case nodes.Pow(left=left, right=right):
                return f"_power({self.source(left)}, {self.source(right)})"
            case nodes.BinExpr(left=left, right=right) if type(node) in OPERATORS:
                return f"({self.source(left)} {OPERATORS[type(node)]} {self.source(right)})"
            case nodes.Not(node=inner):
                return f"(not {self.source(inner)})"
            case nodes.Neg(node=inner):
                return f"(-{self.source(inner)})"
            case nodes.CondExpr(test=test, expr1=one, expr2=nodes.Expr() as other):
                return f"({self.source(one)} if {self.source(test)} else {self.source(other)})"
            case nodes.Getitem(node=inner, arg=place) if not isinstance(getattr(place, "value", 0), str):
                return f"{self.source(inner)}[{self.source(place)}]"
            case nodes.Tuple(items=items):
                return f"({''.join(self.source(item) + ', ' for item in items)})"
            case nodes.Filter(node=nodes.Expr() as inner, name=name, kwargs=[], dyn_args=None, dyn_kwargs=None):
                return self.called(name, [inner, *node.args])
        raise UncommonError(type(node).__name__)

    def called(self, name: str, arguments: list[nodes.Expr]) -> str:
        """Source of a filter's call."""
        if name not in self.filters:
            raise UncommonError(name)
        self.space[f"_filter_{name}"] = self.filters[name]
        return f"_filter_{name}({', '.join(map(self.source, arguments))})"


def added(pieces: list[str], indent: str) -> list[str]:
    """The line that appends these pieces: neighbouring literals are one f-string."""
    groups: list[str] = []
    literal = False
    for piece in pieces:
        plain = not piece.startswith("_str(")
        if plain and literal:
            groups[-1] += f" {piece}"
        else:
            groups.append(piece)
        literal = plain
    return [f"{indent}_add({group})" for group in groups]
