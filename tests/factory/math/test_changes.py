"""Small changes to a text: a number or a sign that is another."""

from random import Random

import pytest

from factory.math.changes import CHANGES, changed_equation, equations, other_number, with_other_sign


@pytest.mark.parametrize("text", ["7", "0", "12.50", "1000"])
def test_another_number_is_near_and_written_alike(text):
    for seed in range(20):
        other = other_number(text, Random(seed))
        assert other != text
        assert len(other.partition(".")[2]) == len(text.partition(".")[2])
        assert abs(float(other) - float(text)) <= 10


def test_a_sign_is_the_other_one():
    assert with_other_sign("3 + 4 = 7", Random(0)) == "3 - 4 = 7"
    assert with_other_sign("x = -5", Random(0)) == "x = 5"
    assert with_other_sign("3 \\times 4", Random(0)) is None


def test_equations_are_the_formulas_with_a_relation():
    text = "If $x$ is 3, $2x = 6$ and $x < 4$."
    assert [text[a:b] for a, b in equations(text)] == ["2x = 6", "x < 4"]


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_counts_only_where_it_makes_the_equation_false(kind):
    assert changed_equation("$1 + 1 = 2$", kind, Random(1), lambda text: False) is None
    changed = changed_equation("$1 + 1 = 2$", kind, Random(1), lambda text: True)
    assert changed not in (None, "$1 + 1 = 2$")
    assert changed_equation("no formula", kind, Random(1), lambda text: True) is None
