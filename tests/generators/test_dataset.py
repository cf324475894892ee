"""Public data goes through a recipe: rows, rejects, licences, samples; and comes out the same however it is run."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factory import dataset, pipeline
from factory import recipe as recipes
from factory.errors import LicenceError, RecipeError
from factory.manifest import Manifest
from factory.row import Pair, Row

ROOT = Path(__file__).parents[2]
Load = Callable[..., recipes.Recipe]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A recipe of one `dataset` over records, which are written beside it."""

    def build(*records: Any, changes: tuple[str, ...] = (), **settings: Any) -> recipes.Recipe:
        lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
        (tmp_path / "data.jsonl").write_text("\n".join(lines))
        part = {"use": "dataset", "source": "data.jsonl", "license": "apache-2.0"} | settings
        text = {
            "name": "r",
            "seed": 3,
            "license": "apache-2.0",
            "shard_rows": 700,
            "duplicates": "off",
            "generate": [part],
        }
        (tmp_path / "r.yaml").write_text(json.dumps(text))
        return recipes.load(tmp_path / "r.yaml", changes)

    return build


def records(count: int) -> list[dict[str, Any]]:
    return [
        {"prompt": f"What is {n}?", "response": f"It is {n}.", "category": "odd" if n % 2 else "even"}
        for n in range(count)
    ]


def run(recipe: recipes.Recipe, out: Path, workers: int = 1) -> tuple[Manifest, list[Any]]:
    manifest = pipeline.generate(recipe, out, workers=workers, progress=lambda now: None)
    return manifest, list(dataset.read(out))


def places(rows: list[Row]) -> list[int]:
    return [row.meta["row"] for row in rows]


def test_every_record_is_a_row_or_a_reject_with_a_reason(load, tmp_path):
    good = records(2_400)
    bad = ["{", "[]", {"prompt": "x"}, {"prompt": "x", "response": 3}, {"prompt": "x", "response": " "}]
    manifest, rows = run(load(*good[:1_500], *bad, *good[1_500:]), tmp_path / "out")
    assert (manifest.rows_asked, manifest.rows_made, manifest.rows_kept) == (2_405, 2_405, 2_400)
    assert manifest.dropped == {"read: empty": 1, "read: missing": 1, "read: not_json": 2, "read: not_text": 1}
    assert [row.messages[0].content for row in rows] == [record["prompt"] for record in good]
    assert places(rows) == [*range(1_500), *range(1_505, 2_405)]
    assert Counter(row.meta["category"] for row in rows) == {"odd": 1_200, "even": 1_200}
    assert all(row.source.startswith("data.jsonl@") and row.generator == "dataset" for row in rows)
    notes = [reject.row.verdicts[0].note for reject in dataset.read_rejects(tmp_path / "out")]
    assert notes[:3] == ["{", "[]", '{"prompt":"x"}']


def files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != pipeline.TIMING)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_worker_processes_a_kill_and_a_form_of_the_file_change_nothing(load, tmp_path):
    found = records(3_100)
    recipe = load(*found, "{")
    run(recipe, tmp_path / "one")
    run(recipe, tmp_path / "two", workers=2)
    assert files(tmp_path / "one") == files(tmp_path / "two")

    def stop(now: pipeline.Progress) -> None:
        if now.rows_made > 1_500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.generate(recipe, tmp_path / "three", workers=1, progress=stop)
    run(recipe, tmp_path / "three")
    assert files(tmp_path / "one") == files(tmp_path / "three")
    pq.write_table(pa.Table.from_pylist(found), tmp_path / "data.parquet", row_group_size=800)
    _, rows = run(load(*found, source="data.parquet"), tmp_path / "four")
    assert [row.messages for row in rows] == [row.messages for row in dataset.read(tmp_path / "one")]


def test_count_is_at_most_and_a_random_sample_follows_the_seed(load, tmp_path):
    found = records(2_500)
    first, rows = run(load(*found, count=1_200), tmp_path / "first")
    assert (first.rows_asked, places(rows)) == (1_200, list(range(1_200)))
    manifest, rows = run(load(*found, count=9_000), tmp_path / "all")
    assert (manifest.rows_asked, manifest.rows_kept) == (2_500, 2_500)
    _, sample = run(load(*found, count=1_200, pick="random"), tmp_path / "sample")
    assert len(set(places(sample))) == 1_200
    assert places(sample) == sorted(places(sample)) != list(range(1_200))
    _, other = run(load(*found, count=1_200, pick="random", changes=("seed=4",)), tmp_path / "other")
    assert set(places(other)) != set(places(sample))


def test_shuffling_brings_all_rows_in_an_order_that_follows_the_seed(load, tmp_path):
    found = records(2_500)
    _, rows = run(load(*found, shuffle=True), tmp_path / "one")
    assert sorted(places(rows)) == list(range(2_500)) != places(rows)
    assert [row.messages[0].content for row in rows] == [f"What is {n}?" for n in places(rows)]
    _, again = run(load(*found, shuffle=True), tmp_path / "two")
    assert places(again) == places(rows)
    _, other = run(load(*found, shuffle=True, changes=("seed=4",)), tmp_path / "three")
    assert places(other) != places(rows)


def test_only_records_that_have_the_values_are_taken(load, tmp_path):
    manifest, rows = run(load(*records(50), "{", where={"category": "odd"}, keep=["category"]), tmp_path / "out")
    assert (manifest.rows_asked, manifest.rows_kept, manifest.dropped) == (26, 25, {"read: not_json": 1})
    assert {row.meta["category"] for row in rows} == {"odd"}


def test_the_licence_of_a_record_comes_before_the_sources(load, tmp_path):
    found = [record | {"license": license} for record, license in zip(records(2), ["MIT", None], strict=True)]
    recipe = load(*found)
    assert [row.license for row in run(recipe, tmp_path / "out")[1]] == ["mit", "apache-2.0"]


@pytest.mark.parametrize("license", ["cc-by-nc-4.0", "no-such-licence", "MIT-but-odd"])
def test_a_licence_that_is_refused_is_refused_before_anything_is_made(load, license):
    with pytest.raises((LicenceError, RecipeError)) as caught:
        load(*records(1), changes=(f"generate.0.license={license}",))
    assert "\n" not in str(caught.value)


def test_pairs_make_a_dataset_of_pairs_and_rejects(load, tmp_path):
    good = {"prompt": "Why?", "chosen": "Because.", "rejected": "No."}
    manifest, rows = run(load(good, good | {"rejected": "Because."}), tmp_path / "out")
    assert (manifest.kind, manifest.dropped) == ("pairs", {"read: same_answers": 1})
    assert isinstance(rows[0], Pair)
    (reject,) = dataset.read_rejects(tmp_path / "out")
    assert isinstance(reject.row, Pair)


def test_rows_that_were_made_here_stay_as_they_are(load, tmp_path):
    _, made = run(load(*records(5)), tmp_path / "made")
    _, again = run(load({"a": 1}, source="made", license=""), tmp_path / "again")
    assert again == made


def test_what_is_wrong_is_one_sentence_with_its_place(load):
    for settings, said in [
        ({"source": "gone.jsonl"}, r"r\.yaml:1: generate\.0: source .*gone\.jsonl can't be read: No such file"),
        ({"format": "nothing"}, "format: there is no 'nothing'"),
        ({"source": "http://localhost/a.jsonl"}, "addresses are not read"),
        ({"pick": "last"}, "'last' is not one of"),
        ({"count": 0}, "greater than 0"),
    ]:
        with pytest.raises(RecipeError, match=said) as caught:
            load(*records(1), **settings)
        assert "\n" not in str(caught.value)


def test_a_changed_file_is_another_recipe(load):
    assert load(*records(2)).digest == load(*records(2)).digest != load(*records(3)).digest


def test_a_preview_reads_no_more_than_it_shows(load):
    rows = pipeline.preview(load(*records(3_000)), 4)
    assert places(rows) == [0, 1, 2, 3]


def test_the_recipe_that_ships_runs(tmp_path):
    manifest, rows = run(recipes.load(ROOT / "recipes/dataset.yaml"), tmp_path / "out")
    assert (manifest.rows_made, manifest.rows_kept, manifest.dropped) == (9, 8, {"read: missing": 1})
    assert rows[1].messages[0].content.startswith("How long was the bridge closed?\n\nThe bridge over")
    assert rows[1].meta == {"row": 1, "format": "dolly", "category": "closed_qa"}
