"""Relations between a question's and an answer's captures."""

from fractions import Fraction

import pytest

from factory.errors import RecipeError
from factory.math.blank import blanked
from factory.math.capture import Pattern
from factory.math.numbers import Residue, over
from factory.math.relation import compile_letters, compile_relation


def formula(written):
    skeleton, numbers = blanked(f"${written}$")
    plan = Pattern("$<<f:expr>>$", {}, "here").plan(skeleton, ["f"])
    return plan.take(numbers)[0]


def holds(relation, **captures):
    kinds = {name: "expr" if isinstance(value, str) else "number" for name, value in captures.items()}
    values = [formula(value) if isinstance(value, str) else value for value in captures.values()]
    return bool(compile_relation([relation], kinds, "here")(*values))


@pytest.mark.parametrize(
    "relation",
    [
        "a + 1 == 4", "1 / a == over(1, 3)", "1 / 3 + 1 / 6 == 1 / 2", "6 / 3 == 2", "at(f, a) == 9",
        "f == at(g, 5) - at(g, 5) + f",
        "diff(f) == 2 * g", "diff_at(f, a) == 6", "diff(f, 2) == 2", "floor(7 / 2) == 3",
        "ceil(7 / 2) == 4", "floor(-7 / 2) == -4",
        "half_up(5 / 2) == 3", "half_up(125, 10) == 130", "half_up(124, 10) == 120", "half_up(1 / 3, 1 / 10) == 3 / 10",
        "sqrt(8) == 2 * sqrt(2)", "sqrt(2) * sqrt(3) == sqrt(6)", "sin(30) == 1 / 2", "product((2, 3, 4)) == 24",
        "product(()) == 1", "sorted((3, 1)) == [1, 3] or True", "all(x > 0 for x in (1, a))", "0 < a < 4",
        "len(set((1, 1, a))) == 2",
    ],
)  # fmt: skip
def test_a_true_relation_holds(relation):
    assert holds(relation, a=3, f="x^2", g="x")


@pytest.mark.parametrize(
    "relation",
    ["a == 4", "1 / a == 0", "at(f, a) == 8", "f == g", "diff(f) == g", "diff_at(f, a) == 9", "half_up(5 / 2) == 2",
     "sqrt(8) == 3", "sqrt(4) == -2", "sin(30) == 1", "0 < a < 3", "1 / 3 == over(33, 100)"],
)  # fmt: skip
def test_a_false_relation_does_not(relation):
    assert not holds(relation, a=3, f="x^2", g="x")


def test_every_relation_must_hold():
    both = compile_relation(["a > 1", "a < 3"], {"a": "number"}, "here")
    assert [bool(both(a)) for a in (1, 2, 3)] == [False, True, False]


@pytest.mark.parametrize(
    "relation",
    ["a.real == 1", "(lambda: 1)()", "__import__('os')", "eval('1')", "_a == 1", "b == 1", "f'{a}'", "a := 1", "{a}",
     "a =",
     "at.__globals__", "[a][0](1)", "open('x')", "max(a, key=abs)", "max(*a)", "a if", "getattr(a, 'real')", "a is 1"],
)  # fmt: skip
def test_what_is_no_plain_relation_is_refused_with_its_place(relation):
    with pytest.raises(RecipeError, match=r"^here: \S"):
        compile_relation([relation], {"a": "number"}, "here")


def test_letters_are_worked_out_from_the_captures():
    letters = compile_letters(
        {"V": "a * b / 2", "y": "diff_at(f, a)"}, {"a": "number", "b": "number", "f": "expr"}, "here"
    )
    assert letters(3, 5, formula("x^3")) == (Fraction(15, 2), 27)


@pytest.mark.parametrize(
    ("a", "b", "quotient"), [(6, 3, 2), (7, 2, Fraction(7, 2)), (Fraction(1, 2), Fraction(1, 4), 2)]
)
def test_division_is_exact(a, b, quotient):
    assert over(a, b) == quotient
    assert isinstance(over(6, 3), int)
    with pytest.raises(ZeroDivisionError):
        over(a, 0)


def test_residues_are_a_field():
    a, b = Residue(7), Residue(10**200)
    assert over(a, b) * b == a
    assert a - b + b == a
    assert -a + a == 0
    assert 2 * a == 14
    assert a**3 == 343
    assert over(1, Residue(2)) == Fraction(1, 2)
    assert a != 8
    assert len({Residue(7), a}) == 1
