r"""Reads the mathematics of a rendered row back from its text: TeX as people write it, to a tree.

The reader works on *skeletons*: text in which each number is blanked, so that one parse serves every row that
differs only in its numbers. `blank` makes the skeleton. A tree is nested tuples, the first entry its kind:

    ('num', i, places)  the i-th number of the text, in units of 10^-places      ('const', 2)
    ('var', 'x')  ('add', a, b)  ('neg', a)  ('mul', a, b)  ('div', a, b)  ('pow', a, b)  ('root', n, a)
    ('call', 'sin', a)  ('apply', 'f', a, primes)  ('deg', a)  ('abs', a)  ('prime', a)  ('tuple', a, ...)
    ('set', a, ...)  ('pm', a, b)  ('rem', quotient, remainder)  ('ratio', a, ...)  ('matrix', (a, ...), ...)
    ('log', base, a)  ('comb', n, r)  ('perm', n, r)  ('fact', a)  ('based', a, b)
    ('int', f, x, low | None, high | None)  ('bracket', F, low, high)  ('sum', f, k, low, high)  ('lim', f, x, to)

What it leaves out: anything a family here does not write; the unknown is refused, never guessed.
"""

from typing import Any, NamedTuple

from factory.math.skeleton import DECIMAL, INTEGER, UnreadError, is_number
from factory.math.tex_tokens import REMAINDER, Tokens

Tree = tuple[Any, ...]

RELATIONS = {
    "=": "==", "<": "<", ">": ">", "\\lt": "<", "\\gt": ">", "\\le": "<=", "\\leq": "<=", "\\leqq": "<=", "\\ge": ">=",
    "\\geq": ">=", "\\geqq": ">=", "\\ne": "!=", "\\neq": "!=", "\\equiv": "mod",
}  # fmt: skip
MAX_DEPTH = 40


class Statement(NamedTuple):
    """A chain of relations: sides joined by `==`, `<`, `mod` ..."""

    sides: tuple[Tree, ...]
    relations: tuple[str, ...]
    modulus: Tree | None = None
    single: frozenset[int] = frozenset()
    """Numbers that stand without braces where TeX takes one token, as in `x^2`: they may have one digit only."""


class Reader(Tokens):
    """A recursive-descent parser over the tokens of one math segment."""

    # statements

    def statements(self) -> list[Statement]:
        """The whole segment as statements, split at its commas."""
        found = [self.statement()]
        while self.skip(",") or self.skip("、"):
            found.append(self.statement())
        if self.peek():
            raise UnreadError(f"{self.peek()!r} left over")
        single = frozenset(self.single)
        return [statement._replace(single=single) for statement in found]

    def statement(self) -> Statement:
        """One chain."""
        sides, relations, modulus = [self.side()], [], None
        while self.peek() in RELATIONS:
            relations.append(RELATIONS[self.take()])
            sides.append(self.side())
        if self.skip("\\pmod"):
            modulus = self.group()
        return Statement(tuple(sides), tuple(relations), modulus)

    def side(self) -> Tree:
        """An expression, a ratio, or a quotient with its remainder."""
        first = self.expression()
        if self.peek() == ":":
            parts = [first]
            while self.skip(":"):
                parts.append(self.expression())
            return ("ratio", *parts)
        if self.peek() in REMAINDER:
            self.take()
            return ("rem", first, self.expression())
        if self.remainder_ahead():
            self.command_text()
            return ("rem", first, self.expression())
        return first

    # expressions

    def expression(self) -> Tree:
        """A sum."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadError("nested too deeply")
        tree = self.signed()
        while self.peek() in {"+", "-", "\\pm", "−"}:
            sign = self.take()
            right = self.product()
            tree = ("pm", tree, right) if sign == "\\pm" else ("add", tree, right if sign == "+" else ("neg", right))
        self.depth -= 1
        return tree

    def signed(self) -> Tree:
        """A product with a sign in front, if any."""
        if self.peek() in {"-", "−"}:
            self.take()
            return ("neg", self.product())
        if self.skip("+"):
            return ("plus", self.product())
        if self.skip("\\pm"):
            return ("pm", ("const", 0), self.product())
        return self.product()

    def product(self) -> Tree:
        """Factors joined by explicit signs; factors side by side bind more tightly."""
        tree = self.run()
        while self.peek() in {"\\times", "\\cdot", "\\div", "/", "×", "÷", "*"}:
            divide = self.take() in {"\\div", "/", "÷"}
            right = self.run()
            tree = ("div" if divide else "mul", tree, right)
        return tree

    def run(self) -> Tree:
        r"""Factors side by side: `3x^2y`, `2(x+1)`, `1\frac{2}{3}`."""
        start = self.at
        tree = self.factor()
        mixed = tree[0] == "num"
        while self.starts_factor():
            before = self.tokens[self.at - 1]
            fraction = self.peek() in {"\\frac", "\\dfrac", "\\tfrac"}
            right = self.factor()
            if right[0] == "num" and before not in {")", "}", "]"}:
                raise UnreadError("a number right behind a factor")
            if mixed and fraction and right[0] == "div" and right[1][0] == right[2][0] == "num":
                tree = ("mixed", tree, right)
            else:
                tree = ("times", tree, right)
            mixed = False
        if self.at == start:
            raise UnreadError(f"{self.peek() or 'the end'!r} where a term was expected")
        return tree

    def starts_factor(self) -> bool:
        """True where the next token begins a factor."""
        token = self.peek()
        if not token or token in RELATIONS or token in REMAINDER or self.remainder_ahead():
            return False
        if token in {"(", "{", "□"} or is_number(token) or token.isalpha():
            return True
        return token.startswith("\\") and token not in {
            "\\times",
            "\\cdot",
            "\\div",
            "\\pm",
            "\\}",
            "\\pmod",
            "\\\\",
            "\\end",
            "\\to",
            "\\%",
        }

    def factor(self) -> Tree:
        """A base with what stands behind it: powers, factorials, primes, degrees, per cent."""
        tree = self.base()
        while True:
            token = self.peek()
            if (token == "^" and self.peek(1) in {"\\circ", "\\prime"}) or (
                token == "^" and self.tokens[self.at + 1 : self.at + 3] == ["{", "\\circ"]
            ):
                self.take()
                mark = self.raw_group()
                tree = ("deg", tree) if mark == "\\circ" else ("prime", tree)
            elif token == "^" and tree[0] == "pow":
                raise UnreadError("a second superscript")
            elif token == "^":
                self.take()
                tree = ("pow", tree, self.argument())
            elif token == "!":
                self.take()
                tree = ("fact", tree)
            elif token in {"\\%", "%", "％"}:
                self.take()
                tree = ("percent", tree)
            elif token == "'":
                self.take()
                tree = ("prime", tree)
            elif token == "_" and self.tokens[self.at : self.at + 3] == ["_", "{", "("]:
                self.take()
                tree = ("based", tree, self.argument())
            else:
                return tree

    def base(self) -> Tree:
        """A number, a name, a bracket or a command."""
        token = self.take()
        if is_number(token):
            self.next_number += 1
            return ("num", self.next_number - 1, max(0, ord(token) - DECIMAL))
        if token == "(":
            return self.parenthesis()
        if token == "[":
            return self.square()
        if token == "\\{":
            return self.listed("set", "\\}")
        if token in {"|", "\\vert", "\\lvert"}:
            inner = self.expression()
            self.take("|", "\\vert", "\\rvert")
            return ("abs", inner)
        if token == "{":
            if self.peek() == "}":  # {}_5 C_2
                self.take()
                return self.counted()
            inner = self.expression()
            self.take("}")
            return inner
        if token == "_":
            self.at -= 1
            return self.counted()
        if token == "□" or token.isalpha():
            return self.name(token)
        if token.startswith("\\"):
            return self.command(token)
        raise UnreadError(f"{token!r} is not read")

    def parenthesis(self) -> Tree:
        """`(a)` or the tuple `(a, b)`."""
        first = self.expression()
        if self.skip(")"):
            return ("paren", first)
        parts = [first]
        while self.skip(","):
            parts.append(self.expression())
        self.take(")")
        return ("tuple", *parts)

    def listed(self, kind: str, end: str) -> Tree:
        """`a, b, c` up to the closing bracket."""
        parts = [self.expression()]
        while self.skip(","):
            parts.append(self.expression())
        self.take(end)
        return (kind, *parts)

    def square(self) -> Tree:
        """`[F]_a^b`, or plain brackets."""
        inner = self.expression()
        self.take("]")
        if self.peek() in {"_", "^"}:
            low, high = self.bounds()
            return ("bracket", inner, low, high)
        return ("paren", inner)

    def bounds(self) -> tuple[Tree, Tree]:
        """`_a^b` in either order."""
        found: dict[str, Tree] = {}
        for _ in range(2):
            mark = self.take("_", "^")
            found[mark] = self.argument()
        return found["_"], found["^"]

    def counted(self) -> Tree:
        """`_5 C_2` or `_5 P_2`."""
        self.take("_")
        n = self.argument()
        letter = self.command_text() if self.peek() == "\\mathrm" else self.take("C", "P")
        self.take("_")
        return ("comb" if letter == "C" else "perm", n, self.argument())

    def group(self) -> Tree:
        """`{expression}`."""
        self.take("{")
        inner = self.expression()
        self.take("}")
        return inner

    def argument(self) -> Tree:
        """A group or a single token."""
        if self.peek() == "{":
            return self.group()
        tree = self.base()
        if tree[0] == "num":
            self.single.add(tree[1])
        return tree

    def name(self, token: str) -> Tree:
        """A letter with its subscript, or a function applied: `x`, `a_n`, `f(2)`, `f'(x)`."""
        name = token
        if self.peek() == "_" and self.tokens[self.at : self.at + 3] != ["_", "{", "("]:
            self.take()
            start = self.at
            index = self.argument()
            name += "_" + "".join(self.tokens[start : self.at]).strip("{}").replace(INTEGER, "#")
            if any(is_number(t) for t in self.tokens[start : self.at]):
                return ("indexed", name, index)
        primes = 0
        while name in {"f", "g", "h", "F", "G", "y"} and self.peek() == "'":
            primes += 1
            self.take()
        if name in {"f", "g", "h", "F", "G", "P", "E", "V", "N"} and self.peek() == "(":
            self.take()
            inner = self.expression()
            self.take(")")
            return ("apply", name + "'" * primes, inner)
        return ("var", name + "'" * primes)

    def command(self, token: str) -> Tree:
        """What begins with a backslash."""
        from factory.math.tex_commands import command

        return command(self, token)


def read(skeleton: str, first: int = 0) -> list[Statement]:
    """The statements of a math segment's skeleton.

    Raises:
        UnreadError: where the text is outside the reader's language, `+ -3` and `3 4` for instance.
    """
    return Reader(skeleton, first).statements()
