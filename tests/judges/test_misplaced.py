"""Judges that can't say anything of a recipe's rows are told when the recipe is read."""

import json
from pathlib import Path

import pytest

from factory import recipe as recipes
from factory.errors import RecipeError

RECIPE = """
name: judged
seed: 1
license: apache-2.0
models:
  m: {{use: scripted, model: m, license: apache-2.0, rules: [{{say: ["[[A]]"]}}]}}
generate:
  - {{use: dataset, source: {source}, license: apache-2.0}}
judge:
  - {judge}
"""
ROW = {"messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "There."}]}
PAIR = {"prompt": "Where?", "chosen": "There.", "rejected": "Here."}


def read(folder: Path, source: str, judge: str) -> recipes.Recipe:
    (folder / "rows.jsonl").write_text(json.dumps(ROW))
    (folder / "pairs.jsonl").write_text(json.dumps(PAIR))
    (folder / "r.yaml").write_text(RECIPE.format(source=source, judge=judge))
    return recipes.load(folder / "r.yaml")


@pytest.mark.parametrize(
    ("source", "judge", "sentence"),
    [
        ("rows.jsonl", "{use: pairwise, model: m}", "pairwise compares two answers, and the rows are conversations"),
        ("rows.jsonl", "{use: llm, model: m, mode: best_of_list}", "or set mode: absolute"),
        ("pairs.jsonl", "{use: llm, model: m, mode: best_of_list}", "or set mode: absolute"),
    ],
)
def test_a_judge_that_can_say_nothing_of_the_rows_is_told_with_its_place(
    tmp_path: Path, source: str, judge: str, sentence: str
) -> None:
    with pytest.raises(RecipeError) as told:
        read(tmp_path, source, judge)
    assert sentence in str(told.value)
    assert "r.yaml:10: judge.0: " in str(told.value)


@pytest.mark.parametrize(
    ("source", "judge"),
    [("pairs.jsonl", "{use: pairwise, model: m}"), ("rows.jsonl", "{use: llm, model: m}")],
)
def test_a_judge_in_its_place_is_taken(tmp_path: Path, source: str, judge: str) -> None:
    assert read(tmp_path, source, judge).judge
