"""Levels within families: larger numbers and more steps, level by level, and rows that hold."""

import re
from functools import cache
from itertools import pairwise
from random import Random
from statistics import fmean

import pytest

from factory.errors import RecipeError
from factory.math import check, families, render, validate
from factory.math.families import LANGUAGES
from factory.math.oracle import Oracle

LEVELED = [name for name in families.files() if families.load(name).levels]
ROWS, CHECKED, AUDITED = 200, 40, 1
NUMBER = re.compile(r"[0-9]+")
SLACK = 0.03
"""What the mean of a few hundred draws may be short of the level before by chance."""


@cache
def keys(name, level, rows=ROWS):
    random = Random(f"levels/{name}/{level}")
    return list(dict.fromkeys(render.drawer(name, level)(random.random, 20 * rows, None)))[:rows]


def size(row):
    """How many digits a question shows."""
    return sum(map(len, NUMBER.findall(row.question)))


def steps(row):
    """How many numbers the solution works with: every further step, and every longer one, adds some."""
    return len(NUMBER.findall(row.solution))


def measured(name, level):
    rows = render.writer(name, "ja").write(keys(name, level))
    return fmean(map(size, rows)), fmean(map(steps, rows))


@pytest.mark.parametrize("name", LEVELED)
def test_numbers_and_steps_never_shrink_from_level_to_level_and_one_of_them_grows(name):
    found = [measured(name, own.level) for own in families.load(name).levels]
    for (size_before, steps_before), (size_after, steps_after) in pairwise(found):
        assert size_after >= size_before * (1 - SLACK), found
        assert steps_after >= steps_before * (1 - SLACK), found
        assert size_after > size_before * 1.05 or steps_after > steps_before * 1.05, found


@pytest.mark.parametrize("name", LEVELED)
def test_no_problem_is_of_two_levels(name):
    family = families.load(name)
    fixed = len(render.key_names(family)) - len(family.parameters)
    parts = [{key[fixed:] for key in keys(name, own.level)} for own in family.levels]
    assert len(parts) > 1
    assert all(parts)
    assert sum(map(len, parts)) == len(set().union(*parts))


@pytest.mark.parametrize("name", LEVELED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_of_every_level_pass_the_check_and_sympy_gets_the_same_answers(name, language):
    family = families.load(name)
    writer, checker, oracle = render.writer(name, language), check.checker(name, language), Oracle(family, language)
    for own in family.levels:
        rows = writer.write(keys(name, own.level)[:CHECKED])
        assert [(own.level, why, row) for row in rows if (why := checker.why_refused(row))] == []
        assert list(validate.lint(rows, language, family.grade, name)) == []
        assert [why for row in rows[:AUDITED] if (why := oracle.audit(row.question, row.answer))] == []


@pytest.mark.parametrize("name", LEVELED)
def test_the_family_s_own_level_is_among_its_levels(name):
    family = families.load(name)
    assert family.level in {own.level for own in family.levels}


GOOD = """\
title: {ja: 和, en: Sums}
grade: 小1
topic: addition
level: 1
parameters: {a: "int(1, 9)", b: "int(1, 9)"}
levels:
  - {level: 1, parameters: {a: "int(1, 4)"}}
  - {level: 2, parameters: {a: "int(5, 9)"}, require: [a > b]}
question: {ja: x, en: x}
solution: {ja: one, en: one}
answer: {ja: x, en: x}
read: {question: {ja: x, en: x}, answer: {ja: x, en: x}, relation: ["True"]}
oracle: {}
"""


def test_a_level_changes_some_parameters_and_adds_what_it_requires(loaded):
    family = loaded(GOOD)
    assert family.at(None) is family
    assert family.at(1).parameters == {"a": "int(1, 4)", "b": "int(1, 9)"}
    assert family.at(2).parameters == {"a": "int(5, 9)", "b": "int(1, 9)"}
    assert (family.at(1).require, family.at(2).require) == ((), ("a > b",))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{level: 2, ", "{level: 1, ", r"levels must ascend, each once, not \[1, 1\]"),
        ("{level: 1, ", "{level: 3, ", r"levels must ascend, each once, not \[3, 2\]"),
        ("{level: 2, ", "{level: 6, ", r"levels\.1\.level: .*less than or equal to 5"),
        ("{level: 2, ", "{", r"levels\.1\.level: Field required"),
        ('{a: "int(5, 9)"}', '{c: "int(5, 9)"}', "level 2 changes 'c', which is no parameter of the family"),
        ("require: [a > b]", "requires: [a > b]", r"levels\.1\.requires"),
    ],
)
def test_faulty_levels_are_refused_with_their_place(loaded, old, new, message):
    assert old in GOOD
    with pytest.raises(RecipeError, match=rf"family\.yaml.*{message}"):
        loaded(GOOD.replace(old, new, 1))
