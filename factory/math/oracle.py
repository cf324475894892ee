"""A plain SymPy audit of rendered rows, for validation: reads question and answer its own way and works the answer out.

It shares no code with what writes rows nor with what checks each of them (`factory.math.check`); of a family it knows
the patterns under `read` and the SymPy expressions under `oracle`. Slow (milliseconds per row), and SymPy may hang:
`factory.math.audit` runs it in processes that are killed when a row takes too long.
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any, NamedTuple

import sympy

from factory.errors import RecipeError
from factory.math import oracle_tex
from factory.math.families import Family, Language

HOLE = re.compile(r"<<(\w+)(?::(\w+))?>>")
CHOICE = re.compile(r"\[([^\[\]|$]*\|[^\[\]$]*)\]")
NUMBER = r"(?<![0-9.])-?[0-9]+(?:\.[0-9]+)?(?![0-9])(?!\.[0-9])"
KINDS = {
    "number": NUMBER,
    "list": rf"{NUMBER}(?:(?:, ?|、| , |,\\\\ ){NUMBER})*",
    "value": r"[^$、。]+?",
    "values": r"[^$。]+?",
    "expr": r"[^$]+?",
    "powers": r"[^$]+?",
    "sign": r"=|<|>|\\(?:l|g)eq?q?",
}
SIGNS = {"\\le": "<=", "\\leq": "<=", "\\leqq": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqq": ">="}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Abs": sympy.Abs, "Eq": sympy.Eq, "Max": sympy.Max, "Min": sympy.Min, "Matrix": sympy.Matrix, "Mod": sympy.Mod,
    "Rational": sympy.Rational, "Sum": lambda *a: sympy.Sum(*a).doit(), "abs": sympy.Abs, "all": all, "any": any,
    "at": lambda f, x, v: f.subs(x, v), "binomial": sympy.binomial, "ceiling": sympy.ceiling, "cos": sympy.cos,
    "diff": sympy.diff, "divisors": sympy.divisors, "exp": sympy.exp, "expand": sympy.expand, "factor": sympy.factor,
    "factorial": sympy.factorial, "factorint": sympy.factorint, "ff": sympy.ff, "floor": sympy.floor,
    "gcd": sympy.gcd, "integrate": sympy.integrate, "isprime": sympy.isprime, "lcm": sympy.lcm, "len": len,
    "limit": sympy.limit, "list": list, "log": sympy.log, "max": max, "min": min, "prod": sympy.prod, "range": range,
    "reversed": reversed, "set": set, "simplify": sympy.simplify, "sin": sympy.sin, "solve": sympy.solve, "sorted":
    sorted, "sqrt": sympy.sqrt, "str": str, "sum": sum, "symbol": sympy.Symbol, "tan": sympy.tan, "tuple": tuple,
    "zip": zip, "enumerate": enumerate, "int": int,
}  # fmt: skip
APART = 1e-9
"""Numbers further apart than this are not the same, whatever they look like; nearer ones are simplified."""
CONSTANTS = {"pi": sympy.pi, "E": sympy.E, "I": sympy.I, "oo": sympy.oo, "True": True, "False": False}
ATTRIBUTES = {
    "is_real", "is_integer", "is_positive", "is_negative", "is_zero", "is_rational", "free_symbols", "subs", "det",
    "inv", "T", "dot", "cross", "p", "q", "items", "keys", "values", "coeff", "index", "count", "append",
}  # fmt: skip
NODES = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Name, ast.Constant, ast.Load,
    ast.Store, ast.IfExp, ast.Subscript, ast.Slice, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.SetComp,
    ast.GeneratorExp, ast.DictComp, ast.comprehension, ast.Attribute, ast.keyword, ast.Starred, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip


class Captured(NamedTuple):
    """What was read from a text."""

    values: dict[str, Any]
    kinds: dict[str, str]


class Reader:
    """One pattern as a regular expression over raw text."""

    def __init__(self, pattern: str, words: Mapping[str, Sequence[str]]) -> None:
        """Compile a pattern; `words` gives the texts of each word list."""
        self.words, self.kinds = words, dict[str, str]()
        pieces = HOLE.split(pattern)
        source = literal(pieces[0])
        for name, kind, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            source += self.hole(name, kind or ("word" if name in words else "number")) + literal(text)
        self.regex = re.compile(source)

    def hole(self, name: str, kind: str) -> str:
        """The regular expression of one hole."""
        if name in self.kinds:
            return f"(?P={name})"
        if kind not in KINDS and kind != "word":
            raise RecipeError(f"<<{name}:{kind}>> is of no kind that the oracle reads; there are: {', '.join(KINDS)}")
        self.kinds[name] = kind
        if kind == "word":
            longest_first = sorted(set(self.words[name]), key=lambda word: (-len(word), word))
            return f"(?P<{name}>{'|'.join(map(re.escape, longest_first))})"
        return f"(?P<{name}>{KINDS[kind]})"

    def read(self, text: str) -> Captured | None:
        """The captures as SymPy objects; None where the pattern doesn't match.

        Raises:
            TexError: where a captured formula is not read.
        """
        match = self.regex.fullmatch(text)
        if not match:
            return None
        return Captured({name: self.valued(kind, match[name], name) for name, kind in self.kinds.items()}, self.kinds)

    def valued(self, kind: str, text: str, name: str) -> Any:
        """One capture as an object."""
        if kind == "word":
            return list(self.words[name]).index(text)
        if kind == "sign":
            return SIGNS.get(text, text)
        if kind == "number":
            return sympy.Rational(text)
        if kind == "list":
            return tuple(map(sympy.Rational, re.findall(NUMBER, text)))
        if kind == "powers":
            return tuple(map(power, text.split(r"\times")))
        if kind == "values":
            return tuple(oracle_tex.values(text))
        return oracle_tex.value(text)


def power(text: str) -> tuple[int, int]:
    """Base and exponent of `2^3`, `2^{10}` or `5`."""
    match = re.fullmatch(r"([0-9]+)(?:\^([0-9])|\^\{([0-9]+)\})?", text.strip())
    if not match:
        raise oracle_tex.TexError(f"{text!r} is no power of a number")
    return int(match[1]), int(match[2] or match[3] or 1)


def literal(text: str) -> str:
    """The regular expression of literal text with its [one|other] choices."""
    parts = CHOICE.split(text)
    return "".join(
        f"(?:{'|'.join(map(re.escape, part.split('|')))})" if i % 2 else re.escape(part) for i, part in enumerate(parts)
    )


class ExactNumbers(ast.NodeTransformer):
    """Integers of an expression as SymPy's, so that 1 / 3 stays exact."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """`3` as `Rational(3)`; texts and truth values as they are."""
        if type(node.value) is not int:
            return node
        return ast.copy_location(ast.Call(ast.Name("Rational", ast.Load()), [node], []), node)


def compiled(expression: str, known: Sequence[str], where: str) -> CodeType:
    """The code of a whitelisted expression.

    Raises:
        RecipeError: for anything outside the whitelist.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        raise RecipeError(f"{where}: {expression!r} is not an expression") from error
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names = {*known, *FUNCTIONS, *CONSTANTS, *bound}
    for node in ast.walk(tree):
        if not isinstance(node, NODES) or (isinstance(node, ast.Constant) and type(node.value) is float):
            raise RecipeError(
                f"{where}: {ast.unparse(node)!r} is not allowed; write exact numbers and plain expressions"
            )
        if isinstance(node, ast.Name) and node.id not in names:
            raise RecipeError(f"{where}: unknown name {node.id!r}; the question gives: {', '.join(sorted(known))}")
        if isinstance(node, ast.Attribute) and node.attr not in ATTRIBUTES:
            raise RecipeError(f"{where}: .{node.attr} is not allowed; there are: {', '.join(sorted(ATTRIBUTES))}")
    return compile(ast.fix_missing_locations(ExactNumbers().visit(tree)), f"<{where}>", "eval")


class Oracle:
    """The audit of one family in one language."""

    def __init__(self, family: Family, language: Language) -> None:
        """Compile the patterns and the oracle's expressions.

        Raises:
            RecipeError: for an expression outside the whitelist, or a capture of the answer without one.
        """
        words = {name: texts for name, (_, texts) in family.fields(language).items()}
        self.questions = [Reader(pattern.strip(), words) for pattern in getattr(family.read.question, language)]
        self.answer = Reader(getattr(family.read.answer, language).strip(), words)
        where = f"templates/math/{family.area}/{family.name}.yaml: oracle"
        asked = list(self.questions[0].kinds)
        self.codes = {name: compiled(str(e), asked, f"{where}.{name}") for name, e in family.oracle.items()}
        missing = sorted(self.answer.kinds.keys() - self.codes.keys() - {*asked})
        if missing:
            raise RecipeError(f"{where}: nothing says how to work out {missing[0]!r}; add `{missing[0]}: ...`")

    def audit(self, question: str, answer: str) -> str:
        """Why the answer is not the question's; empty where it is."""
        try:
            asked = next((found for reader in self.questions if (found := reader.read(question))), None)
            given = self.answer.read(answer)
        except oracle_tex.TexError as error:
            return f"unread: {error}"
        if asked is None or given is None:
            return f"unread: the {'answer' if asked else 'question'} fits no pattern"
        space = {**CONSTANTS, **FUNCTIONS, **asked.values, "__builtins__": {}}
        for name, got in given.values.items():
            try:
                expected = eval(self.codes[name], space) if name in self.codes else asked.values[name]
                agrees = same(given.kinds[name], expected, got)
            except Exception as error:  # any failure of SymPy is the row's or the family's fault, and is told
                return f"error: {name}: {type(error).__name__}: {error}"
            if not agrees:
                return f"wrong: {name} is {got}, SymPy gets {expected}"
        return ""


def same(kind: str, expected: Any, got: Any) -> bool:
    """Whether a capture is what was expected."""
    if kind in {"word", "sign"}:
        return bool(expected == got)
    if kind == "values":
        left, right = distinct(parts(expected)), distinct(parts(got))
        return len(left) == len(right) and all(any(equal(a, b) for b in right) for a in left)
    return equal(expected, got)


def distinct(values: Sequence[Any]) -> list[Any]:
    """Each value once."""
    kept: list[Any] = []
    for value in values:
        if not any(equal(value, other) for other in kept):
            kept.append(value)
    return kept


def parts(value: Any) -> list[Any]:
    """The members of a list, set or matrix; a single value as a list of one."""
    return list(value) if isinstance(value, list | tuple | set | sympy.MatrixBase | sympy.FiniteSet) else [value]


def entries(value: Any) -> list[Any]:
    """All numbers and formulas within a value, in order."""
    members = parts(value)
    if len(members) == 1 and members[0] is value:
        return [sympy.Integer(value) if isinstance(value, int) else value]
    return [entry for member in members for entry in entries(member)]


def equal(a: Any, b: Any) -> bool:
    """Whether two values are the same, entry by entry where there are entries."""
    left, right = entries(a), entries(b)
    return len(left) == len(right) and all(map(same_value, left, right))


def same_value(a: Any, b: Any) -> bool:
    """Whether two numbers or formulas are the same."""
    difference = sympy.expand(a - b)
    if difference == 0:
        return True
    if difference.is_number and abs(difference.evalf(30)) > APART:
        return False
    return bool(sympy.radsimp(difference) == 0 or sympy.simplify(difference) == 0 or difference.equals(0))
