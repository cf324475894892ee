"""The generator of math problems: settings, shares, rows that can be made again, and rows that are refused."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from shutil import copytree

import pytest
from pydantic import ValidationError

import templates
from factory.component import Item, Run
from factory.math import check, families, render
from generators.math import FINAL, Math

ROOT = Path(templates.__file__).parent.parent


def made(run=None, **settings):
    run = run or Run(7)
    generator = Math(**settings)

    async def rows():
        return [row for item in generator.items(run) for row in await generator.rows(item, run)]

    return asyncio.run(rows())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"families": ("nothing_*",)}, "families: 'nothing_*' matches no family"),
        ({"families": ("fractions/*", "nothing_*")}, "families: 'nothing_*' matches no family"),
        ({"weights": {"nothing_*": 2}}, "'nothing_*' matches no family"),
        (
            {"families": ("multiplication_table",), "difficulty": (5,)},
            "difficulty: no family among multiplication_table",
        ),
    ],
)
def test_settings_that_leave_nothing_are_refused_in_one_sentence(settings, sentence):
    (said,) = Math(count=1, **settings).check()
    assert sentence in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "settings",
    [{"count": 0}, {"count": -1}, {"languages": {}}, {"languages": {"ja": 0}}, {"languages": {"ja": -1}},
     {"languages": {"fr": 1}},
     {"families": ()}, {"difficulty": ()}, {"difficulty": (0,)}, {"difficulty": (6,)}, {"weights": {"*": 0}},
     {"weights": {"*": -2}}, {"family": "x"}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ValidationError):
        Math(**{"count": 1, **settings})


def test_good_settings_have_nothing_wrong_with_them():
    assert Math(count=10).check() == []
    assert (
        Math(count=10, families=("fractions/*",), weights={"*": 2}, languages={"en": 1}, difficulty=(1, 2, 3)).check()
        == []
    )


def test_items_are_the_same_again_and_their_keys_differ():
    items = [list(Math(count=300).items(Run(3))) for _ in range(2)]
    assert items[0] == items[1]
    assert len({item.key for item in items[0]}) == len(items[0])
    assert sum(item.rows for item in items[0]) == 300
    assert [item.payload for item in items[0]] != [item.payload for item in Math(count=300).items(Run(4))]


def test_items_come_one_by_one():
    items = Math(count=5_000, families=("linear_equations",), languages={"ja": 1}).items(Run(1))
    first, second = islice(items, 2)
    assert isinstance(first, Item)
    assert (first.rows, second.rows) == (2_500, 2_500)
    assert first.key != second.key


def test_the_parts_of_a_recipe_draw_different_questions():
    one, other = (made(Run(1, part=part), count=40, families=("linear_equations",)) for part in (0, 1))
    assert [row.id for row in one] != [row.id for row in other]


def test_a_row_says_where_it_comes_from():
    for row in made(count=60, families=("crane_and_turtle", "definite_integral", "fractions/*")):
        family = families.load(row.meta["family"])
        expected = (family.area, family.grade, family.topic, family.level)
        assert (row.meta["area"], row.meta["grade"], row.meta["topic"], row.meta["difficulty"]) == expected
        assert row.source == f"templates/math/{family.area}/{family.name}"
        assert (row.license, row.generator, row.model) == ("apache-2.0", "math", "")
        assert [message.role for message in row.messages] == ["user", "assistant"]
        assert FINAL[row.meta["language"]] in row.messages[1].content.splitlines()[-1]
        assert [verdict.passed for verdict in row.verdicts] == [True]
        assert list(row.meta["parameters"]) == render.key_names(family)


def test_a_row_can_be_made_again_from_its_parameters():
    for row in made(count=400, difficulty=(1, 3, 5)):
        name, language = row.meta["family"], row.meta["language"]
        (again,) = render.writer(name, language).write([tuple(row.meta["parameters"].values())])
        assert row.messages[0].content == again.question
        assert row.messages[1].content == f"{again.solution}\n{FINAL[language]}{again.answer}"
        assert row.meta["answer"].replace(" ", "") == again.answer.replace("$", "").replace(" ", "")
        assert check.checker(name, language).why_refused(again) == ""


def test_levels_families_and_languages_are_those_asked_for():
    assert {row.meta["difficulty"] for row in made(count=200, difficulty=(2, 4))} == {2, 4}
    assert {row.meta["area"] for row in made(count=60, families=("fractions/*", "vectors/*"))} == {
        "fractions",
        "vectors",
    }
    assert {row.meta["language"] for row in made(count=60, languages={"en": 1})} == {"en"}


def test_weights_and_languages_share_the_count_out():
    rows = made(
        count=1_000,
        families=("linear_equations", "crane_and_turtle"),
        languages={"ja": 3, "en": 1},
        weights={"*": 5, "algebra/*": 4, "crane*": 1},
    )
    found = Counter((row.meta["family"], row.meta["language"]) for row in rows)
    assert found == {
        ("linear_equations", "ja"): 600, ("linear_equations", "en"): 200,
        ("crane_and_turtle", "ja"): 150, ("crane_and_turtle", "en"): 50,
    }  # fmt: skip


def test_a_family_that_runs_out_says_so_and_others_take_its_share():
    run = Run(1)
    settings = {"families": ("multiplication_table", "linear_equations"), "languages": {"ja": 1.0}}
    rows = made(run, count=2_000, **settings)
    found = Counter(row.meta["family"] for row in rows)
    assert found.total() == len({row.messages[0].content for row in rows}) == 2_000
    assert 0 < found["multiplication_table"] < 1_000
    (short,) = run.shortfalls
    assert short.what == "math multiplication_table (ja)"
    assert short.available == found["multiplication_table"]
    assert short.asked >= 1_000


def test_families_that_all_run_out_bring_what_they_have():
    run = Run(2)
    rows = made(run, count=5_000, families=("multiplication_table",))
    per_language = Counter(row.meta["language"] for row in rows)
    assert per_language["ja"] == per_language["en"] < 2_500
    assert {(short.what, short.available) for short in run.shortfalls} == {
        (f"math multiplication_table ({language})", per_language[language]) for language in ("ja", "en")
    }


def test_nothing_is_short_where_there_is_enough():
    run = Run(1)
    assert len(made(run, count=500, families=("algebra/linear_*", "crane_and_turtle"))) == 500
    assert run.shortfalls == []


SCRIPT = """
import asyncio, json
from factory.component import Run
from generators.math import Math

async def made():
    run, generator = Run(5), Math(count=40, families=("crane_and_turtle",))
    return [row for item in generator.items(run) for row in await generator.rows(item, run)]

for row in asyncio.run(made()):
    print(json.dumps([row.meta["language"], [[v.judge, v.passed, v.score, v.reason] for v in row.verdicts]]))
"""


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("turtles: int(2, 40)", "turtles: int(2, 40)", ""),
        ("extra: legs - all_cranes", "extra: legs - all_cranes + 1", "wrong_step"),
        ("legs: 2 * cranes + 4 * turtles", "legs: 2 * cranes + 4 * turtles + 2", "wrong_answer"),
        ("ja: <<turtles>>匹", "ja: <<turtles>>頭", "unread_answer"),
        ("実際の足の数との差は", "<<legs * 1000 + 7>>本をひくと、実際の足の数との差は", "stray_number"),
    ],
)
def test_a_row_of_a_faulty_family_goes_out_with_its_reason(tmp_path, old, new, reason):
    copytree(ROOT / "templates", tmp_path / "templates", ignore=lambda folder, names: {"__pycache__"} & set(names))
    path = tmp_path / "templates" / "math" / "word_problems" / "crane_and_turtle.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    said = [json.loads(line) for line in run.stdout.splitlines()]
    passed = [["math_check", True, 1.0, ""]]
    refused = [["math_check", False, 0.0, reason]] if reason else passed
    only_ja = reason in {"unread_answer", "stray_number"}
    assert len(said) == 40
    assert all(verdicts == (passed if only_ja and language == "en" else refused) for language, verdicts in said)
