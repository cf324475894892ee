r"""What begins with a backslash: `\frac`, `\sqrt`, `\sin`, `\int`, `\sum`, `\lim`, matrices, Greek letters."""

from factory.math.skeleton import UnreadError
from factory.math.tex import Reader, Tree

FUNCTIONS = {"\\sin": "sin", "\\cos": "cos", "\\tan": "tan", "\\ln": "ln", "\\exp": "exp"}
GREEK = {
    "\\alpha", "\\beta", "\\gamma", "\\theta", "\\lambda", "\\omega", "\\phi", "\\varphi",
    "\\mu", "\\sigma", "\\Delta", "\\ell",
}  # fmt: skip


def command(reader: Reader, token: str) -> Tree:
    """What begins with a backslash."""
    if token in {"\\frac", "\\dfrac", "\\tfrac"}:
        top = reader.argument()
        return ("div", top, reader.argument())
    if token == "\\sqrt":
        degree: Tree = ("const", 2)
        if reader.skip("["):
            degree = reader.expression()
            reader.take("]")
        return ("root", degree, reader.argument())
    if token == "\\pi":
        return ("pi",)
    if token == "\\infty":
        return ("infinity",)
    if token in FUNCTIONS:
        return function(reader, FUNCTIONS[token])
    if token == "\\log":
        base: Tree | None = None
        if reader.skip("_"):
            base = reader.argument()
        return ("log", base, run_argument(reader))
    if token == "\\int":
        return integral(reader)
    if token == "\\sum":
        return summation(reader)
    if token == "\\lim":
        return limit(reader)
    if token in {"\\binom", "\\dbinom"}:
        n = reader.argument()
        return ("comb", n, reader.argument())
    if token == "\\begin":
        return matrix(reader)
    if token in {
        "\\vec",
        "\\overrightarrow",
        "\\bar",
        "\\overline",
        "\\mathrm",
        "\\text",
        "\\angle",
        "\\triangle",
        "\\mathbf",
    }:
        return ("var", token + reader.raw_group() if token not in {"\\mathrm", "\\text"} else reader.raw_group())
    if token in GREEK:
        return ("var", token)
    raise UnreadError(f"{token} is not read")


def function(reader: Reader, name: str) -> Tree:
    r"""`\sin x`, `\sin^2 x`, `\sin(2x + 1)`."""
    power: Tree | None = None
    if reader.peek() == "^":
        reader.take()
        power = reader.argument()
    call = ("call", name, run_argument(reader))
    return ("pow", call, power) if power else call


def run_argument(reader: Reader) -> Tree:
    """What a function is applied to: a bracket, or the factors behind it up to the next function."""
    if reader.peek() in {"(", "{", "|"}:
        return reader.factor()
    tree = reader.factor()
    while reader.starts_factor() and reader.peek() not in FUNCTIONS and reader.peek() not in {"\\log", "(", "{"}:
        tree = ("times", tree, reader.factor())
    return tree


def integral(reader: Reader) -> Tree:
    r"""`\int_a^b f dx` or `\int f dx`."""
    low = high = None
    if reader.peek() in {"_", "^"}:
        low, high = reader.bounds()
    cut = next(
        (
            i
            for i in range(reader.at, len(reader.tokens) - 1)
            if reader.tokens[i] == "d" and reader.tokens[i + 1].isalpha()
        ),
        None,
    )
    if cut is None:
        raise UnreadError("an integral without its dx")
    inner = within(reader, cut)
    reader.take("d")
    return ("int", inner, ("var", reader.take()), low, high)


def within(reader: Reader, end: int) -> Tree:
    """The expression that fills the tokens up to `end`."""
    kept, reader.tokens = reader.tokens, reader.tokens[:end]
    tree = reader.expression()
    if reader.at != end:
        raise UnreadError(f"{reader.peek()!r} left over")
    reader.tokens = kept
    return tree


def summation(reader: Reader) -> Tree:
    r"""`\sum_{k=1}^{n} f`."""
    reader.take("_")
    reader.take("{")
    index = ("var", reader.take())
    reader.take("=")
    low = reader.expression()
    reader.take("}")
    reader.take("^")
    high = reader.argument()
    return ("sum", reader.product(), index, low, high)


def limit(reader: Reader) -> Tree:
    r"""`\lim_{x \to a} f`."""
    reader.take("_")
    reader.take("{")
    variable = ("var", reader.take())
    reader.take("\\to")
    to = reader.expression()
    reader.take("}")
    return ("lim", reader.product(), variable, to)


def matrix(reader: Reader) -> Tree:
    r"""`\begin{pmatrix} .. \end{pmatrix}`; vertical bars make a determinant."""
    kind = reader.raw_group()
    rows, row = [], [reader.expression()]
    while not reader.skip("\\end"):
        if reader.take("&", "\\\\") == "&":
            row.append(reader.expression())
        else:
            rows.append(tuple(row))
            row = [reader.expression()]
    if reader.raw_group() != kind or kind not in {"pmatrix", "vmatrix", "bmatrix"}:
        raise UnreadError(f"a matrix of kind {kind!r}")
    return ("det" if kind == "vmatrix" else "matrix", *rows, tuple(row))
