"""The SymPy audit: its own reader, and what it says of right and wrong answers."""

import time

import pytest
import sympy
from sympy import Rational, Symbol, log, pi, sqrt

from factory.errors import RecipeError
from factory.math import families, oracle_tex
from factory.math.audit import TIMEOUT, Audit, Task
from factory.math.oracle import Oracle, Reader, compiled, equal, same

x, y = Symbol("x"), Symbol("y")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"2 \times 3 \div 4", Rational(3, 2)),
        (r"1\frac{2}{3}", Rational(5, 3)),
        (r"0.1 + 0.2", Rational(3, 10)),
        (r"-2^2 \times (-3)", 12),
        (r"3 - (-4)", 7),
        (r"x^2y - 2(x + 1)(x - 2)", x**2 * y - 2 * (x + 1) * (x - 2)),
        (r"\frac{3}{4}x^{10}", Rational(3, 4) * x**10),
        (r"\sqrt{12} + \sqrt[3]{-8}", 2 * sqrt(3) - 2),
        (r"2\pi r", 2 * pi * Symbol("r")),
        (r"\sin 30^\circ + \cos^2 45^{\circ}", 1),
        (r"\log_2 8 + \log x", 3 + log(x)),
        (r"x e^{2x}", x * sympy.exp(2 * x)),
        (r"{}_5 C_2 + {}_5 \mathrm{P}_2 + 4!", 54),
        (r"1011_{(2)}", 11),
        (r"30\%", Rational(3, 10)),
        (r"|-3| + |2x|", 3 + 2 * sympy.Abs(x)),
        (r"(1, 2) \cdot (3, 4)", 11),
        (r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix}", -2),
        (r"\int_{-1}^{2} (3x^2 - 2x) dx", 6),
        (r"\left[ x^2 \right]_1^2", 3),
        (r"\sum_{k=1}^{10} (2k + 1)", 120),
        (r"\lim_{x \to 2} \frac{x^2 - 4}{x - 2}", 4),
        ("□ + 3", Symbol("□") + 3),
    ],
)
def test_tex_is_read_exactly(text, value):
    assert sympy.simplify(oracle_tex.value(text) - value) == 0


def test_a_plus_minus_sign_gives_two_values():
    assert oracle_tex.values(r"\frac{1 \pm \sqrt{5}}{2}") == [(1 + sqrt(5)) / 2, (1 - sqrt(5)) / 2]


@pytest.mark.parametrize("text", ["", "2 +", r"\frac{1}", "3 4)", r"\unknown{2}", "x^12", r"\int x^2", "a = b"])
def test_tex_that_is_not_read_is_refused(text):
    with pytest.raises(oracle_tex.TexError):
        oracle_tex.values(text)


def test_a_pattern_reads_numbers_words_lists_and_choices():
    reader = Reader(
        "<<n>> [bag|bags] of <<item>> weigh <<w:list>> g, $x <<s:sign>> <<v:value>>$.", {"item": ["rice", "rice flour"]}
    )
    found = reader.read(r"-3 bags of rice flour weigh 1, 2.5, 3 g, $x \leqq \frac{1}{2}$.")
    assert found is not None
    assert found.values == {
        "n": -3, "item": 1, "w": (1, Rational(5, 2), 3), "s": "<=", "v": Rational(1, 2),
    }  # fmt: skip
    assert reader.read("3 boxes of rice weigh 1 g, $x = 2$.") is None


@pytest.mark.parametrize(
    "expression", ["__import__('os')", "(1).real", "a.__class__", "open('x')", "lambda: 1", "0.5", "unknown + 1", "1 +"]
)
def test_an_oracle_expression_outside_the_whitelist_is_refused(expression):
    with pytest.raises(RecipeError):
        compiled(expression, ["a"], "somewhere")


def test_values_are_compared_as_mathematics():
    assert equal(sqrt(8), 2 * sqrt(2))
    assert equal((x + 1) ** 2, x**2 + 2 * x + 1)
    assert not equal(x, x + 1)
    assert same("values", [1, 2], (2, 1))
    assert not same("values", [1, 2], (2,))
    assert same("sign", "<=", "<=")
    assert equal(sympy.Matrix([[1, 2], [3, 4]]), [[1, 2], [3, 4]])


def test_a_right_answer_is_good_and_a_wrong_one_is_named():
    oracle = Oracle(families.load("linear_equations"), "en")
    assert oracle.audit("Solve the equation $-7x + 9 = -3x - 7$.", "$x = 4$") == ""
    assert oracle.audit("Solve the equation $-7x + 9 = -3x - 7$.", "$x = 5$") == "wrong: x is 5, SymPy gets 4"
    assert oracle.audit("Solve the riddle.", "$x = 5$").startswith("unread")


def test_a_row_past_the_time_limit_is_named_and_the_others_are_audited():
    hard = families.load("linear_equations").model_copy(
        update={"name": "hard", "oracle": {"x": "x0 if len([k for k in range(10 ** 9)]) else l".replace("x0", "l")}}
    )
    good = families.load("linear_equations")
    question, answer = "Solve the equation $-7x + 9 = -3x - 7$.", "$x = 4$"
    start = time.monotonic()
    with Audit([good, hard], workers=2, limit_s=1.0) as audit:
        tasks = [Task(name, "en", question, answer) for name in ("linear_equations", "hard", "linear_equations")]
        assert audit.reasons(tasks) == ["", TIMEOUT, ""]
    assert time.monotonic() - start < 10
