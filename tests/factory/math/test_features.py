"""Features of problems, and draws that balance them."""

from collections import Counter
from random import Random

import pytest

from factory.errors import RecipeError
from factory.math import families, features, render
from factory.math.draw import Drawn
from factory.math.families import Family

NAMED = [name for name in families.files() if families.load(name).features]
CARRY = "two_digit_addition"


def balanced(name, by, count, seed="seed", size=100):
    drawn = features.Balanced(name, Random(seed), None, by=by)
    return [key for block in drawn.blocks(count, size) for key in block]


def kinds(name, by, keys):
    return Counter(features.evaluated(name, by)(keys))


@pytest.mark.parametrize("name", NAMED)
def test_each_feature_of_a_family_tells_problems_apart_in_plain_values(name):
    family = families.load(name)
    keys = list(dict.fromkeys(render.drawer(name)(Random("f").random, 2_000, None)))
    rows = features.evaluated(name, tuple(family.features))(keys)
    for feature, values in zip(family.features, zip(*rows, strict=True), strict=True):
        assert {type(value) for value in values} <= {bool, int, str}, feature
        assert 2 <= len(set(values)) <= 12, (feature, set(values))
        assert Counter(values).most_common()[-1][1] >= 3, (feature, Counter(values))


def test_two_digit_additions_say_whether_the_ones_and_the_tens_carry():
    keys = [(0, 27, 35), (0, 21, 34), (0, 71, 62), (0, 99, 99)]
    rows = features.evaluated(CARRY, ("carry", "hundred"))(keys)
    assert rows == [(True, False), (False, False), (False, True), (True, True)]


@pytest.mark.parametrize("count", [40, 400, 3_000])
def test_balanced_draws_bring_each_kind_as_often(count):
    by = ("carry", "hundred")
    counts = kinds(CARRY, by, balanced(CARRY, by, count))
    assert len(counts) == 4
    assert max(counts.values()) - min(counts.values()) <= 1


def test_plain_draws_do_not():
    keys = [key for block in Drawn(CARRY, Random("seed"), None).blocks(400, 400) for key in block]
    counts = kinds(CARRY, ("carry", "hundred"), keys)
    assert max(counts.values()) > 1.2 * min(counts.values())


def test_fewer_balanced_keys_are_the_first_of_more():
    by = ("carry", "hundred")
    many = balanced(CARRY, by, 700)
    assert len(many) == len(set(many)) == 700
    for count in (1, 10, 699):
        assert balanced(CARRY, by, count) == many[:count]
    assert balanced(CARRY, by, 700, size=7) == many
    counted = features.Balanced(CARRY, Random("seed"), None, by=by)
    counted.capacity(2_000)
    assert [key for block in counted.blocks(700, 100) for key in block] == many


def test_a_used_up_family_brings_all_that_it_has_whatever_is_balanced():
    name, by = "addition_with_carrying", ("carry",)
    plain = Drawn(name, Random("s"), 0)
    everything = {key for block in plain.blocks(10**6, 100) for key in block}
    drawn = features.Balanced(name, Random("s"), 0, by=by)
    assert {key for block in drawn.blocks(10**6, 100) for key in block} == everything


def test_a_rare_kind_comes_as_often_as_it_comes(monkeypatch, loaded):
    family = families.load(CARRY).model_copy(update={"features": {"ninety_nine": "a == 99 and b > 89"}})
    monkeypatch.setattr(families, "load", lambda name: family)
    features.evaluated.cache_clear()
    try:
        keys = balanced(CARRY, ("ninety_nine",), 3_000)
        counts = kinds(CARRY, ("ninety_nine",), keys)
    finally:
        features.evaluated.cache_clear()
    assert counts.total() == 3_000
    assert 0 < counts[True,] < 300


def test_only_the_values_that_a_feature_needs_are_worked_out():
    family = families.load(CARRY)
    changed = Family(**{**family.model_dump(), "let": {"odd": "1 // 0", "x": "a % 10", "y": "x + b % 10", "z": "y"}})
    assert features.needed(changed, ["y > 9"]) == {"x": "a % 10", "y": "x + b % 10"}


def test_features_are_named_by_globs():
    family = families.load(CARRY)
    assert features.named(family, ("carr*", "nothing")) == ("carry",)
    assert features.named(family, ("*",)) == tuple(family.features)


def test_an_unknown_feature_and_one_that_fails_are_refused():
    with pytest.raises(RecipeError, match="there is no 'borrow'"):
        features.evaluated(CARRY, ("borrow",))
    with pytest.raises(RecipeError, match="a feature can't be worked out"):
        features.evaluated(CARRY, ("carry",))([(0, "x", "y")])
