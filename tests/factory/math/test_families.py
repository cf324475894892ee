"""Every family file, asked the same questions."""

import asyncio
from functools import cache
from random import Random

import pytest

from factory.component import Run
from factory.math import check, families, render
from factory.math.families import LANGUAGES
from factory.math.oracle import Oracle
from generators.math import Math

NAMES = list(families.files())
ROWS, AUDITED = 20, 3


@cache
def keys(name):
    random = Random(f"tests/{name}")
    return list(dict.fromkeys(render.drawer(name)(random.random, 8 * ROWS, None)))[:ROWS]


def generated(name, count, seed, language="ja"):
    run = Run(seed)
    generator = Math(count=count, families=(name,), languages={language: 1.0})

    async def made():
        return [row for item in generator.items(run) for row in await generator.rows(item, run)]

    return asyncio.run(made())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rows_of_a_family_pass_the_check_and_sympy_gets_the_same_answers(name, language):
    rows = render.writer(name, language).write(keys(name))
    checker, oracle = check.checker(name, language), Oracle(families.load(name), language)
    assert rows
    assert [(reason, row) for row in rows if (reason := checker.why_refused(row))] == []
    assert [why for row in rows[:AUDITED] if (why := oracle.audit(row.question, row.answer))] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_of_a_family_are_laid_out_as_they_should_be(name):
    one, other = generated(name, 50, 1), generated(name, 50, 2)
    questions = {row.messages[0].content for row in one}
    assert len(questions) == len(one)
    assert questions.isdisjoint(row.messages[0].content for row in other)
    assert [row.id for row in generated(name, 50, 1)] == [row.id for row in one]
    assert [row.id for row in generated(name, 10, 1)] == [row.id for row in one][:10]
    assert all(row.meta["answer"] and row.meta["grade"] and row.meta["parameters"] for row in one)


def test_both_languages_ask_the_same_problems():
    for name in NAMES[::12]:
        ja, en = generated(name, 10, 3), generated(name, 10, 3, "en")
        assert [row.meta["parameters"] for row in ja] == [row.meta["parameters"] for row in en]


def test_every_grade_from_the_first_to_university_has_a_family():
    grades = {families.load(name).grade for name in NAMES}
    assert {"小1", "小2", "小3", "小4", "小5", "小6", "中1", "中2", "中3", "高1", "高2", "高3", "大学"} <= grades
