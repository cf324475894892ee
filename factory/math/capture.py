r"""Patterns that read a question or an answer: plain text with `<<name>>` where something is to be read.

    <<a>>            a signed integer or decimal          <<a:value>>    TeX without letters: one number
    <<xs:list>>      numbers in a line, `3, 5, 8`         <<x:values>>   TeX values, `2, -\frac{1}{3}`, or with ±
    <<f:expr>>       TeX with letters                     <<s:sign>>     one of = < > <= >=, as '=', '<' ...
    <<item>>         where `item` is a word list of the family: one of its words, as its index
    <<p:powers>>     a product of powers, `2^3 \times 5`, as ((2, 3), (5, 1))
    [one|other]      either text (outside of TeX)

A pattern must match the whole text; numbers written in the pattern itself must be those in the text.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

from factory.errors import RecipeError
from factory.math.calculus import derivative
from factory.math.chain import has, picked, reduced
from factory.math.exact import NO_LETTERS
from factory.math.exact_functions import evaluator
from factory.math.numbers import Number, number, over
from factory.math.skeleton import DECIMAL, NUMBER, UnreadError, blank
from factory.math.tex import RELATIONS, Statement, Tree, read

MARK = "[\x00\ue001-\ue00c]"
HOLE = re.compile(r"<<(\w+)(?::(\w+))?>>")
KINDS = {
    "number": f"-?{MARK}",
    "list": f"-?{MARK}(?:(?:, ?|、| , |,\\\\ )-?{MARK})*",
    "value": r"[^$、。]+?",
    "values": r"[^$。]+?",
    "expr": r"[^$]+?",
    "powers": r"[^$]+?",
    "sign": r"=|<|>|\\leqq|\\geqq|\\leq|\\geq|\\le|\\ge",
}
CONSTANT, MARKED = re.compile(MARK), re.compile(f"(-?)({MARK})")


LETTERS = ("x", "y", "z", "t", "u", "a", "b", "c", "m", "n", "k", "r", "h", "□")
"""The variables of captured formulas, in the order in which `at(f, ...)` takes their values."""


class Expression:
    """A captured formula: what it is worth at the free point, at values, and its derivative."""

    __slots__ = ("numbers", "plan")

    def __init__(self, plan: "Formula", numbers: Sequence[int]) -> None:
        """A compiled formula over one row's numbers."""
        self.plan, self.numbers = plan, numbers

    def value(self, at: Sequence[Number] = (), order: int = 0) -> Number:
        """The value where the first variables are `at`, the others at the free point; of the order-th derivative."""
        function, residue = self.plan.function(len(at), order)
        top, bottom = function(self.numbers, (), *[part for v in at for part in (v.numerator, v.denominator)])
        return number(top, bottom, residue)


class Formula:
    """One formula of a skeleton, compiled on demand."""

    def __init__(self, tree: Tree) -> None:
        """Keep the tree."""
        self.tree = tree
        letters = {node[1] for node in nodes(tree) if node[:1] == ("var",)}
        found = [v for v in LETTERS if v in letters]
        self.variables = [*found, *(v for v in ("x", "y", "z") if v not in found)]
        self.made: dict[tuple[int, int], tuple[Callable[..., tuple[int, int]], bool]] = {}

    def function(self, given: int, order: int) -> tuple[Callable[..., tuple[int, int]], bool]:
        """The evaluator with the first `given` variables as arguments, and whether its values are residues."""
        key = (given, order)
        if key not in self.made:
            tree = self.tree
            for _ in range(order):
                tree = derivative(tree, self.variables[0])
            self.made[key] = evaluator(tree, NO_LETTERS, self.variables[:given])
        return self.made[key]


def nodes(tree: object) -> list[Tree]:
    """Every node of a tree."""
    if not isinstance(tree, tuple):
        return []
    return [tree, *(node for part in tree for node in nodes(part))]


class Plan(NamedTuple):
    """How the captures of one skeleton are taken from its numbers."""

    size: int
    """How many numbers the skeleton has."""
    take: Callable[[Sequence[int]], tuple[Any, ...]] | None
    """The captures, in the order of the names asked for; None where the skeleton can't be read."""
    constants: tuple[tuple[int, int], ...] = ()
    """(index, value) of numbers that the pattern itself gives."""
    fractions: tuple[tuple[int, int], ...] = ()
    """Plain fractions in the text: (index of numerator, index of denominator)."""
    words: tuple[str, ...] = ()
    """The words of the fields that question and answer share: they must be the same in both."""


class Pattern:
    """One pattern, compiled."""

    def __init__(self, text: str, words: Mapping[str, tuple[str, Sequence[str]]], where: str) -> None:
        """Compile a pattern; `words` gives each field's word list and the texts it may show.

        Raises:
            RecipeError: for unknown kinds and doubled names.
        """
        self.kinds: dict[str, str] = {}
        self.words = {
            name: (entries, Words([blank(text)[0] for text in texts])) for name, (entries, texts) in words.items()
        }
        self.constants: list[int] = []
        expression, at = "", 0
        for hole in HOLE.finditer(text):
            name, kind = hole.group(1), hole.group(2) or ("word" if hole.group(1) in words else "number")
            expression += self.literal(text[at : hole.start()])
            at = hole.end()
            if kind not in KINDS and kind != "word":
                raise RecipeError(f"{where}: <<{name}:{kind}>> is of no known kind; there are: {', '.join(KINDS)}")
            if name in self.kinds and kind == "word":
                expression += f"(?P={name})"
                continue
            if name in self.kinds:
                raise RecipeError(f"{where}: <<{name}>> stands twice in one pattern")
            inner = self.words[name][1].regex() if kind == "word" else KINDS[kind]
            expression += f"(?P<{name}>{inner})"
            self.kinds[name] = kind
        self.regex = re.compile(expression + self.literal(text[at:]))

    def literal(self, text: str) -> str:
        """The regular expression of literal text with its [one|other] choices."""
        self.constants += [int(n.replace(".", "")) for n in NUMBER.findall(text)]
        pieces = re.split(r"(\[[^\[\]|$]*\|[^\[\]$]*\])", text)
        return "".join(
            "(?:" + "|".join(re.escape(blank(option)[0]) for option in piece[1:-1].split("|")) + ")"
            if i % 2
            else re.escape(blank(piece)[0])
            for i, piece in enumerate(pieces)
        )

    def plan(self, skeleton: str, names: Sequence[str], shared: Sequence[str] = ()) -> Plan | None:
        """How to take the named captures from this skeleton; None where the pattern doesn't match."""
        match = self.regex.fullmatch(skeleton)
        if not match:
            return None
        positions = [mark.start() for mark in CONSTANT.finditer(skeleton)]
        spans = [match.span(name) for name, kind in self.kinds.items() if kind != "word"]
        own = [i for i, at in enumerate(positions) if not any(low <= at < high for low, high in spans)]
        if len(own) != len(self.constants) or not self.words_agree(match):
            return None
        constants = tuple(zip(own, self.constants, strict=True))
        fractions: list[tuple[int, int]] = []
        space: dict[str, Any] = {"over": over, "__builtins__": {}}
        parts = []
        for name in names:
            first = bisect_left(positions, match.start(name))
            parts.append(self.taken(name, match.group(name), first, fractions, space))
        words = tuple(match.group(name) for name in shared)
        take = function_of("".join(part + ", " for part in parts), space)
        return Plan(len(positions), take, constants, tuple(fractions), words)

    def words_agree(self, match: re.Match[str]) -> bool:
        """True where the fields of each word list can all come from one entry: りんご and 個, not りんご and 本."""
        found: dict[str, frozenset[int]] = {}
        for field in (name for name, kind in self.kinds.items() if kind == "word"):
            name, words = self.words[field]
            fitting = words.entries[match.group(field)]
            found[name] = found.get(name, fitting) & fitting
        return all(found.values())

    def taken(self, name: str, text: str, first: int, fractions: list[tuple[int, int]], space: dict[str, Any]) -> str:
        """Source that takes one capture from the numbers `n`; its first number is number `first`."""
        kind = self.kinds[name]
        if kind == "word":
            return str(min(self.words[name][1].entries[text]))
        if kind == "sign":
            return repr(RELATIONS[text].replace("==", "="))
        if kind in {"number", "list"}:
            marks = [
                scalar(sign, first + i, max(0, ord(mark) - DECIMAL))
                for i, (sign, mark) in enumerate(MARKED.findall(text))
            ]
            return marks[0] if kind == "number" else f"({''.join(mark + ', ' for mark in marks)})"
        if kind == "powers":
            return powers(alone(read(text, first), name)[0].sides[0])
        made = taker(kind, text, name)
        fractions += [(first + a, first + b) for a, b in made.fractions]
        space[f"take_{name}"] = made.take
        return f"take_{name}(n[{first}:{first + made.size}])"


class Words:
    """The texts that one field of a word list shows."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index them."""
        self.entries = {text: frozenset(i for i, other in enumerate(texts) if other == text) for text in texts}

    def regex(self) -> str:
        """Any of the texts, the longest first."""
        return "|".join(re.escape(text) for text in sorted(self.entries, key=len, reverse=True))


class Taker(NamedTuple):
    """How one TeX capture is taken from its numbers."""

    take: Callable[[Sequence[int]], Any]
    size: int
    fractions: tuple[tuple[int, int], ...]


@lru_cache(maxsize=4_096)
def taker(kind: str, text: str, name: str) -> Taker:
    """How a TeX capture of this skeleton is taken; questions that differ elsewhere share it.

    Raises:
        UnreadError: where the text is no expression of this kind.
    """
    statements = read(text)
    for each in [[s] for s in statements] if kind == "values" else [statements]:
        alone(each, name)
    size = len(CONSTANT.findall(text))
    fractions = tuple(pair for statement in statements for pair in reduced(statement.sides))
    if kind == "expr":
        formula = Formula(statements[0].sides[0])
        return Taker(lambda n: Expression(formula, n), size, fractions)
    trees = [picked(s.sides[0], sign) for s in statements for sign in ((1, -1) if has(s.sides, "pm") else (1,))]
    values = [valued(tree) for tree in trees]
    return Taker(values[0] if kind == "value" else lambda n: tuple([v(n) for v in values]), size, fractions)


def alone(statements: list[Statement], name: str) -> list[Statement]:
    """The statements themselves, which must be a single expression.

    Raises:
        UnreadError: where they are more, or a chain.
    """
    if len(statements) != 1 or len(statements[0].sides) != 1:
        raise UnreadError(f"{name} is not one expression")
    return statements


def powers(tree: Tree) -> str:
    """Source of the (base, exponent) pairs of a product of powers of plain numbers.

    Raises:
        UnreadError: where it is anything else.
    """
    if tree[0] == "mul":
        return f"{powers(tree[1])[:-1]}{powers(tree[2])[1:]}"
    base, exponent = (tree[1], tree[2]) if tree[0] == "pow" else (tree, ("const", 1))
    if base[0] != "num" or base[2] or exponent[0] not in {"num", "const"}:
        raise UnreadError("not a product of powers")
    return f"((n[{base[1]}], {f'n[{exponent[1]}]' if exponent[0] == 'num' else 1}),)"


def function_of(parts: str, space: dict[str, Any]) -> Callable[[Sequence[int]], tuple[Any, ...]]:
    """The function of the numbers `n` that gives these parts."""
    made: Callable[[Sequence[int]], tuple[Any, ...]] = eval(code_of(parts), space)
    return made


@lru_cache(maxsize=4_096)
def code_of(parts: str) -> CodeType:
    """The compiled source; skeletons of one shape share it."""
    return compile(f"lambda n: ({parts})", "<capture>", "eval")


def scalar(sign: str, i: int, places: int) -> str:
    """Source of the i-th number with its sign, in units of 10^-places."""
    return f"over({sign}n[{i}], {10**places})" if places else f"{sign}n[{i}]"


def valued(tree: Tree) -> Callable[[Sequence[int]], Any]:
    """A function from a row's numbers to the value of a tree; tuples and matrices give tuples."""
    function, residue = evaluator(tree)

    def shaped(value: Any) -> Any:
        if isinstance(value, list):
            return tuple(shaped(part) for part in value)
        return number(value[0], value[1], residue)

    return lambda n: shaped(function(n, ()))
