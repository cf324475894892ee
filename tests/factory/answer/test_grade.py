"""Laws of grading: the gold answer is accepted, a changed one refused, garbage is neither."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.answer.grade import Rules, equal, grade

integers = st.integers(-(10**12), 10**12)
small = st.integers(-99, 99)
fractions = st.fractions(max_denominator=997).filter(lambda q: abs(q) < 10**9)


def tex(q: Fraction) -> str:
    sign = "-" if q < 0 else ""
    return f"{sign}\\frac{{{abs(q.numerator)}}}{{{q.denominator}}}"


@settings(max_examples=200, deadline=None)
@given(fractions, fractions)
def test_fractions_agree_exactly_when_their_values_do(p: Fraction, q: Fraction) -> None:
    for a in (str(p), tex(p)):
        assert equal(a, tex(p)) is True
        assert equal(a, f"{3 * p.numerator}/{3 * p.denominator}") is True
        assert equal(a, tex(q)) is (p == q)


@settings(max_examples=200, deadline=None)
@given(
    integers, st.sampled_from(["{}", "{:,}", "{}.0", "${}$", "**{}**", "{} 個", "x = {}", "答えは{}", "\\text{{{}}}"])
)
def test_integers_are_read_however_they_are_dressed(n: int, dress: str) -> None:
    if dress != "答えは{}":
        assert equal(str(n), dress.format(n)) is True
        assert equal(str(n), dress.format(n + 1)) is False
    assert grade(str(n), f"計算すると、答えは {n} です。").passed is True
    assert grade(str(n), f"The answer is {n + 1}.").passed is False


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**15), st.sampled_from(["{}", "{:,}"]))
def test_full_width_digits_are_digits(n: int, dress: str) -> None:
    wide = dress.format(n).translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789,"})
    assert equal(str(n), wide) is True


@settings(max_examples=100, deadline=None)
@given(small, small, small, small)
def test_a_product_equals_its_expansion_and_nothing_near_it(a: int, b: int, c: int, d: int) -> None:
    product = f"({a}x{b:+})({c}x{d:+})"
    expanded = f"{a * c}x^2{a * d + b * c:+}x{b * d:+}"
    assert equal(product, expanded) is True
    assert equal(product, f"{a * c}x^2{a * d + b * c:+}x{b * d + 1:+}") is False


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 50), st.integers(1, 300), st.integers(-50, 50))
def test_roots_are_compared_exactly(k: int, n: int, shift: int) -> None:
    assert equal(f"{shift} + {k}\\sqrt{{{n}}}", f"\\sqrt{{{k * k * n}}}{shift:+}") is True
    assert equal(f"{k}\\sqrt{{{n}}}", f"{k}\\sqrt{{{n + 1}}}") is False


@settings(max_examples=100, deadline=None)
@given(st.lists(small, min_size=2, max_size=5, unique=True), st.randoms(use_true_random=False))
def test_solutions_agree_in_any_order_and_tuples_in_theirs(values: list[int], random: object) -> None:
    shuffled = sorted(values)
    assert equal("x = " + ", ".join(map(str, values)), " または ".join(f"x={v}" for v in shuffled)) is True
    assert equal(f"({', '.join(map(str, values))})", f"({', '.join(map(str, shuffled))})") is (values == shuffled)
    assert equal(", ".join(map(str, values)), ", ".join(map(str, [*values[1:], 100]))) is False


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=220), st.sampled_from(["5", "x^2-x-6", "[0, 2)", "x = 2, 3", "3:4", "水曜日", "1.5 km"]))
def test_any_text_gets_an_answer_without_an_error(text: str, gold: str) -> None:
    assert equal(gold, text) in (True, False, None)
    assert equal(text, gold) in (True, False, None)
    assert grade(gold, text).passed in (True, False, None)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789x+-*/^(){}[]\\,.=<>|!√π frac sqrt±%°分の万と", max_size=60))
def test_near_mathematics_gets_an_answer_without_an_error(text: str) -> None:
    for form in (None, "reduced", "expanded", "factored"):
        assert equal("x^2+1", text, Rules(form=form)) in (True, False, None)


@pytest.mark.parametrize(
    ("gold", "text", "passed", "reason"),
    [
        ("5", "The answer is 5.", True, ""),
        ("5", "The answer is 6.", False, "wrong"),
        ("5", "I went home.", None, "no_answer"),
        ("5", "The answer is unknown to mankind.", None, "unreadable"),
        ("", "The answer is 5.", None, "no_gold"),
        ("5", "\\boxed{" + "1+" * 150 + "1}", None, "too_long"),
        ("2, 3", r"So $x=\boxed{2}$ or $x=\boxed{3}$.", True, ""),
        ("3", r"So $x=\boxed{2}$ and then $x=\boxed{3}$.", True, ""),
        ("2, 3", r"So $x=\boxed{2}$.", False, "wrong"),
    ],
)
def test_each_outcome_has_its_reason(gold: str, text: str, passed: bool | None, reason: str) -> None:
    assert grade(gold, text)[:2] == (passed, reason)
