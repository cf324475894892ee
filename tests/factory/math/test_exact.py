"""Exact arithmetic: hostile formulas end at once, true identities hold for all numbers, wrong ones for none."""

import time
from fractions import Fraction
from math import comb, factorial, perm

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

LIMIT_S = 5.0
"""Far above what any of these takes, far below what the naive way would."""

HOSTILE = {
    "a tower": r"9^{9^9} = 1",
    "a higher tower": r"9^{9^{9^9}} = 1",
    "a power of powers": r"((2^{2000})^{2000})^{2000} = 1",
    "a power of computed powers": r"((9^{8 \times 8})^{8 \times 8})^{8 \times 8} = 1",
    "powers without braces": "2" + "^9" * 300 + " = 1",
    "a large exponent": "2^{99999999} = 1",
    "a power of a letter's power": "(x^{2000})^{2000} = 1",
    "a factorial": "1000000000! = 1",
    "factorials of factorials": "9" + "!" * 50 + " = 1",
    "many factorials": "100!" + " \\times 100!" * 100 + " = 1",
    "combinations": r"{}_{1000000000} C_{500000000} = 1",
    "a long sum": r"\sum_{k=1}^{1000000000} k = 1",
    "a sum up to a letter": r"\sum_{k=1}^{n} k = 1",
    "sums within sums": r"\sum_{i=1}^{2000} \sum_{j=1}^{2000} \sum_{k=1}^{2000} ijk = 1",
    "braces": "{" * 5_000 + "1" + "}" * 5_000 + " = 1",
    "brackets": "(" * 5_000 + "1" + ")" * 5_000 + " = 1",
    "open braces": "{" * 5_000,
    "roots": r"\sqrt" * 3_000 + "2 = 1",
    "fractions": r"\frac{1}{" * 3_000 + "2" + "}" * 3_000 + " = 1",
    "signs": "-" * 5_000 + "1 = 1",
    "a sum too long to compile": "1" + " + 1" * 400 + " = 1",
    "a much longer sum": "1" + " + 1" * 20_000 + " = 1",
    "a long product": "2" + r" \times 2" * 5_000 + " = 1",
    "letters": "x" * 5_000 + " = 1",
    "digits": "9" * 9_000 + " = 1",
    "a root of many digits": r"\sqrt{" + "9" * 601 + "} = 1",
    "a logarithm of many digits": r"\log " + "7" * 600 + " = 1",
    "an odd root": r"\sqrt[1000]{5} = 1",
    "a determinant": r"\begin{vmatrix} " + r" \\ ".join([" & ".join("123456789")] * 9) + r" \end{vmatrix} = 1",
    "derivatives of derivatives": "(((x + 1)(x + 2)(x + 3))^{9})" + "'" * 12 + " = 1",
    "bracketed derivatives": "(" * 12 + "x^9(x + 2)^9" + ")'" * 12 + " = 1",
    "an integral of a product": r"\int_0^1 (" + "(x + 1)" * 20 + ") dx = 1",
    "many statements": "1 = 2, " * 3_000 + "1 = 1",
    "a long chain": "1" + " = 2" * 3_000,
    "signs in every place": r"\pm 1" * 30 + " = 1",
}


@pytest.mark.parametrize("segment", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_formula_is_refused_at_once(judged, segment):
    start = time.monotonic()
    assert judged(segment) in {"unread", "fails"}
    assert time.monotonic() - start < LIMIT_S


INTEGERS = st.integers(-999, 999)
NATURAL = st.integers(0, 12)
OFF = st.integers(-9, 9).filter(bool)


def written(n):
    """A number as it stands behind a sign."""
    return f"({n})" if n < 0 else str(n)


@given(INTEGERS, INTEGERS, OFF)
def test_sums_and_products_hold_and_nothing_near_them(judged, a, b, off):
    for sign, result in (("+", a + b), ("-", a - b), (r"\times", a * b)):
        assert judged(f"{a} {sign} {written(b)} = {result}") == "holds"
        assert judged(f"{a} {sign} {written(b)} = {result + off}") == "fails"


@given(st.integers(0, 999), st.integers(1, 99), st.integers(1, 9))
def test_division_holds_with_one_remainder_only(judged, a, b, off):
    q, r = divmod(a, b)
    assert judged(rf"{a} \div {b} = {q} \cdots {r}") == "holds"
    assert judged(rf"{a} \div {b} = {q} \cdots {r + off}") == "fails"
    assert judged(rf"{a} \div {b} = {q + off} \cdots {r}") == "fails"
    if q:
        assert judged(rf"{a} \div {b} = {q - 1} \cdots {r + b}") == "fails"
    exact = Fraction(a, b)
    assert judged(rf"{a} \div {b} = \frac{{{exact.numerator}}}{{{exact.denominator}}}") == "holds"


@settings(max_examples=50)
@given(INTEGERS, INTEGERS, st.integers(1, 99))
def test_congruence_is_equality_of_remainders(judged, a, b, m):
    assert judged(rf"{a} \equiv {b} \pmod{{{m}}}") == ("holds" if (a - b) % m == 0 else "fails")


@settings(max_examples=50)
@given(INTEGERS, INTEGERS)
def test_order_is_that_of_the_numbers(judged, a, b):
    for sign, true in (
        ("<", a < b),
        (">", a > b),
        (r"\leqq", a <= b),
        (r"\geq", a >= b),
        (r"\ne", a != b),
        ("=", a == b),
    ):
        assert judged(f"{a} {sign} {b}") == ("holds" if true else "fails")


@settings(max_examples=50)
@given(st.integers(0, 30), st.integers(0, 30), OFF)
def test_counts_are_those_of_the_textbook(judged, n, r, off):
    for left, right in (
        (rf"\binom{{{n}}}{{{r}}}", comb(n, r)),
        (rf"{{}}_{{{n}}} C_{{{r}}}", comb(n, r)),
        (rf"{{}}_{{{n}}} P_{{{r}}}", perm(n, r)),
        (f"{n}!", factorial(n)),
    ):
        assert judged(f"{left} = {right}") == "holds"
        assert judged(f"{left} = {right + off}") == "fails"


@settings(max_examples=50)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 5))
def test_roots_multiply_and_simplify(judged, a, b, off):
    assert judged(rf"\sqrt{{{a}}} \times \sqrt{{{b}}} = \sqrt{{{a * b}}}") == "holds"
    assert judged(rf"\sqrt{{{a}}} \times \sqrt{{{b}}} = \sqrt{{{a * b + off}}}") == "fails"
    assert judged(rf"\sqrt{{{a * a * b}}} = {a if a > 1 else ''}\sqrt{{{b}}}") == "holds"
    assert judged(rf"\sqrt{{{a * a}}} = {-a}") == "fails"
    assert judged(rf"\sqrt{{{a}}} < \sqrt{{{a + off}}}") == "holds"


@settings(max_examples=50)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(2, 9), st.integers(1, 6))
def test_logarithms_add(judged, a, b, base, k):
    assert judged(rf"\log_{{{base}}} {a} + \log_{{{base}}} {b} = \log_{{{base}}} {a * b}") == "holds"
    assert judged(rf"\log_{{{base}}} {a} + \log_{{{base}}} {b} = \log_{{{base}}} {a * b + k}") == "fails"
    assert judged(rf"\log_{{{base}}} {base**k} = {k}") == "holds"


@settings(max_examples=50)
@given(st.integers(-720, 720).map(lambda n: 15 * n // 15 * 15))
def test_sines_and_cosines_keep_their_laws(judged, degrees):
    assert judged(rf"\sin^2 {degrees % 360}^\circ + \cos^2 {degrees % 360}^\circ = 1") == "holds"
    assert judged(rf"\sin ({degrees})^\circ = \sin ({degrees + 360})^\circ") == "holds"
    assert judged(rf"\cos ({degrees})^\circ = \sin ({90 - degrees})^\circ") == "holds"


@settings(max_examples=50)
@given(st.lists(st.integers(-9, 9), min_size=4, max_size=4), st.lists(st.integers(-9, 9), min_size=4, max_size=4))
def test_determinants_multiply(judged, a, b):
    product = [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
    ]

    def matrix(m, kind):
        return rf"\begin{{{kind}}} {m[0]} & {m[1]} \\ {m[2]} & {m[3]} \end{{{kind}}}"

    assert judged(f"{matrix(a, 'pmatrix')} {matrix(b, 'pmatrix')} = {matrix(product, 'pmatrix')}") == "holds"
    value = (a[0] * a[3] - a[1] * a[2]) * (b[0] * b[3] - b[1] * b[2])
    assert judged(rf"{matrix(a, 'vmatrix')} \times {matrix(b, 'vmatrix')} = {value}") == "holds"
    assert judged(f"{matrix(product, 'vmatrix')} = {value + 1}") == "fails"


@settings(max_examples=50)
@given(st.integers(2, 9), OFF, st.integers(2, 9), OFF, OFF)
def test_identities_in_letters_hold_and_nothing_near_them(judged, a, b, c, d, off):
    def signed(n):
        return f"+ {n}" if n > 0 else f"- {-n}"

    middle = a * d + b * c
    assume(middle not in {-1, 0, 1} and a * c > 1 and middle + off not in {-1, 0, 1})
    left = f"({a}x {signed(b)})({c}x {signed(d)})"
    assert judged(f"{left} = {a * c}x^2 {signed(middle)}x {signed(b * d)}") == "holds"
    assert judged(f"{left} = {a * c}x^2 {signed(middle + off)}x {signed(b * d)}") == "fails"
