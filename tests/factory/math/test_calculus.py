"""Derivatives and antiderivatives of the reader's trees."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.math import text
from factory.math.blank import blanked
from factory.math.calculus import antiderivative, depends, derivative
from factory.math.capture import Formula
from factory.math.skeleton import UnreadError
from factory.math.tex import read

COEFFICIENTS = st.lists(st.integers(-9, 9), min_size=1, max_size=5)
POINTS = st.fractions(min_value=-5, max_value=5, max_denominator=5)


def parsed(formula):
    skeleton, numbers = blanked(formula)
    return read(skeleton)[0].sides[0], numbers


def value(tree, numbers, x):
    function, _ = Formula(tree).function(1, 0)
    return Fraction(*function(numbers, (), x.numerator, x.denominator))


def horner(coefficients, x):
    total = Fraction(0)
    for coefficient in coefficients:
        total = total * x + coefficient
    return total


@settings(max_examples=60)
@given(COEFFICIENTS, POINTS)
def test_the_derivative_of_a_polynomial_is_that_of_its_coefficients(coefficients, x):
    tree, numbers = parsed(text.poly(coefficients))
    top = len(coefficients) - 1
    derived = [c * (top - i) for i, c in enumerate(coefficients[:-1])]
    assert value(derivative(tree, "x"), numbers, x) == horner(derived, x)


@settings(max_examples=60)
@given(COEFFICIENTS, POINTS)
def test_the_derivative_of_an_antiderivative_is_the_polynomial(coefficients, x):
    tree, numbers = parsed(text.poly(coefficients))
    assert value(derivative(antiderivative(tree, "x"), "x"), numbers, x) == horner(coefficients, x)


@settings(max_examples=30)
@given(COEFFICIENTS, COEFFICIENTS, POINTS)
def test_products_and_quotients_derive_by_their_rules(a, b, x):
    (f, n), (g, m) = parsed(text.poly(a)), parsed(text.poly(b))
    left, right = value(f, n, x), value(g, m, x)
    slopes = value(derivative(f, "x"), n, x), value(derivative(g, "x"), m, x)
    product, numbers = parsed(f"({text.poly(a)})({text.poly(b)})")
    assert value(derivative(product, "x"), numbers, x) == slopes[0] * right + left * slopes[1]
    if right:
        quotient, numbers = parsed(rf"\frac{{{text.poly(a)}}}{{{text.poly(b)}}}")
        expected = (slopes[0] * right - left * slopes[1]) / right**2
        assert value(derivative(quotient, "x"), numbers, x) == expected


@pytest.mark.parametrize("formula", [r"\tan x", r"\sqrt{x}", r"|x|", "x!", r"\int_0^x t dt"])
def test_what_has_no_rule_is_not_derived(formula):
    tree, _ = parsed(formula)
    with pytest.raises(UnreadError):
        derivative(tree, "x")


@pytest.mark.parametrize("formula", [r"\sin x", r"\frac{1}{x}", r"\log x", r"2^x", r"(x + 1)^3"])
def test_what_has_no_rule_is_not_integrated(formula):
    tree, _ = parsed(formula)
    with pytest.raises(UnreadError):
        antiderivative(tree, "x")


def test_a_letter_occurs_where_it_stands():
    tree, _ = parsed("2a(x + 1)")
    assert depends(tree, "x")
    assert depends(tree, "a")
    assert not depends(tree, "b")
    assert not depends(parsed("f(t)")[0], "f")


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        (r"\frac{d}{dx} x^2 = 2x", "fails"), (r"(\sin 2x)' = 2\cos 2x", "holds"), (r"(\sin 2x)' = \cos 2x", "fails"),
        (r"((2x + 1)^3)' = 6(2x + 1)^2", "holds"), (r"((2x + 1)^3)' = 3(2x + 1)^2", "fails"),
        (r"(x \sin x)' = \sin x + x \cos x", "holds"), (r"(x \sin x)' = \cos x", "fails"),
        (r"\int_1^2 (x - 1)(x - 2) dx = -\frac{1}{6}", "holds"), (r"\int_1^2 (x - 1)(x - 2) dx = \frac{1}{6}", "fails"),
        (r"\int_0^1 dx = 1", "unread"), (r"\int_0^3 2 dx = 6", "holds"), (r"\int_2^0 2x dx = -4", "holds"),
        (r"\int (2x + 3) dx = x^2 + 3x + C", "holds"), (r"\int (2x + 3) dx = x^2 + C", "fails"),
        (r"\left[ \frac{x^2}{2} + x \right]_0^2 = 4", "holds"), (r"\left[ \frac{x^2}{2} + x \right]_0^2 = 5", "fails"),
    ],
)  # fmt: skip
def test_calculus_is_followed(judged, segment, said):
    assert judged(segment) == said
