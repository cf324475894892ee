"""Derivatives and antiderivatives of the reader's trees."""

from typing import cast

from factory.math.skeleton import UnreadError
from factory.math.tex import Tree

ZERO: Tree = ("const", 0)
ONE: Tree = ("const", 1)
LARGEST = 2_000
"""Nodes of a derivative that is derived again."""


def depends(tree: object, variable: str) -> bool:
    """True where the variable occurs."""
    if not isinstance(tree, tuple):
        return False
    return tree == ("var", variable) or any(depends(part, variable) for part in tree[1:])


def derivative(tree: Tree, x: str) -> Tree:
    """d/dx of a tree by the usual rules.

    Raises:
        UnreadError: for kinds without a rule here.
    """
    if not depends(tree, x):
        return ZERO
    kind, *parts = tree
    if kind == "var":
        return ONE
    if kind in {"paren", "plus"}:
        return derivative(parts[0], x)
    if kind == "neg":
        return ("neg", derivative(parts[0], x))
    if kind == "add":
        a, b = parts
        if not depends(a, x) or not depends(b, x):
            return derivative(a, x) if depends(a, x) else derivative(b, x)
        return ("add", derivative(a, x), derivative(b, x))
    if kind in {"mul", "times"}:
        a, b = parts
        if not depends(a, x) or not depends(b, x):
            return ("mul", a, derivative(b, x)) if depends(b, x) else ("mul", derivative(a, x), b)
        return ("add", ("mul", derivative(a, x), b), ("mul", a, derivative(b, x)))
    if kind == "div":
        a, b = parts
        top = ("add", ("mul", derivative(a, x), b), ("neg", ("mul", a, derivative(b, x))))
        return ("div", top, ("mul", b, b)) if depends(b, x) else ("div", derivative(a, x), b)
    if kind == "prime":
        return derivative(slope(parts[0], x), x)
    return chain(tree, x)


def slope(tree: Tree, x: str) -> Tree:
    """The derivative, of moderate size: each of several primes in a row makes a formula some four times as large.

    Raises:
        UnreadError: where it would be too large.
    """
    found = derivative(tree, x)
    if size(found) > LARGEST:
        raise UnreadError("a derivative this involved")
    return found


def size(tree: object) -> int:
    """How many nodes a tree has."""
    return 1 + sum(map(size, tree)) if isinstance(tree, tuple) else 0


def chain(tree: Tree, x: str) -> Tree:
    """d/dx of a function of something."""
    kind, *parts = tree
    if kind == "pow":
        base, exponent = parts
        if not depends(exponent, x):
            lower = ("pow", base, ("add", exponent, ("const", -1)))
            outer: Tree = ("mul", exponent, lower)
            return outer if base == ("var", x) else ("mul", outer, derivative(base, x))
        if base == ("var", "e"):
            return ("mul", tree, derivative(exponent, x))
        return ("mul", ("mul", tree, ("call", "ln", base)), derivative(exponent, x))
    if kind == "call" and parts[0] in {"sin", "cos", "ln"}:
        inner = parts[1]
        outer = {
            "sin": ("call", "cos", inner), "cos": ("neg", ("call", "sin", inner)), "ln": ("div", ONE, inner),
        }[parts[0]]  # fmt: skip
        return ("mul", outer, derivative(inner, x))
    if kind == "log" and parts[0] is None:
        return ("mul", ("div", ONE, parts[1]), derivative(parts[1], x))
    if kind == "int" and parts[1:] == [("var", x), None, None]:
        return cast(Tree, parts[0])
    raise UnreadError(f"no derivative rule for {kind}")


def antiderivative(tree: Tree, x: str) -> Tree:
    """An antiderivative of a sum of powers of x with constant factors.

    Raises:
        UnreadError: for anything else.
    """
    variable: Tree = ("var", x)
    if not depends(tree, x):
        return ("mul", tree, variable)
    kind, *parts = tree
    if kind == "var":
        return ("div", ("mul", variable, variable), ("const", 2))
    if kind in {"paren", "plus"}:
        return antiderivative(parts[0], x)
    if kind == "neg":
        return ("neg", antiderivative(parts[0], x))
    if kind == "add":
        return ("add", antiderivative(parts[0], x), antiderivative(parts[1], x))
    if kind in {"mul", "times"} and not depends(parts[0], x):
        return ("mul", parts[0], antiderivative(parts[1], x))
    if kind in {"mul", "times"} and not depends(parts[1], x):
        return ("mul", antiderivative(parts[0], x), parts[1])
    if kind == "div" and not depends(parts[1], x):
        return ("div", antiderivative(parts[0], x), parts[1])
    if kind == "pow" and parts[0] == variable and not depends(parts[1], x):
        higher = ("add", parts[1], ONE)
        return ("div", ("pow", variable, higher), higher)
    if kind in {"mul", "times"}:
        return antiderivative(expanded(parts[0], parts[1]), x)
    raise UnreadError(f"no antiderivative rule for {kind}")


def expanded(a: Tree, b: Tree) -> Tree:
    """The product a * b multiplied out where one side is a sum.

    Raises:
        UnreadError: where neither is.
    """
    while a[0] in {"paren", "plus"}:
        a = a[1]
    while b[0] in {"paren", "plus"}:
        b = b[1]
    if a[0] == "add":
        return ("add", ("mul", a[1], b), ("mul", a[2], b))
    if b[0] == "add":
        return ("add", ("mul", a, b[1]), ("mul", a, b[2]))
    if a[0] == "neg":
        return ("neg", ("mul", a[1], b))
    if b[0] == "neg":
        return ("neg", ("mul", a, b[1]))
    if a[0] == "mul":
        return ("mul", a[1], ("mul", a[2], b))
    powers = [power_of(t) for t in (a, b)]
    if powers[0] and powers[1] and powers[0][0] == powers[1][0]:
        return ("pow", powers[0][0], ("add", powers[0][1], powers[1][1]))
    raise UnreadError("a product that is not multiplied out")


def power_of(tree: Tree) -> tuple[Tree, Tree] | None:
    """(variable, exponent) of `x` or `x^k`."""
    if tree[0] == "var":
        return tree, ONE
    if tree[0] == "pow" and tree[1][0] == "var":
        return tree[1], tree[2]
    return None
