"""Rows as plain text: a further configuration beside the conversations, row by row."""

import json

import pyarrow.parquet as pq
import pytest
import yaml

from factory import dataset, pipeline, recipe, texts
from factory.errors import DatasetError
from factory.publishing import bundle, croissant
from factory.row import Message, Pair, Row

RECIPE = """\
name: plain
seed: 3
license: apache-2.0
shard_rows: 20
generate:
  - {use: math, count: 70, families: [two_digit_addition, linear_equations]}
"""


@pytest.fixture
def made(tmp_path):
    """A dataset of small shards, with or without its texts."""

    def make(*changes, name="out"):
        (tmp_path / "recipe.yaml").write_text(RECIPE)
        loaded = recipe.load(tmp_path / "recipe.yaml", changes)
        return pipeline.generate(loaded, tmp_path / name, workers=1, progress=lambda now: None), tmp_path / name

    return make


def test_each_row_stands_once_more_as_text_in_the_same_order(made):
    manifest, out = made("generate.0.plain_text=true")
    rows = list(dataset.read(out))
    found = [record for file in manifest.texts for record in pq.read_table(out / file.file).to_pylist()]
    assert len(manifest.texts) == len(manifest.shards) > 1
    assert [file.rows for file in manifest.texts] == [file.rows for file in manifest.shards]
    assert [record["id"] for record in found] == [row.id for row in rows]
    for record, row in zip(found, rows, strict=True):
        question, answer = row.messages
        assert record["text"] == f"{question.content}\n\n{answer.content}"
        assert (record["license"], record["source"]) == (row.license, row.source)
        assert row.meta["family"] in record["meta"]


def test_without_being_asked_nothing_is_written_and_the_rows_are_the_same(made):
    plain, out = made(name="plain")
    told, _ = made("generate.0.plain_text=true", name="told")
    assert plain.texts == ()
    assert not (out / "texts").exists()
    assert "texts" not in (out / "README.md").read_text()
    assert [file.sha256 for file in plain.shards] == [file.sha256 for file in told.shards]


def test_the_card_croissant_and_what_is_published_name_the_texts(made):
    manifest, out = made("generate.0.plain_text=true")
    front = yaml.safe_load((out / "README.md").read_text().split("---")[1])
    config, info = (front[key][1] for key in ("configs", "dataset_info"))
    assert config == {"config_name": "text", "data_files": [{"split": "train", "path": "texts/train-*.parquet"}]}
    assert [field["name"] for field in info["features"]] == texts.SCHEMA.names
    assert info["splits"][0]["num_examples"] == manifest.rows_kept
    assert 'load_dataset("path/or/name", "text", split="train")' in (out / "README.md").read_text()
    assert {file.file for file in manifest.texts} <= set(bundle.read(out).files)
    described = json.loads(croissant.croissant(manifest, "https://example.org/plain"))
    assert [record["@id"] for record in described["recordSet"]] == ["default", "text"]


def test_a_damaged_text_is_found_when_the_run_is_asked_for_again(made):
    _, out = made("generate.0.plain_text=true")
    made("generate.0.plain_text=true")
    file = next((out / "texts").iterdir())
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DatasetError, match="is damaged or gone"):
        made("generate.0.plain_text=true")


def test_a_conversation_is_its_turns_and_a_pair_its_chosen_side():
    turns = (Message("system", "s"), Message("user", "q"), Message("assistant", "a"))
    assert texts.text(Row(turns, "mit", "x", "y")) == "s\n\nq\n\na"
    assert texts.text(Pair(turns[:2], turns[2:], (Message("assistant", "b"),), "mit", "x", "y")) == "s\n\nq\n\na"
