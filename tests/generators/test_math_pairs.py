"""Pairs of a right and a wrong solution: kinds, labels of steps, and problems without a mistake."""

import asyncio
import re
from collections import Counter
from pathlib import Path

import pytest

from factory import recipe
from factory.component import Run
from factory.math import check, families
from factory.math.families import Kind
from factory.math.mistakes import STEP_KINDS
from factory.math.problems import FINAL
from factory.math.render import Written
from generators.math import Math
from generators.math_pairs import MathPairs

OWN = ("two_digit_addition", "unlike_denominators", "derivative_of_polynomial")


def made(run=None, generator=MathPairs, **settings):
    run = run or Run(7)
    maker = generator(**settings)

    async def pairs():
        return [pair for item in maker.items(run) for pair in await maker.rows(item, run)]

    return asyncio.run(pairs())


def written(pair, side):
    body, answer = side[-1].content.rsplit(f"\n{FINAL[pair.meta['language']]}", 1)
    return Written(pair.prompt[0].content, body, answer)


def test_the_chosen_side_holds_and_the_rejected_one_does_not():
    for pair in made(count=300):
        if not pair.verdicts[0].passed:
            continue
        checker = check.checker(pair.meta["family"], pair.meta["language"])
        assert checker.why_refused(written(pair, pair.chosen)) == ""
        wrong = "wrong_step" if pair.meta["mistake"] in STEP_KINDS else "wrong_answer"
        assert checker.why_refused(written(pair, pair.rejected)) == wrong


def test_each_line_has_a_label_and_those_before_the_first_wrong_one_are_the_right_ones():
    for pair in made(count=120, families=OWN):
        chosen, rejected = (side[0].content.splitlines() for side in (pair.chosen, pair.rejected))
        labels = pair.meta["labels"]
        assert labels["chosen"] == [True] * len(chosen)
        assert len(labels["rejected"]) == len(rejected)
        right = sum(labels["rejected"])
        assert labels["rejected"] == [i < right for i in range(len(rejected))]
        assert right < len(rejected)
        assert chosen[:right] == rejected[:right]


def test_a_familys_own_mistakes_come_before_changed_steps():
    kinds = Counter(pair.meta["mistake"] for pair in made(count=60, families=("derivative_of_polynomial",)))
    assert set(kinds) == {"forgotten_part", "wrong_formula"}
    fallback = Counter(pair.meta["mistake"] for pair in made(count=60, families=("two_digit_addition",)))
    assert fallback["forgotten_carry"]
    assert fallback.keys() - {"forgotten_carry"} <= set(STEP_KINDS)


def test_only_the_kinds_that_are_asked_for_are_made():
    pairs = made(count=40, mistakes=("added_*",))
    assert {pair.meta["mistake"] for pair in pairs if pair.verdicts[0].passed} == {"added_denominators"}
    assert {pair.meta["family"] for pair in pairs} <= {
        name for name in families.files() if "added_denominators" in families.load(name).mistakes
    }


def test_where_no_step_may_be_changed_only_problems_come_that_the_mistake_is_possible_in():
    pairs = made(count=100, families=("two_digit_addition",), mistakes=("forgotten_carry",))
    assert len(pairs) == 100
    assert {pair.meta["mistake"] for pair in pairs} == {"forgotten_carry"}


def test_a_problem_without_a_mistake_goes_to_the_rejects_and_is_counted():
    run = Run(3)
    pairs = made(run, count=10, families=("ordering_numbers",))
    assert {pair.verdicts[0].reason for pair in pairs} == {"no_mistake"}
    assert all(pair.chosen == pair.rejected and pair.verdicts[0].passed is False for pair in pairs)
    assert run.tallies["math_pairs: no_mistake"] == len(pairs) == 10


def test_the_same_seed_gives_the_same_pairs_and_its_neighbour_none_of_them():
    first, again, other = (made(Run(seed), count=60, families=OWN) for seed in (4, 4, 5))
    assert first == again
    assert not {pair.prompt for pair in first} & {pair.prompt for pair in other}


def test_which_mistake_a_problem_gets_does_not_depend_on_how_many_are_made():
    few, many = ({p.prompt: p.rejected for p in made(Run(6), count=n, families=OWN)} for n in (40, 400))
    shared = few.keys() & many.keys()
    assert shared
    assert all(few[prompt] == many[prompt] for prompt in shared)


def test_pairs_ask_what_math_asks():
    rows = made(Run(8), Math, count=30, families=OWN)
    assert [row.messages[:1] for row in rows] == [pair.prompt for pair in made(Run(8), count=30, families=OWN)]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"mistakes": ("no_such",)}, "mistakes: no family among \\* has one of no_such"),
        ({"mistakes": ("forgotten_carry",), "families": ("linear_equations",)}, "no family among linear_equations has"),
        ({"families": ("nothing_*",)}, "matches no family"),
    ],
)
def test_settings_that_leave_nothing_are_refused_in_one_sentence(settings, sentence):
    (said,) = MathPairs(count=1, **settings).check()
    assert re.search(sentence, said)


def test_every_kind_of_mistake_has_a_family():
    used = {kind for name in families.files() for kind in families.load(name).mistakes}
    assert used <= set(Kind.__args__)
    assert {"forgotten_carry", "sign_slip", "added_denominators", "order_of_operations"} <= used


def test_the_recipe_that_ships_brings_pairs():
    loaded = recipe.load(Path(__file__).parents[2] / "recipes" / "math_pairs.yaml", [])
    assert [part.component.brings_pairs() for part in loaded.generate] == [True]
