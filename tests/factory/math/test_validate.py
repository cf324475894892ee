"""What validation says of good families and of broken ones."""

import pytest

from factory.math import families
from factory.math.families import Family
from factory.math.validate import problems, problems_of

ROWS = 12


def changed(name, **updates):
    """A family with some fields (`read__relation`) replaced."""
    data = families.load(name).model_dump()
    for path, value in updates.items():
        *parents, last = path.split("__")
        place = data
        for parent in parents:
            place = place[parent]
        place[last] = value
    return Family.model_validate(data)


@pytest.mark.parametrize("name", ["linear_equations", "crane_and_turtle"])
def test_a_good_family_has_no_problems(name):
    assert problems(families.load(name), ROWS) == []


@pytest.mark.parametrize(
    ("updates", "expected"),
    [
        ({"oracle__t": "heads - 1"}, "oracle: ja: 12 of 12 rows: wrong: t is"),
        ({"oracle__t": "heads.__class__"}, "is not allowed"),
        ({"let__turtles_shown": "turtles", "let__heads": "cranes + turtles + 1"}, "are refused, as wrong_answer"),
        ({"read__relation": ("t > 0",)}, "rows with a number_in_answer put in pass the check"),
        ({"parameters__hidden": "int(0, 9)"}, "hidden can't be seen"),
        ({"require": ("cranes > 50",)}, "no draw meets `require`"),
        ({"answer__en": "1 turtles  <<turtles>>"}, "a plural stands behind 1"),
        ({"question__en": ("There are an <<heads>> cranes, <<legs>> legs.",) * 2}, "`an` stands before a consonant"),
        ({"grade": "高1"}, "a 高1 text in polite style"),
        ({"solution__ja": ("$$",)}, "there is an empty formula"),
        ({"solution__en": ("<<unknown>>",)}, "'unknown'"),
        ({"levels": ({"level": 3, "require": ("cranes > 50",)},)}, "level 3: ja: no draw meets `require`"),
        ({"levels": ({"level": 3, "parameters": {"cranes": "5"}, "require": ("x",)},)}, "unknown name 'x'"),
        ({"levels": ({"level": 3, "parameters": {"cranes": "-5"}},)}, "level 3: ja: 40 of 40 rows are refused, as"),
        ({"features": {"many": "nobody > 9"}}, "features: let.feature_many: unknown name 'nobody'"),
        ({"features": {"many": "cranes // 0"}}, "a feature can't be worked out"),
    ],
)
def test_each_fault_of_a_family_is_one_sentence(updates, expected):
    found = problems(changed("crane_and_turtle", **updates), ROWS)
    assert any(expected in problem for problem in found), found
    assert all(problem.startswith("templates/math/word_problems/crane_and_turtle.yaml") for problem in found)


@pytest.mark.parametrize(
    ("mistake", "expected"),
    [
        (
            {"when": ("ones < 0",)},
            "mistakes.forgotten_carry: ja: in 200 rows it gives no wrong answer that can be read; `when`",
        ),
        ({"let": {}}, "gives no wrong answer that can be read; the check says"),
        ({"answer": {"ja": "わからない", "en": "unknown"}}, "the check says unread_answer"),
        ({"solution": {"ja": "$4 + -3 = 1$", "en": "$4 + -3 = 1$"}}, "two signs follow each other"),
    ],
)
def test_a_mistake_without_effect_or_badly_written_is_one_sentence(mistake, expected):
    family = changed("two_digit_addition")
    own = family.mistakes["forgotten_carry"].model_dump() | mistake
    found = problems(changed("two_digit_addition", mistakes={"forgotten_carry": own}), 2)
    assert any(expected in problem for problem in found), found
    assert all("mistakes.forgotten_carry" in problem for problem in found)


def test_the_same_is_found_in_worker_processes():
    names = ["linear_equations", "crane_and_turtle"]
    assert problems_of(names, 4, workers=2) == {name: [] for name in names}
