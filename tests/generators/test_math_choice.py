"""What the math generator can be asked to draw: grades, levels within families, held-out parts, balanced features."""

import asyncio
from collections import Counter

import pytest
from pydantic import ValidationError

from factory.component import Run
from factory.math import families
from generators.math import Math


def made(run=None, **settings):
    run = run or Run(7)
    generator = Math(**settings)

    async def rows():
        return [row for item in generator.items(run) for row in await generator.rows(item, run)]

    return asyncio.run(rows())


def numbers(row):
    names = families.load(row.meta["family"]).parameters
    return (row.meta["family"], *(str(row.meta["parameters"][name]) for name in names))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"families": ("vectors/*",), "grades": ("小1",)}, "grades: no family among vectors/* is of 小1"),
        (
            {"families": ("linear_equations",), "levels": "within", "difficulty": (5,)},
            "difficulty: no family among linear_equations has a level in [5]",
        ),
        (
            {"families": ("linear_equations",), "split": {"by": "family", "part": "test", "share": 0.0001}},
            "split: the test part has none of the families that are asked for (1, such as linear_equations)",
        ),
        (
            {"families": ("two_digit_addition",), "balance": ("borrow",)},
            "balance: no chosen family has a feature 'borrow'; there are: carry, hundred",
        ),
        ({"families": ("planting_*",), "balance": ("carry*",)}, "no chosen family has a feature 'carry*'"),
    ],
)
def test_a_choice_that_leaves_nothing_is_refused_in_one_sentence(settings, sentence):
    (said,) = Math(count=1, **settings).check()
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "settings",
    [{"grades": ("小7",)}, {"levels": "some"}, {"split": "train"}, {"split": {"by": "family"}}, {"balance": "carry"},
     {"split": {"by": "seed", "part": "test"}}, {"features": "carry"}],
)  # fmt: skip
def test_choices_of_the_wrong_kind_are_refused(settings):
    with pytest.raises(ValidationError):
        Math(count=1, **settings)


def test_grades_are_those_asked_for():
    rows = made(count=200, grades=("小1", "高3"), families=("arithmetic/*", "calculus/*", "word_problems/*"))
    assert {row.meta["grade"] for row in rows} == {"小1", "高3"}


def test_nothing_is_added_to_a_row_unless_it_is_asked_for():
    (row, *_) = made(count=2, families=("two_digit_addition",))
    assert "features" not in row.meta
    (plain, *_) = made(count=2, families=("two_digit_addition",), features=True)
    assert plain.messages == row.messages
    assert {**plain.meta, "features": None} == {**row.meta, "features": None}


@pytest.mark.parametrize("by", ["parameters", "family"])
def test_train_and_test_share_nothing_whatever_the_seed(by):
    shared = {"count": 3_000, "languages": {"ja": 1}, "families": ("arithmetic/*", "word_problems/*")}
    train = made(Run(1), split={"by": by, "part": "train"}, **shared)
    for seed in (1, 2, 3):
        test = made(Run(seed), split={"by": by, "part": "test"}, **shared | {"count": 300})
        assert test
        assert {row.messages[0].content for row in train}.isdisjoint(row.messages[0].content for row in test)
        assert set(map(numbers, train)).isdisjoint(map(numbers, test))
        if by == "family":
            assert {row.meta["family"] for row in train}.isdisjoint(row.meta["family"] for row in test)


def test_the_parts_of_a_split_together_are_the_whole():
    name = ("multiplication_table",)
    whole = made(count=10**4, families=name)
    parts = [{"by": "parameters", "share": 0.4, "part": part} for part in ("train", "test")]
    train, test = (made(count=10**4, families=name, split=part) for part in parts)
    assert {row.messages[0].content for row in [*train, *test]} == {row.messages[0].content for row in whole}
    assert len(train) + len(test) == len(whole)
    assert 0 < len(test) < len(train)


def test_difficulty_chooses_among_levels_within_families():
    rows = made(count=400, families=("linear_equations", "column_multiplication"), levels="within", difficulty=(2, 3))
    found = Counter((row.meta["family"], row.meta["difficulty"]) for row in rows)
    assert found == dict.fromkeys(((f, n) for f in ("linear_equations", "column_multiplication") for n in (2, 3)), 100)
    for row in rows:
        if row.meta["family"] == "column_multiplication":
            assert (row.meta["parameters"]["b"] > 9) == (row.meta["difficulty"] == 3)


def test_families_without_levels_of_their_own_keep_the_one_they_have():
    rows = made(count=40, families=("two_dice_probability",), levels="within", difficulty=(3,))
    assert {row.meta["difficulty"] for row in rows} == {families.load("two_dice_probability").level} == {3}


def test_levels_do_not_share_questions():
    rows = made(count=10**4, families=("addition_with_carrying",), levels="within", languages={"ja": 1})
    questions = [row.messages[0].content for row in rows]
    assert len(questions) == len(set(questions))
    assert {row.meta["difficulty"] for row in rows} == {1, 2}


def test_a_level_that_runs_out_says_so():
    run = Run(1)
    made(run, count=5_000, families=("addition_with_carrying",), levels="within", languages={"ja": 1})
    assert {short.what for short in run.shortfalls} == {
        "math addition_with_carrying level 1 (ja)", "math addition_with_carrying level 2 (ja)",
    }  # fmt: skip


def test_rows_say_what_tells_them_apart():
    rows = made(count=60, families=("two_digit_addition", "multiplication_table"), features=True)
    for row in rows:
        values = row.meta["parameters"]
        a, b = values["a"], values["b"]
        if row.meta["family"] == "two_digit_addition":
            assert row.meta["features"] == {"carry": a % 10 + b % 10 > 9, "hundred": a + b > 99}
        else:
            assert row.meta["features"] == {"by_one": 1 in (a, b), "same": a == b}


def test_balanced_features_come_equally_often_and_are_counted():
    run = Run(3)
    rows = made(run, count=800, families=("two_digit_addition", "crane_and_turtle"), balance=("carry", "more*"))
    carries = Counter(row.meta["features"]["carry"] for row in rows if row.meta["family"] == "two_digit_addition")
    turtles = Counter(row.meta["features"]["more_turtles"] for row in rows if row.meta["family"] == "crane_and_turtle")
    assert carries == turtles == {True: 200, False: 200}
    assert run.tallies == {f"math: {f} {v}": 200 for f in ("carry", "more_turtles") for v in (True, False)}
    assert len({row.id for row in rows}) == 800


def test_fewer_balanced_rows_are_the_first_of_more():
    many, few = (
        made(count=count, families=("two_digit_addition",), languages={"ja": 1}, balance=("*",), levels="within",
             difficulty=(1,), split={"by": "parameters", "part": "train"})
        for count in (50, 10)
    )  # fmt: skip
    assert [row.id for row in few] == [row.id for row in many][:10]
