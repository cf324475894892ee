from collections import Counter

import pyarrow.parquet as pq
import pytest

from factory import dataset, pipeline
from factory.component import Run
from factory.errors import Interrupted, RecipeError
from factory.recipe import Part
from factory.row import Pair
from factory.work import ComponentBroke


def test_what_is_made_is_kept_or_dropped_with_a_reason(sums, generate, tmp_path):
    manifest = generate(sums(1000, judges=("Even",), range=300), tmp_path)
    assert manifest.rows_asked == manifest.rows_made == 1000
    assert manifest.rows_made == manifest.rows_kept + sum(manifest.dropped.values())
    assert set(manifest.dropped) == {"planted: unlucky", "even: odd", "even: unjudged", "duplicates: exact"}
    kept, rejects = list(dataset.read(tmp_path)), list(dataset.read_rejects(tmp_path))
    assert len(kept) == manifest.rows_kept
    assert Counter(f"{reject.stage}: {reject.reason}" for reject in rejects) == manifest.dropped
    assert manifest.groups == Counter(row.meta["family"] for row in kept)
    assert manifest.languages == Counter(row.meta["language"] for row in kept)
    assert manifest.licences == {"apache-2.0": len(kept)}
    drops = Counter(reject.row.meta["family"] for reject in rejects)
    assert {group: sum(fates.values()) for group, fates in manifest.group_drops.items()} == drops


def test_each_judge_that_spoke_is_in_the_row_and_a_dropped_row_is_not_judged_again(sums, generate, tmp_path):
    generate(sums(200, judges=("Even",)), tmp_path)
    for row in dataset.read(tmp_path):
        assert [(verdict.judge, verdict.passed) for verdict in row.verdicts] == [("planted", True), ("even", True)]
    for reject in dataset.read_rejects(tmp_path):
        assert [verdict.judge for verdict in reject.row.verdicts][-1] == reject.stage
        assert reject.row.verdicts[-1].passed is (None if reject.reason == "unjudged" else False)


def test_one_worker_two_workers_and_coroutines_give_the_same_bytes(sums, generate, files, tmp_path):
    for name, use, workers in (("one", "Sums", 1), ("two", "Sums", 2), ("coroutines", "Coroutines", 1)):
        generate(sums(2000, use=use, judges=("Even",), range=3000), tmp_path / name, workers)
    one = files(tmp_path / "one")
    assert len(one) > 8
    assert files(tmp_path / "two") == one
    assert files(tmp_path / "coroutines") == one


def test_the_first_of_two_duplicates_stays(sums, generate, synthetic, tmp_path):
    recipe = sums(600, range=40, shard_rows=20)
    generate(recipe, tmp_path)
    generator, run = recipe.generate[0].component, Run(1)
    first: dict[str, str] = {}
    for item in generator.items(run):
        for row in _now(generator.rows(item, run)):
            if row.verdicts[0].passed:
                first.setdefault(row.messages[0].content, row.id)
    assert [row.id for row in dataset.read(tmp_path)] == list(first.values())


def test_duplicates_stay_when_the_recipe_says_off(sums, generate, tmp_path):
    manifest = generate(sums(300, range=5, duplicates="off"), tmp_path)
    assert manifest.dropped == {"planted: unlucky": 30}


def test_a_shard_is_cut_at_the_item_that_fills_it(sums, generate, tmp_path):
    manifest = generate(sums(1000, shard_rows=100), tmp_path)
    assert [shard.rows for shard in manifest.shards] == [135] * 6 + [90]
    assert all(shard.whole(tmp_path) for shard in manifest.shards)


def test_rows_are_written_in_row_groups_of_one_size(sums, generate, tmp_path):
    generate(sums(14_000, rows_per_item=700, shard_rows=13_000), tmp_path)
    metadata = pq.ParquetFile(tmp_path / "data/train-00000.parquet").metadata
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [10_000, 2_600]


def test_a_row_under_an_unknown_licence_is_dropped(sums, generate, tmp_path):
    manifest = generate(sums(100, use="Unlicensed"), tmp_path)
    assert manifest.dropped == {"planted: unlucky": 10, "licence: L003": 90}
    assert manifest.rows_kept == 0
    assert [shard.rows for shard in manifest.shards] == [0]


def test_an_unknown_licence_of_the_recipe_is_refused_before_anything_is_written(sums, generate, tmp_path):
    recipe = sums(10).model_copy(update={"license": "Apache-2.0"})
    with pytest.raises(RecipeError, match=r"write 'apache-2\.0'"):
        generate(recipe, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_half_a_surrogate_pair_drops_the_row_and_not_the_run(sums, generate, tmp_path):
    manifest = generate(sums(100, surrogates=True), tmp_path)
    assert manifest.dropped["unicode: lone_surrogate"] == 10
    reject = next(reject for reject in dataset.read_rejects(tmp_path) if reject.stage == "unicode")
    assert reject.row.messages[-1].content.endswith("$?")


def test_pairs_go_the_same_way(sums, generate, files, tmp_path):
    manifest = generate(sums(300, use="Preferences", range=100), tmp_path / "a")
    assert manifest.kind == "pairs"
    pairs = list(dataset.read(tmp_path / "a"))
    assert len(pairs) == manifest.rows_kept < 300
    assert all(isinstance(pair, Pair) and pair.rejected[0].content == "?" for pair in pairs)
    generate(sums(300, use="Preferences", range=100), tmp_path / "b", workers=2)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_conversations_and_pairs_in_one_dataset_are_refused(sums, generate, tmp_path):
    both = (*sums(50).generate, *sums(50, use="Preferences").generate)
    with pytest.raises(TypeError, match="one of them"):
        generate(sums(50).model_copy(update={"generate": both}), tmp_path)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bug_shows_its_traceback_and_finished_shards_stay(sums, generate, tmp_path, workers):
    with pytest.raises(
        ComponentBroke, match=r"item 'sums/500' of 'sums' broke: ZeroDivisionError: the planted bug"
    ) as bug:
        generate(sums(1000, breaks_on="sums/500", shard_rows=50), tmp_path, workers)
    assert "synthetic.py" in str(bug.value.__cause__) or isinstance(bug.value.__cause__, ZeroDivisionError)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [f"train-{n:05d}.parquet" for n in range(5)]


def test_a_killed_worker_is_one_sentence_and_the_rerun_is_whole(sums, generate, files, tmp_path):
    recipe = sums(1000, killed_once=str(tmp_path / "killed"))
    with pytest.raises(Interrupted, match=r"killed by signal 9 \(out of memory\?\) while it made item 'sums/100'"):
        generate(recipe, tmp_path / "out", workers=2)
    generate(recipe, tmp_path / "out", workers=2)
    generate(recipe, tmp_path / "plain")
    assert files(tmp_path / "out") == files(tmp_path / "plain")


def test_a_shortfall_is_in_the_manifest(sums, generate, tmp_path):
    assert generate(sums(999), tmp_path).shortfalls == (("sums", 1000, 999),)


def test_progress_ends_at_the_manifests_numbers(sums, tmp_path):
    seen: list[pipeline.Progress] = []
    manifest = pipeline.generate(sums(500), tmp_path, workers=1, progress=seen.append)
    assert [now.rows_made for now in seen] == list(range(50, 501, 50))
    last = seen[-1]
    assert (last.rows_asked, last.rows_kept, last.rows_dropped) == (500, manifest.rows_kept, 50)


def test_a_preview_is_judged_rows_and_writes_nothing(sums, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = pipeline.preview(sums(100_000, judges=("Even",)), 20)
    assert 0 < len(rows) <= 20
    assert all(row.verdicts[-1].judge == "even" and row.verdicts[-1].passed for row in rows)
    assert not list(tmp_path.iterdir())


def test_several_generators_run_in_the_recipes_order(sums, generate, synthetic, tmp_path):
    parts = tuple(
        Part(name, synthetic.Sums(count=100, range=10**n, family=name)) for name, n in (("b", 8), ("a", 9), ("c", 10))
    )
    manifest = generate(sums().model_copy(update={"generate": parts}), tmp_path)
    order = list(dict.fromkeys(row.meta["family"][0] for row in dataset.read(tmp_path)))
    assert order == ["b", "a", "c"]
    assert manifest.rows_asked == 300


def _now(coroutine):
    """The value of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits")
