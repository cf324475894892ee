"""How numbers and formulas are written, and that the reader, which shares no code, gets the same numbers back."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.math import text
from factory.math.blank import blanked
from factory.math.capture import Formula
from factory.math.exact_functions import evaluator
from factory.math.residue import P
from factory.math.tex import read

TABLE = [
    (text.term, (3, "x"), "3x"), (text.term, (1, "x"), "x"), (text.term, (-1, "x"), "-x"),
    (text.term, (-2, "x"), "-2x"), (text.term, (0, "x"), "0"), (text.term, (1, ""), "1"), (text.term, (-1, ""), "-1"),
    (text.plus, (3, "x"), "+ 3x"), (text.plus, (-1, "x"), "- x"), (text.plus, (0, "x"), ""), (text.plus, (-5,), "- 5"),
    (text.linear, (3, "x", -1, "y", 5, ""), "3x - y + 5"), (text.linear, (0, "x", -1, "y"), "-y"),
    (text.linear, (1, "x", 0, ""), "x"), (text.linear, (0, "x", 0, ""), "0"),
    (text.linear, (-4, "", 1, "x"), "-4 + x"), (text.poly, ((1, -3, 2),), "x^2 - 3x + 2"),
    (text.poly, ((-1, 0, 1),), "-x^2 + 1"), (text.poly, ((0, 0),), "0"), (text.poly, ((1, 0), "t"), "t"),
    (text.poly, ((7,),), "7"), (text.poly, ((2, *[0] * 10),), "2x^{10}"), (text.power_text, (2,), "2"),
    (text.power_text, (10,), "{10}"), (text.power_text, (-3,), "{-3}"), (text.power_text, ("n",), "n"),
    (text.power_text, ("n + 1",), "{n + 1}"), (text.frac, (3, 4), r"\frac{3}{4}"),
    (text.frac, (-1, 2), r"-\frac{1}{2}"), (text.frac, (1, -2), r"-\frac{1}{2}"),
    (text.frac, (-6, -8), r"\frac{3}{4}"), (text.frac, (10, 5), "2"), (text.frac, (0, 5), "0"),
    (text.frac, (-9, 3), "-3"), (text.raw_frac, (6, 8), r"\frac{6}{8}"), (text.raw_frac, (-6, 8), r"-\frac{6}{8}"),
    (text.frac_term, (3, 4, "x"), r"\frac{3}{4}x"), (text.frac_term, (4, 4, "x"), "x"),
    (text.frac_term, (-4, 2, "x"), "-2x"), (text.plus_frac, (3, 4, "x"), r"+ \frac{3}{4}x"),
    (text.plus_frac, (-4, 2), "- 2"), (text.plus_frac, (0, 2, "x"), ""), (text.plus_frac, (1, -2), r"- \frac{1}{2}"),
    (text.plus_frac, (-3, -3, "x"), "+ x"),
    (text.linear_frac, (1, 3, "x^3", -1, 2, "x"), r"\frac{1}{3}x^3 - \frac{1}{2}x"),
    (text.linear_frac, (0, 3, "x"), "0"), (text.linear_frac, (0, 1, "x", 3, 6, ""), r"\frac{1}{2}"),
    (text.linear_frac, (2, 2, "x", -2, 2, ""), "x - 1"), (text.mixed, (7, 3), r"2\frac{1}{3}"),
    (text.mixed, (2, 3), r"\frac{2}{3}"), (text.mixed, (8, 2), "4"), (text.mixed, (-7, 3), r"-2\frac{1}{3}"),
    (text.mixed, (10, 4), r"2\frac{1}{2}"), (text.mixed, (0, 3), "0"), (text.paren, (-3,), "(-3)"),
    (text.paren, (3,), "3"), (text.paren, ("-x",), "(-x)"), (text.paren, ("x + 1",), "x + 1"),
    (text.paren_tex, ("x + 1",), "(x + 1)"), (text.paren_tex, ("x - 1",), "(x - 1)"), (text.paren_tex, (5,), "5"),
    (text.dec, (1250, 2), "12.5"), (text.dec, (5, 2), "0.05"), (text.dec, (-5, 1), "-0.5"), (text.dec, (300, 2), "3"),
    (text.dec, (0, 2), "0"), (text.dec, (7, 0), "7"), (text.dec, (70, 0), "70"), (text.dec, (100, 1), "10"),
    (text.surd, (3, 2), r"3\sqrt{2}"), (text.surd, (1, 5), r"\sqrt{5}"), (text.surd, (-1, 3), r"-\sqrt{3}"),
    (text.surd, (6, 1), "6"), (text.surd, (-6, 1), "-6"), (text.plus_surd, (-1, 5), r"- \sqrt{5}"),
    (text.plus_surd, (3, 2), r"+ 3\sqrt{2}"), (text.plus_surd, (4, 1), "+ 4"), (text.join, ((3, 5, 8),), "3, 5, 8"),
    (text.join, ((3, 5), "、"), "3、5"), (text.join, ((),), ""), (text.plural, (1, "apple", "apples"), "1 apple"),
    (text.plural, (3, "apple", "apples"), "3 apples"), (text.plural, (0, "apple", "apples"), "0 apples"),
    (text.matrix, (((1, 2), (3, 4)),), r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"),
]  # fmt: skip


@pytest.mark.parametrize(("write", "arguments", "written"), TABLE)
def test_formulas_are_written_as_people_write_them(write, arguments, written):
    assert write(*arguments) == written
    assert text.FUNCTIONS[write.__name__](*arguments) == written


def parsed(written):
    skeleton, numbers = blanked(written)
    (statement,) = read(skeleton)
    (tree,) = statement.sides
    return tree, numbers


def value(written):
    """What the reader takes a number to be."""
    tree, numbers = parsed(written)
    function, residue = evaluator(tree)
    assert not residue
    return Fraction(*function(numbers, ()))


def value_at(written, point):
    """What the reader takes a formula in x to be worth at a point."""
    tree, numbers = parsed(written)
    function, residue = Formula(tree).function(1, 0)
    assert not residue
    return Fraction(*function(numbers, (), point.numerator, point.denominator))


NUMBERS = st.integers(-10_000, 10_000)
SMALL = st.integers(-20, 20)
POINTS = st.fractions(min_value=-9, max_value=9, max_denominator=9)


@given(NUMBERS, NUMBERS.filter(bool))
def test_a_fraction_is_read_as_its_value(a, b):
    assert value(text.frac(a, b)) == Fraction(a, b)
    if b > 0:
        assert value(text.mixed(a, b)) == Fraction(a, b)
        assert value(text.raw_frac(a, b)) == Fraction(a, b)
    assert value(f"1 {text.plus_frac(a, b)}") == 1 + Fraction(a, b)


@given(st.integers(-(10**9), 10**9), st.integers(0, 8))
def test_a_decimal_is_read_as_its_value(n, places):
    written = text.dec(n, places)
    assert value(written) == Fraction(n, 10**places)
    assert "." not in written or written[-1] not in "0."


@settings(max_examples=60)
@given(st.lists(SMALL, min_size=1, max_size=6), POINTS)
def test_a_polynomial_is_read_as_its_value(coefficients, point):
    expected = Fraction(0)
    for coefficient in coefficients:
        expected = expected * point + coefficient
    assert value_at(text.poly(coefficients), point) == expected


@settings(max_examples=60)
@given(SMALL, SMALL, st.integers(1, 9), SMALL, st.integers(1, 9), POINTS)
def test_a_sum_of_terms_is_read_as_its_value(a, b, c, d, e, x):
    assert value_at(text.linear(a, "x^2", b, "x", d, ""), x) == a * x * x + b * x + d
    assert value_at(text.linear_frac(a, c, "x^2", b, e, "x", d, c, ""), x) == Fraction(a, c) * x * x + Fraction(
        b, e
    ) * x + Fraction(d, c)
    assert value_at(f"2{text.paren_tex(text.linear(a, 'x', b, ''))}" if a and b else "0", x) == (
        2 * (a * x + b) if a and b else 0
    )


@given(st.integers(-30, 30).filter(bool), st.integers(1, 40))
def test_a_root_is_read_as_its_value(outside, inside):
    tree, numbers = parsed(f"({text.surd(outside, inside)})^2 - {outside * outside * inside}")
    function, _ = evaluator(tree)
    assert function(numbers, ())[0] % P == 0
    tree, numbers = parsed(f"({text.surd(outside, inside)})^2 - {outside * outside * inside + 1}")
    assert evaluator(tree)[0](numbers, ())[0] % P != 0


@given(st.lists(st.lists(SMALL, min_size=2, max_size=3), min_size=2, max_size=3))
def test_a_matrix_is_read_entry_by_entry(rows):
    rows = [row[: min(map(len, rows))] for row in rows]
    tree, numbers = parsed(text.matrix(rows))
    function, _ = evaluator(tree)
    assert [[Fraction(*entry) for entry in row] for row in function(numbers, ())] == rows


@given(st.lists(SMALL, min_size=1, max_size=6))
def test_no_formula_is_written_in_a_form_that_the_reader_refuses(judged, coefficients):
    written = text.poly(coefficients)
    assert judged(f"{written} = {written}") == "holds" or written == "x"
    assert judged(f"f(x) = {written}") in {"nothing", "holds"}
