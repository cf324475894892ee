"""Expressions of family files: what is refused, what draws give, and how keys fall to two sides."""

import ast
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import RecipeError
from factory.math.formula import FUNCTIONS, checked_name, compile_draw, compile_let

PLACE = "templates/math/test/family.yaml"

HOSTILE = {
    "attribute": "k.real",
    "dunder attribute": "().__class__",
    "subclasses": "().__class__.__base__.__subclasses__()",
    "attribute of a function": "abs.__call__",
    "globals of a function": "gcd.__globals__",
    "method of a string": "'{0.__class__}'.format(1)",
    "method of a list": "[].append(1)",
    "attribute in a condition": "[x for x in range(3) if x.real]",
    "attribute as a target": "[0 for x.y in range(3)]",
    "import": "__import__('os')",
    "import of a submodule": "__import__('os').system('true')",
    "import statement": "import os",
    "builtins": "__builtins__",
    "eval": "eval('1')",
    "exec": "exec('1')",
    "compile": "compile('1', '', 'eval')",
    "open": "open('/dev/null')",
    "getattr": "getattr(1, 'real')",
    "globals": "globals()",
    "type": "type(1)",
    "lambda": "lambda: 1",
    "f-string": "f'{1}'",
    "walrus": "(a := 1)",
    "assignment": "a = 1",
    "two statements": "1; 2",
    "two lines": "1\n+2",
    "starred list": "[*range(3)]",
    "starred argument": "max(*range(3))",
    "keyword": "max(1, key=abs)",
    "keywords from a mapping": "max(1, **k)",
    "dict": "{1: 2}",
    "set": "{1}",
    "set comprehension": "{x for x in range(3)}",
    "dict comprehension": "{x: x for x in range(3)}",
    "async comprehension": "[x async for x in range(3)]",
    "await": "await k",
    "yield": "(yield 1)",
    "float": "1.5",
    "float in disguise": "1e9",
    "complex": "1j",
    "bytes": "b'x'",
    "None": "None",
    "ellipsis": "...",
    "true division": "1 / 2",
    "shift": "1 << 60",
    "bits": "1 | 2",
    "complement": "~1",
    "matrix product": "1 @ 2",
    "identity": "1 is 1",
    "unknown name": "not_there",
    "unknown function": "not_there(1)",
    "internal name": "_int",
    "internal call": "_random()",
    "internal list": "_keys",
    "comprehension over an internal name": "[_random for _random in range(3)]",
    "unbound comprehension variable": "[y for x in range(3)]",
    "call of a list's entry": "[abs][0](1)",
    "call of a choice": "(abs if 1 else max)(1)",
    "call of a call": "abs(1)(2)",
    "too many parts": "1" + " + 1" * 300,
    "too deep": "-" * 5_000 + "1",
    "nothing": "",
    "half": "1 +",
    "brackets": "(1",
    "NUL": "1\0",
    "surrogate": "'\ud800'",
    "fullwidth digits": "１",
    "too few arguments": "int(1)",
    "too many arguments": "int(1, 2, 3)",
    "a choice of nothing": "choice()",
}


@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_plain_expression_is_refused_with_its_place(expression):
    with pytest.raises(RecipeError, match=r"family\.yaml: parameters\.bad: \S"):
        compile_draw({"k": "int(1, 9)", "bad": expression}, [], {}, PLACE)
    with pytest.raises(RecipeError, match=r"family\.yaml: let\.bad: \S"):
        compile_let(["k"], {"bad": expression}, PLACE, {})
    with pytest.raises(RecipeError, match=r"family\.yaml: require: "):
        compile_draw({"k": "int(1, 9)"}, [expression], {}, PLACE)


@pytest.mark.parametrize("name", ["_x", "__class__", "a b", "1a", "x)", "if", "lambda", "", "x\n", "x.y"])
def test_what_is_no_plain_name_is_refused(name):
    with pytest.raises(RecipeError, match="is no name"):
        checked_name(name, PLACE)
    with pytest.raises(RecipeError, match="is no name"):
        compile_draw({name: "1"}, [], {}, PLACE)
    with pytest.raises(RecipeError, match="is no name"):
        compile_let([], {name: "1"}, PLACE, {})


DRAWS = ("int(1, 2)", "nonzero(1, 2)", "choice(1, 2)", "pick((1, 2))", "draws(1, 2, 3)", "sample(1, 2, 1)",
         "shuffle((1, 2))", "1 + int(1, 2)", "[int(1, 2) for x in (1,)]")  # fmt: skip


@pytest.mark.parametrize("draw", DRAWS)
def test_only_parameters_draw(draw):
    assert compile_draw({"k": draw}, [], {}, PLACE)(Random(1).random, 3, None)
    with pytest.raises(RecipeError, match=r"let\.k: \w+\(\) draws; draws belong under `parameters`"):
        compile_let([], {"k": draw}, PLACE, {})
    with pytest.raises(RecipeError, match="draws; draws belong under `parameters`"):
        compile_draw({"k": "1"}, [f"{draw} != 0"], {}, PLACE)


@pytest.mark.parametrize(
    "expression",
    ["2 ** 65", "2 ** 2 ** 2 ** 2 ** 2", "2 ** -1", "power(2, 10 ** 9)", "1 // (5 - 5)", "pick(())", "nonzero(0, 0)",
     "'a' + 1", "(1, 2)[7]", "nonzero(5, 1)"],
)  # fmt: skip
def test_a_draw_that_fails_is_an_error_of_the_family(expression):
    draw = compile_draw({"k": expression}, [], {}, PLACE)
    with pytest.raises(RecipeError, match=r"family\.yaml: parameters: a draw fails"):
        draw(Random(1).random, 1, None)


def test_a_name_is_not_known_before_it_is_drawn():
    with pytest.raises(RecipeError, match=r"parameters\.a: unknown name 'b'"):
        compile_draw({"a": "b", "b": "1"}, [], {}, PLACE)
    with pytest.raises(RecipeError, match="unknown name 'c'; there are: a"):
        compile_draw({"a": "1"}, ["c > 1"], {}, PLACE)


def test_a_value_is_not_called():
    with pytest.raises(RecipeError, match="that is the name of a value; rename the value"):
        compile_let(["sum"], {"total": "sum((1, 2))"}, PLACE, {})


def values(expression, tries=300, **before):
    draw = compile_draw({**before, "k": expression}, [], {}, PLACE)
    return [key[-1] for key in draw(Random("values").random, tries, None)]


@given(st.integers(-50, 50), st.integers(0, 50))
def test_integers_are_drawn_within_their_bounds(low, width):
    high = low + width
    assert {low <= n <= high for n in values(f"int({low}, {high})", 60)} == {True}
    if low or high:
        assert {low <= n <= high and n != 0 for n in values(f"nonzero({low}, {high})", 60)} == {True}


def test_draws_reach_everything_they_may():
    assert set(values("int(-2, 2)")) == {-2, -1, 0, 1, 2}
    assert set(values("nonzero(-2, 2)")) == {-2, -1, 1, 2}
    assert set(values("choice('a', 5, 7)")) == {"a", 5, 7}
    assert set(values("pick([x * x for x in range(4)])")) == {0, 1, 4, 9}
    assert set(values("shuffle((1, 2, 3))")) == {(1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)}
    assert set(values("sample(1, 3, 2)")) == {(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)}
    assert set(values("draws(0, 1, 2)")) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_bounds_may_be_earlier_values():
    draw = compile_draw({"a": "int(1, 5)", "b": "int(a + 1, 2 * a + 1)"}, [], {}, PLACE)
    assert {a < b <= 2 * a + 1 for a, b in draw(Random(1).random, 200, None)} == {True}


def test_a_requirement_is_tested_as_soon_as_its_names_are_drawn():
    calls = []

    def counted():
        calls.append(1)
        return 0.5

    draw = compile_draw({"a": "int(1, 9)", "b": "int(1, 9)", "c": "int(1, 9)"}, ["a > 5"], {"word": 3}, PLACE)
    assert draw(counted, 10, None) == []
    assert len(calls) == 10


@pytest.mark.parametrize("require", [["a < b", "b != 4"], ["b != 4", "a < b"], ["a < b and b != 4"]])
def test_the_keys_of_a_requirement_are_those_that_meet_it(require):
    parameters = {"a": "int(1, 6)", "b": "int(1, 6)"}
    free = set(compile_draw(parameters, [], {}, PLACE)(Random(3).random, 4_000, None))
    kept = set(compile_draw(parameters, require, {}, PLACE)(Random(4).random, 4_000, None))
    assert kept == {(a, b) for a, b in free if a < b and b != 4}


def test_a_requirement_on_the_last_value_gives_the_same_keys_as_filtering():
    parameters = {"a": "int(1, 6)", "b": "int(1, 6)"}
    free = compile_draw(parameters, [], {}, PLACE)(Random(5).random, 500, None)
    kept = compile_draw(parameters, ["a < b"], {}, PLACE)(Random(5).random, 500, None)
    assert kept == [key for key in free if key[0] < key[1]]


def test_the_two_sides_share_no_numbers_and_leave_nothing_out():
    parameters = {"a": "int(1, 12)", "b": "choice(2, 3, 5)", "c": "draws(1, 3, 2)", "w": "choice('p', 'q')"}
    draw = compile_draw(parameters, [], {"word": 4}, PLACE)
    numbers = [{key[1:4] for key in draw(Random(side).random, 12_000, side)} for side in (0, 1)]
    assert numbers[0].isdisjoint(numbers[1])
    assert len(numbers[0] | numbers[1]) == 12 * 3 * 9
    assert all(len(side) > 0.35 * 12 * 3 * 9 for side in numbers)
    for side in (0, 1):
        found = draw(Random(side).random, 12_000, side)
        assert len({(key[0], key[4]) for key in found}) == 8


def test_a_side_is_kept_to_without_changing_the_stream():
    draw = compile_draw({"a": "int(1, 99)", "b": "int(1, 99)"}, [], {}, PLACE)
    both = draw(Random(8).random, 400, None)
    sides = [draw(Random(8).random, 400, side) for side in (0, 1)]
    assert sorted(both) == sorted(sides[0] + sides[1])
    assert [key for key in both if key in set(sides[0])] == sides[0]


def test_derived_values_are_appended_in_order():
    extend = compile_let(["a", "b"], {"sum": "a + b", "twice": "2 * sum"}, PLACE, {})
    assert extend([(1, 2), (3, 4)]) == [(1, 2, 3, 6), (3, 4, 7, 14)]
    assert compile_let(["a"], {"t": "table[a]"}, PLACE, {"table": ("x", "y")})([(1,)]) == [(1, "y")]


def computed(expression, **given):
    return compile_let(list(given), {"k": expression}, PLACE, {})([tuple(given.values())])[0][-1]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("7 // 2 + 7 % 2", 4), ("-7 // 2", -4), ("2 ** 10", 1024), ("1 < 2 < 3", True), ("1 if 0 else 2", 2),
        ("not 0 and 1 in (1, 2) and 3 not in (1, 2)", True), ("[1, 2]", (1, 2)), ("[x * x for x in (1, 2)]", (1, 4)),
        ("sum(x for x in range(4) if x != 2)", 4), ("range(9)[::4]", range(0, 9, 4)), ("divisors(8)", (1, 2, 4, 8)),
        ("prime_factors(360)", (2, 2, 2, 3, 3, 5)), ("prime_factors(1)", ()), ("is_prime(1)", False),
        ("is_prime(2)", True), ("is_prime(91)", False), ("is_square(0)", True), ("is_square(-4)", False),
        ("to_base(0, 2)", "0"), ("to_base(255, 16)", "FF"), ("digits(907)", (9, 0, 7)), ("sign(-3)", -1),
        ("square_part(72)", 6), ("sign(0)", 0),
        ("set((3, 1, 3))", (3, 1)), ("sorted((3, 1, 2))", (1, 2, 3)), ("reversed((1, 2))", (2, 1)),
        ("rising((1, 2, 2))", False), ("rising((1, 2, 3))", True), ("gcd(12, 18)", 6), ("lcm(4, 6)", 12),
    ],
)  # fmt: skip
def test_expressions_are_worth_what_python_says(expression, value):
    assert computed(expression) == value


@given(st.integers(1, 3_000))
def test_number_functions_agree_with_their_definitions(n):
    factors = FUNCTIONS["prime_factors"](n)
    product = 1
    for factor in factors:
        product *= factor
        assert FUNCTIONS["is_prime"](factor)
    assert product == n
    assert FUNCTIONS["divisors"](n) == tuple(d for d in range(1, n + 1) if n % d == 0)
    assert FUNCTIONS["is_prime"](n) == (len(FUNCTIONS["divisors"](n)) == 2)
    assert n % FUNCTIONS["square_part"](n) ** 2 == 0
    assert int(FUNCTIONS["to_base"](n, 7), 7) == n


@given(st.text(alphabet="ab1+-*()[], '\"._:=<>if or not in for lambda", max_size=30))
def test_any_text_is_an_expression_or_refused(text):
    try:
        draw = compile_draw({"a": "int(1, 9)", "b": text}, [], {}, PLACE)
    except RecipeError:
        return
    assert isinstance(ast.parse(text, mode="eval"), ast.Expression)
    assert callable(draw)
