"""Train and test parts of the problems share nothing, whatever the seed."""

import subprocess
import sys
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from factory.math import families, render
from factory.math.draw import Drawn
from factory.math.split import Split, placed

SHARE = 0.3


def split(part, by="parameters", share=SHARE):
    return Split(by=by, part=part, share=share)


def words(name):
    """Where the parameters of a key begin."""
    family = families.load(name)
    return len(render.key_names(family)) - len(family.parameters)


def drawn(name, part, seed, count=60, share=SHARE):
    keys = Drawn(name, Random(f"{name}/{seed}"), None, None, split(part, share=share).keeps(words(name)))
    return [key for block in keys.blocks(count, count) for key in block]


def test_no_family_gives_one_question_or_one_set_of_parameters_to_both_parts():
    questions = {"train": set(), "test": set()}
    for name in families.files():
        parts = {part: drawn(name, part, seed) for part, seed in (("train", 1), ("test", 2))}
        parts["test"] += drawn(name, "test", 1)  # the stream of the train part: a split by streams alone would leak
        begin = words(name)
        assert {key[begin:] for key in parts["train"]}.isdisjoint(key[begin:] for key in parts["test"]), name
        for part, keys in parts.items():
            questions[part] |= {row.question for row in render.writer(name, "ja").write(keys)}
    assert questions["train"].isdisjoint(questions["test"])
    assert min(map(len, questions.values())) > 40 * len(families.files())


def test_without_a_split_the_same_draws_would_share_questions():
    keys = [
        [k for b in Drawn("two_digit_addition", Random(seed), None).blocks(2_000, 2_000) for k in b] for seed in "ab"
    ]
    assert {key[1:] for key in keys[0]} & {key[1:] for key in keys[1]}


@pytest.mark.parametrize("name", ["multiplication_table", "two_digit_addition", "crane_and_turtle"])
def test_each_problem_is_in_one_part_and_the_test_part_has_its_share(name):
    keys = dict.fromkeys(render.drawer(name)(Random("x").random, 4_000, None))
    train, test = (split(part).keeps(words(name)) for part in ("train", "test"))
    assert all(train(key) != test(key) for key in keys)
    numbers = {key[words(name) :] for key in keys}
    asked = [key for key in keys if test(key)]
    assert abs(len({key[words(name) :] for key in asked}) / len(numbers) - SHARE) < 0.15


def test_words_and_phrasings_do_not_move_a_problem():
    name = "crane_and_turtle"
    keeps, begin = split("train").keeps(words(name)), words(name)
    key = render.drawer(name)(Random("x").random, 1, None)[0]
    assert len({keeps((*(i for _ in range(begin)), *key[begin:])) for i in range(5)}) == 1


@given(st.text(max_size=30))
def test_a_larger_test_part_holds_the_smaller_one(text):
    shares = [share for share in (0.05, 0.1, 0.5, 0.9) if split("test", "family", share).keeps_family(text)]
    assert shares == [share for share in (0.05, 0.1, 0.5, 0.9) if share > placed(text)]


def test_families_are_in_one_part_each():
    names = list(families.files())
    train, test = ({n for n in names if split(p, "family", 0.1).keeps_family(n)} for p in ("train", "test"))
    assert train | test == set(names)
    assert not train & test
    assert 0.03 < len(test) / len(names) < 0.2
    assert split("train", "family").keeps(3) is None


def test_another_process_places_the_same():
    source = "from factory.math.split import placed; print([placed(t) for t in ('1', '-7', 'crane_and_turtle')])"
    made = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "77"}
    )
    assert made.stdout.strip() == str([placed(text) for text in ("1", "-7", "crane_and_turtle")])


@pytest.mark.parametrize(
    "settings",
    [{}, {"by": "parameters"}, {"by": "seed", "part": "test"}, {"by": "family", "part": "dev"},
     {"by": "family", "part": "test", "share": 0}, {"by": "family", "part": "test", "share": 1},
     {"by": "family", "part": "test", "shares": 0.1}],
)  # fmt: skip
def test_settings_of_a_split_are_checked(settings):
    with pytest.raises(ValidationError):
        Split(**settings)
