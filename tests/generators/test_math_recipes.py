"""The shipped recipes of school mathematics: what they say, and a few rows of each."""

from pathlib import Path

import pytest

from factory import dataset, pipeline, recipe
from factory.math import families

RECIPES = Path(__file__).parents[2] / "recipes"
ROWS = 45
GRADES = {
    "math_ja_elementary": {"小1", "小2", "小3", "小4", "小5", "小6"},
    "math_ja_junior_high": {"中1", "中2", "中3"},
    "math_ja_high_school": {"高1", "高2", "高3", "大学"},
}
GRADES["math_full"] = set().union(*GRADES.values())


def loaded(name, *changes):
    return recipe.load(RECIPES / f"{name}.yaml", changes)


def made(name, out, *changes):
    manifest = pipeline.generate(
        recipe.with_count(loaded(name, *changes), ROWS), out, workers=1, progress=lambda now: None
    )
    return manifest, list(dataset.read(out))


def problems(rows):
    """Each row's family with its numbers."""
    named = [(row.meta["family"], families.load(row.meta["family"]).parameters, row.meta["parameters"]) for row in rows]
    return {(family, *(str(values[name]) for name in names)) for family, names, values in named}


@pytest.mark.parametrize("name", GRADES)
def test_a_recipe_brings_rows_of_its_grades_from_easy_to_hard(name, tmp_path):
    manifest, rows = made(name, tmp_path / "out")
    assert (manifest.rows_made, manifest.rows_kept, manifest.license) == (ROWS, ROWS, "apache-2.0")
    assert sum(file.rows for file in manifest.texts) == ROWS
    assert {row.meta["grade"] for row in rows} <= GRADES[name]
    assert {row.meta["language"] for row in rows} == ({"ja", "en"} if name == "math_full" else {"ja"})
    assert all(("features" in row.meta) == bool(families.load(row.meta["family"]).features) for row in rows)
    if name == "math_full":
        levels = [row.meta["difficulty"] for row in rows]
        assert levels == sorted(levels)
        assert set(levels) == {1, 2, 3, 4, 5}
    else:
        assert len({row.meta["grade"] for row in rows}) >= 3


@pytest.mark.parametrize("name", GRADES)
def test_the_other_part_of_a_recipe_shares_no_problem_with_it(name, tmp_path):
    parts = [part.component for part in loaded(name).generate]
    assert {part.split.part for part in parts} == {"train"}
    changes = [f"generate.{place}.split.part=test" for place in range(len(parts))]
    _, train = made(name, tmp_path / "train")
    _, test = made(name, tmp_path / "test", *changes)
    assert len(test) == len(train) == ROWS
    assert problems(train).isdisjoint(problems(test))


@pytest.mark.parametrize("name", GRADES)
def test_every_entry_of_a_recipe_asks_for_other_families_or_levels(name):
    strands = [strand for part in loaded(name).generate for strand in part.component.strands()]
    assert len(strands) == len(set(strands)) > 20


def test_the_grades_of_the_recipes_are_all_that_there_are():
    assert GRADES["math_full"] == {families.load(name).grade for name in families.files()}
