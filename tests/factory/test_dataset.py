import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory import columns, dataset
from factory.errors import DatasetError
from factory.manifest import MANIFEST, read_manifest
from factory.row import Message, Pair, Row, Verdict

texts = st.text(st.characters(exclude_categories=["Cs"]))
turns = st.lists(st.builds(Message, texts, texts), max_size=3).map(tuple)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
tags = {
    "license": texts,
    "source": texts,
    "generator": texts,
    "model": texts,
    "meta": st.dictionaries(texts, json_values, max_size=3),
    "verdicts": st.lists(
        st.builds(Verdict, texts, st.none() | st.booleans(), st.none() | st.floats(allow_nan=False), texts, texts),
        max_size=2,
    ).map(tuple),
}


@given(
    st.lists(st.builds(Row, messages=turns, **tags), max_size=3)
    | st.lists(st.builds(Pair, prompt=turns, chosen=turns, rejected=turns, **tags), min_size=1, max_size=3)
)
def test_rows_read_back_are_the_rows_written(rows):
    kind = columns.kind_of(rows[0]) if rows else "rows"
    batch = columns.batch(kind, rows, [row.verdicts for row in rows])
    assert columns.rows(batch) == rows
    assert batch["id"].to_pylist() == [row.id for row in rows]
    why = columns.dropped(batch, ["stage"] * len(rows), ["reason"] * len(rows), kind)
    assert columns.rows(why) == rows


def test_a_dataset_gives_its_rows_in_order(sums, generate, tmp_path):
    generate(sums(500, shard_rows=100), tmp_path)
    rows = list(dataset.read(tmp_path))
    assert len(rows) == 450
    assert len({row.id for row in rows}) == 450


@pytest.mark.parametrize("n", [0, 1, 7, 450, 1000])
def test_a_sample_is_spread_over_the_dataset(sums, generate, tmp_path, n):
    generate(sums(500, shard_rows=100), tmp_path)
    rows = list(dataset.read(tmp_path))
    size = min(n, 450)
    assert dataset.sample(tmp_path, n) == [rows[place * 450 // size] for place in range(size)]


def test_the_manifest_read_is_the_manifest_written(sums, generate, tmp_path):
    manifest = generate(sums(500, judges=("Even",)), tmp_path)
    assert read_manifest(tmp_path) == manifest
    assert manifest.digest == sums(500, judges=("Even",)).digest
    assert {"python", "post-training-factory", "pyarrow", "sympy"} <= set(manifest.versions)


def test_a_folder_without_manifest_is_no_dataset(sums, tmp_path):
    for action in (read_manifest, lambda path: list(dataset.read(path)), lambda path: dataset.sample(path, 1)):
        with pytest.raises(DatasetError, match=r"has no manifest.json; give the folder of a dataset"):
            action(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state/run.json").write_text("{}")
    with pytest.raises(DatasetError, match="its run is not finished: run the same command again"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"rows_made": 501}, "501 rows made are not"),
        ({"rows_kept": -1, "dropped": {"a: b": 501}}, "rows kept are not those of the shards"),
        ({"shards": [{"file": "../../etc/passwd", "rows": 450, "bytes": 1, "sha256": ""}]}, "shards.0.file"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_manifest_that_does_not_add_up_is_refused(sums, generate, tmp_path, change, complaint):
    generate(sums(500), tmp_path)
    path = tmp_path / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DatasetError, match=complaint):
        read_manifest(tmp_path)


def test_a_damaged_file_is_one_sentence(sums, generate, tmp_path):
    generate(sums(100), tmp_path)
    (tmp_path / "data/train-00000.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match=r"train-00000.parquet can't be read"):
        list(dataset.read(tmp_path))


def test_hugging_faces_loader_reads_the_folder(sums, generate, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    for name, recipe in (("rows", sums(500, shard_rows=100)), ("pairs", sums(100, use="Preferences"))):
        manifest = generate(recipe, tmp_path / name)
        loaded = datasets.load_dataset(str(tmp_path / name), split="train", cache_dir=str(tmp_path / "cache"))
        assert loaded.num_rows == manifest.rows_kept
        row, first = loaded[0], next(dataset.read(tmp_path / name))
        assert row["id"] == first.id
        if name == "rows":
            assert row["messages"] == [{"role": turn.role, "content": turn.content} for turn in first.messages]
        else:
            assert row["chosen"] == [{"role": "assistant", "content": first.chosen[0].content}]


def test_the_schema_is_what_trainers_know(sums, generate, tmp_path):
    generate(sums(10), tmp_path)
    schema = pa.parquet.read_schema(tmp_path / "data/train-00000.parquet")
    assert schema.names == ["id", "messages", "license", "source", "generator", "model", "meta", "verdicts"]
    assert str(schema.field("messages").type) == "list<element: struct<role: string, content: string>>"
