"""Drawing keys without repetition, and sharing a count out among families."""

import json
import subprocess
import sys
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.math import families, render
from factory.math.draw import Drawn, shares

SMALL, LARGE = "multiplication_table", "linear_equations"


def drawn(name, seed="seed", side=None):
    return Drawn(name, Random(seed), side)


def keys(name, count, seed="seed", side=None, size=100):
    return [key for block in drawn(name, seed, side).blocks(count, size) for key in block]


def small_space():
    """Every key of a family with a small space, by drawing far more often than it has keys."""
    return set(render.drawer(SMALL)(Random("all").random, 60_000, None))


WEIGHTS = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.01, 100), min_size=1)


@settings(max_examples=200)
@given(st.integers(0, 5_000), WEIGHTS, st.data())
def test_shares_add_up_and_never_exceed_what_there_is(count, weights, data):
    capacity = {name: data.draw(st.integers(0, 2_000)) for name in weights}
    given_ = shares(count, weights, capacity)
    assert given_.keys() == weights.keys()
    assert all(0 <= given_[name] <= capacity[name] for name in weights)
    assert sum(given_.values()) == min(count, sum(capacity.values()))


@settings(max_examples=100)
@given(st.integers(0, 5_000), st.lists(st.integers(1, 1_000), min_size=1, max_size=8, unique=True), st.randoms())
def test_shares_do_not_depend_on_the_order_of_different_weights(count, numbers, random):
    weights = {f"family {n}": n / 10 for n in numbers}
    capacity = {name: 37 * i for i, name in enumerate(weights)}
    names = list(weights)
    random.shuffle(names)
    assert shares(count, {name: weights[name] for name in names}, capacity) == shares(count, weights, capacity)


@settings(max_examples=100)
@given(st.integers(1, 5_000), WEIGHTS)
def test_shares_are_in_proportion_where_all_have_enough(count, weights):
    given_ = shares(count, weights, dict.fromkeys(weights, count))
    total = sum(weights.values())
    assert all(abs(given_[name] - count * weight / total) <= len(weights) for name, weight in weights.items())


def test_what_one_can_not_take_goes_to_the_others_by_weight():
    assert shares(100, {"a": 1, "b": 1, "c": 2}, {"a": 5, "b": 1_000, "c": 1_000}) == {"a": 5, "b": 31, "c": 64}
    assert shares(10, {"a": 1, "b": 1}, {"a": 0, "b": 3}) == {"a": 0, "b": 3}


@pytest.mark.parametrize("wanted", [1, 10, 10**6])
def test_the_capacity_of_a_small_space_is_exact(wanted):
    space = small_space()
    assert drawn(SMALL).capacity(wanted) == min(wanted, len(space))


def test_a_small_space_is_drawn_to_its_last_key_and_no_further():
    space = small_space()
    found = keys(SMALL, 10**6)
    assert set(found) == space
    assert len(found) == len(space)
    assert len(keys(SMALL, 10**6, side=0)) + len(keys(SMALL, 10**6, side=1)) == len(space)


def test_a_large_space_is_known_to_be_large_enough():
    assert drawn(LARGE).capacity(5_000) == 5_000


@pytest.mark.parametrize("name", [SMALL, LARGE, "crane_and_turtle"])
@pytest.mark.parametrize("side", [None, 0, 1])
def test_fewer_keys_are_the_first_of_more(name, side):
    many = keys(name, 700, side=side)
    assert len(many) == len(set(many))
    for count in (0, 1, 10, 699):
        assert keys(name, count, side=side) == many[:count]
    assert keys(name, 700, side=side, size=7) == many
    counted = drawn(name, side=side)
    counted.capacity(300)
    assert [key for block in counted.blocks(700, 100) for key in block] == many


def test_blocks_have_their_size():
    assert [len(block) for block in drawn(LARGE).blocks(250, 100)] == [100, 100, 50]


@pytest.mark.parametrize("name", [LARGE, "crane_and_turtle", SMALL, "definite_integral"])
def test_the_two_sides_share_no_question(name):
    even, odd = (keys(name, 800, side=side) for side in (0, 1))
    fixed = len(render.key_names(families.load(name))) - len(families.load(name).parameters)
    assert {key[fixed:] for key in even}.isdisjoint(key[fixed:] for key in odd)
    assert even
    assert odd


def test_another_process_draws_the_same_keys():
    source = """
import json, sys
from random import Random
from factory.math.draw import Drawn
drawn = [next(Drawn(name, Random("x"), 1).blocks(40, 40)) for name in sys.argv[1:]]
print(json.dumps([[list(map(repr, key)) for key in keys] for keys in drawn]))
"""
    names = [LARGE, "crane_and_turtle", "definite_integral"]
    made = subprocess.run(
        [sys.executable, "-c", source, *names], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "77"}
    )
    here = [[list(map(repr, key)) for key in keys(name, 40, "x", 1)] for name in names]
    assert json.loads(made.stdout) == here
