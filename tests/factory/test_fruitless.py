import pytest

from factory import pipeline
from factory.fruitless import ROWS, FruitlessRun
from factory.manifest import MANIFEST


def test_a_run_whose_rows_are_all_dropped_ends_with_the_reason_a_share_and_a_sample(sums, generate, tmp_path):
    with pytest.raises(FruitlessRun) as told:
        generate(sums(5000, judges=("Nothing",), shard_rows=50), tmp_path)
    said = str(told.value)
    assert told.value.exit_code == 2
    assert f"the first {ROWS} rows are all dropped, 180 of them by `nothing: never` (the rest by 1 other" in said
    assert "What is" in said
    assert "(not good enough)" in said
    assert "--keep-going" in said
    assert len(list((tmp_path / "state").glob("shard-*.json"))) == 4


def test_the_same_goes_on_to_the_end_when_told_to(sums, tmp_path):
    options = pipeline.Options(keep_going=True)
    recipe = sums(500, judges=("Nothing",))
    manifest = pipeline.generate(recipe, tmp_path, workers=1, progress=lambda now: None, options=options)
    assert (manifest.rows_made, manifest.rows_kept) == (500, 0)


def test_few_rows_and_runs_that_keep_one_are_let_be(sums, generate, tmp_path):
    assert generate(sums(ROWS - 50, judges=("Nothing",)), tmp_path / "few").rows_kept == 0
    assert generate(sums(3000, range=1), tmp_path / "one").rows_kept == 2


def test_each_generator_is_looked_at_by_itself(sums, generate, tmp_path):
    once = sums(400, range=1)
    both = once.model_copy(update={"generate": (*once.generate, *once.generate)})
    with pytest.raises(FruitlessRun, match="180 of them by `duplicates: exact`"):
        generate(both, tmp_path)


def test_what_is_sampled_can_not_fill_the_terminal(sums, generate, tmp_path):
    recipe = sums(5000, judges=("Nothing",), padding=10_000)
    with pytest.raises(FruitlessRun) as told:
        generate(recipe, tmp_path)
    assert len(str(told.value)) < 600
    assert not (tmp_path / MANIFEST).exists()
