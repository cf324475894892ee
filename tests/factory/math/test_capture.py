"""Patterns: what they read from a text, and what they leave unread."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.errors import RecipeError
from factory.math import text as tex
from factory.math.blank import blanked
from factory.math.capture import Expression, Pattern
from factory.math.skeleton import UnreadError

ITEMS = ("りんご", "えんぴつ", "車", "紙")
COUNTERS = ("個", "本", "台", "枚")
WORDS = {"item": ("item", ITEMS), "item_counter": ("item", COUNTERS), "who": ("who", ("けん", "けんた", "たろう"))}


def taken(pattern, text):
    """The captures of a text by name; None where the pattern does not read it."""
    compiled = Pattern(pattern, WORDS, "here")
    skeleton, numbers = blanked(text)
    names = list(compiled.kinds)
    plan = compiled.plan(skeleton, names)
    if plan is None or plan.take is None or any(numbers[i] != value for i, value in plan.constants):
        return None
    return dict(zip(names, plan.take(numbers), strict=True))


@pytest.mark.parametrize(
    ("pattern", "text", "captures"),
    [
        ("<<a>>と<<b>>", "3と-5", {"a": 3, "b": -5}),
        ("<<a>> L", "2.50 L", {"a": Fraction(5, 2)}),
        ("<<xs:list>>の平均", "3, 5, 8の平均", {"xs": (3, 5, 8)}),
        ("<<xs:list>>の平均", "3、-5の平均", {"xs": (3, -5)}),
        ("<<xs:list>>の平均", "7の平均", {"xs": (7,)}),
        ("$<<a:value>>$", r"$-\frac{3}{4}$", {"a": Fraction(-3, 4)}),
        ("$<<a:value>>$ m", r"$2\frac{1}{3}$ m", {"a": Fraction(7, 3)}),
        ("$x = <<x:values>>$", r"$x = 2, -\frac{1}{3}$", {"x": (2, Fraction(-1, 3))}),
        ("$x = <<x:values>>$", r"$x = 1 \pm 2$", {"x": (3, -1)}),
        ("$<<a>> <<s:sign>> <<b>>$", r"$2 < 3$", {"a": 2, "s": "<", "b": 3}),
        ("$<<a>> <<s:sign>> <<b>>$", r"$2 \leqq 3$", {"a": 2, "s": "<=", "b": 3}),
        ("$<<a>> <<s:sign>> <<b>>$", r"$2 = 3$", {"a": 2, "s": "=", "b": 3}),
        ("$<<p:powers>>$", r"$2^3 \times 5$", {"p": ((2, 3), (5, 1))}),
        ("<<item>>が<<n>><<item_counter>>", "車が3台", {"item": 2, "n": 3, "item_counter": 2}),
        ("<<who>>は<<n>>才", "けんたは9才", {"who": 1, "n": 9}),
        ("<<who>>と<<n>>才の<<who>>", "けんと9才のけん", {"who": 0, "n": 9}),
        ("[合計|全部で]<<n>>円", "全部で30円", {"n": 30}),
        ("[合計|全部で]<<n>>円", "合計30円", {"n": 30}),
        ("100円の<<n>>割", "100円の3割", {"n": 3}),
    ],
)
def test_a_pattern_reads_what_a_text_says(pattern, text, captures):
    assert taken(pattern, text) == captures


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("<<a>>と<<b>>", "3と5です"), ("<<a>>と<<b>>", "3 と5"), ("<<a>>と<<b>>", "とと5"), ("<<a>>と<<b>>", "--3と5"),
        ("<<a>>円", "１２円"), ("<<a>>円", "1,200円"), ("<<item>>が3", "みかんが3"), ("100円の<<n>>割", "200円の3割"),
        ("<<item>>が<<n>><<item_counter>>", "車が3本"), ("<<item>>が<<n>><<item_counter>>", "りんごが3枚"),
        ("<<who>>と<<who>>", "けんとけんた"),
        ("[合計|全部で]<<n>>円", "[合計|全部で]30円"), ("3.5倍の<<n>>", "3.6倍の2"),
        ("$<<a:value>>$", "$$"), ("$x = <<x:values>>$", "$x = $"), ("a.c<<n>>", "abc1"), ("<<n>>(円)", "3円"),
    ],
)  # fmt: skip
def test_a_text_that_says_something_else_is_not_read(pattern, text):
    assert taken(pattern, text) is None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("$<<a:value>>$", "$1 = 1$"), ("$<<a:value>>$", "$2, 3$"), ("$<<a:value>>$", "$+$"),
        ("$<<f:expr>>$", "$x = 1$"),
        ("$<<f:expr>>$", "$3x2$"), ("$<<p:powers>>$", "$2 + 3$"), ("$<<p:powers>>$", "$x^2$"),
        ("$<<p:powers>>$", "$2.5^2$"),
        ("$<<x:values>>$", "$2, x = 3$"), ("$x = <<x:values>>$", "$x = 2 = 5$"), ("$<<a:value>>$", "$3 + -2$"),
    ],
)  # fmt: skip
def test_mathematics_of_another_shape_is_unread(pattern, text):
    with pytest.raises(UnreadError):
        taken(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("<<a>> and <<a>>", "stands twice"),
        ("<<a:number_>>", "is of no known kind"),
        ("<<a:int>>", "is of no known kind"),
    ],
)
def test_a_broken_pattern_is_refused_with_its_place(pattern, message):
    with pytest.raises(RecipeError, match=f"^here: .*{message}"):
        Pattern(pattern, WORDS, "here")


def test_fractions_of_a_text_are_known():
    pattern = Pattern("$<<a:value>>$と$<<b>>$", {}, "here")
    skeleton, _ = blanked(r"$\frac{3}{4}$と$5$")
    plan = pattern.plan(skeleton, ["a", "b"])
    assert plan is not None
    assert plan.fractions == ((0, 1),)
    assert plan.size == 3


@settings(max_examples=60)
@given(st.lists(st.integers(-9, 9), min_size=2, max_size=5).filter(any), st.integers(-20, 20))
def test_a_captured_formula_is_worth_what_it_says(coefficients, x):
    f = taken("$f(x) = <<f:expr>>$ の", f"$f(x) = {tex.poly(coefficients)}$ の")["f"]
    assert isinstance(f, Expression)
    top = len(coefficients) - 1
    terms = [(c, top - i) for i, c in enumerate(coefficients)]
    assert f.value((x,)) == sum(c * x**p for c, p in terms)
    assert f.value((x,), 1) == sum(c * p * x ** (p - 1) for c, p in terms if p)
    assert f.value((x,), 2) == sum(c * p * (p - 1) * x ** (p - 2) for c, p in terms if p > 1)


def test_variables_of_a_formula_come_in_the_order_of_the_alphabet_of_unknowns():
    f = taken("$<<f:expr>>$", "$a + 2y + 3x$")["f"]
    assert f.value((100, 10, 1)) == 321
    assert f.value((5,)) != f.value((6,))
    assert f.value() == taken("$<<f:expr>>$", "$3x + a + 2y$")["f"].value()
