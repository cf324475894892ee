import asyncio
import random
import re
from collections import Counter

import numpy as np
import pytest

from factory import columns, dataset, pipeline
from factory.component import Run
from factory.gate_settings import NearDuplicates
from factory.licence.book import book
from factory.manifest import MANIFEST
from factory.settle import Alike, decide, near
from factory.spool import Spool
from factory.standing import standing


class Stop(BaseException):
    """As a signal would."""


@pytest.fixture
def alike(sums):
    """A recipe whose rows are alike in groups, each row with a score and a licence."""

    def build(count=600, *, near=0.6, key="user", **settings):
        changes = {"template_cap": settings.pop("template_cap", None)}
        if near is not None:
            changes["duplicates"] = NearDuplicates(near=near, key=key)
        head = {"use": "Alike", "shard_rows": 150} | settings
        return sums(count, **head).model_copy(update=changes)

    return build


def test_of_rows_that_are_alike_the_best_stays_and_the_others_say_which(alike, generate, tmp_path):
    manifest = generate(alike(), tmp_path)
    kept = {row.id: row for row in dataset.read(tmp_path)}
    rejects = [reject for reject in dataset.read_rejects(tmp_path) if reject.stage == "duplicates"]
    assert manifest.rows_made == 600 == len(kept) + sum(manifest.dropped.values())
    assert Counter(f"{reject.stage}: {reject.reason}" for reject in dataset.read_rejects(tmp_path)) == manifest.dropped
    assert manifest.dropped["duplicates: near"] > 50
    assert manifest.groups == Counter(row.meta["family"] for row in kept.values())
    for reject in rejects:
        said = reject.row.verdicts[-1]
        assert (said.judge, said.passed, said.reason) == ("duplicates", False, reject.reason)
        better = kept[re.fullmatch("kept instead: ([0-9a-f]{32})", said.note)[1]]
        assert (better.verdicts[-1].score, better.license == "cc0-1.0") >= (
            reject.row.verdicts[-2].score,
            reject.row.license == "cc0-1.0",
        )
        assert better.meta["topic"] == reject.row.meta["topic"]
        assert said.score >= 0.6


def test_without_it_the_same_rows_stay(alike, generate, tmp_path):
    manifest = generate(alike(near=None), tmp_path)
    assert "duplicates: near" not in manifest.dropped


@pytest.mark.parametrize("changes", [{"shard_rows": 40}, {"rows_per_item": 7}])
def test_one_worker_and_two_give_the_same_bytes(alike, generate, files, tmp_path, changes):
    generate(alike(300, **changes), tmp_path / "one")
    generate(alike(300, **changes), tmp_path / "two", workers=2)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_killed_at_any_moment_and_run_again_gives_the_same_bytes(alike, generate, files, tmp_path):
    recipe, ticks = alike(300, shard_rows=60), []
    pipeline.generate(recipe, tmp_path / "plain", workers=1, progress=ticks.append)
    assert {tick.stage for tick in ticks} > {"", "deciding on duplicates", "writing"}
    for at in random.Random(5).sample(range(len(ticks)), 5):
        left = iter(range(at))

        def stop(now, left=left):
            if next(left, None) is None:
                raise Stop

        with pytest.raises(Stop):
            pipeline.generate(recipe, tmp_path / f"{at}", workers=1, progress=stop)
        assert not (tmp_path / f"{at}" / MANIFEST).exists()
        generate(recipe, tmp_path / f"{at}")
        assert files(tmp_path / f"{at}") == files(tmp_path / "plain")


def test_a_run_that_was_killed_while_it_decided_makes_no_row_again(alike, tmp_path, synthetic):
    recipe = alike()

    def stop(now):
        if now.stage == "writing":
            raise Stop

    with pytest.raises(Stop):
        pipeline.generate(recipe, tmp_path, workers=1, progress=stop)
    ticks = []
    pipeline.generate(recipe, tmp_path, workers=1, progress=ticks.append)
    assert all(tick.stage for tick in ticks)
    assert ticks[0].rows_found == 600


def test_a_staged_shard_that_was_damaged_is_made_again(alike, generate, files, tmp_path):
    recipe = alike()
    generate(recipe, tmp_path / "plain")

    def stop(now):
        if now.stage == "writing":
            raise Stop

    with pytest.raises(Stop):
        pipeline.generate(recipe, tmp_path / "hurt", workers=1, progress=stop)
    (tmp_path / "hurt/state/staged/data/train-00001.parquet").write_bytes(b"gone")
    generate(recipe, tmp_path / "hurt")
    assert files(tmp_path / "hurt") == files(tmp_path / "plain")


def test_files_hold_as_many_rows_as_the_recipe_says(alike, generate, tmp_path):
    manifest = generate(alike(shard_rows=30), tmp_path)
    assert [shard.rows for shard in manifest.shards][:-1] == [30] * (len(manifest.shards) - 1)
    assert len(manifest.shards) > 1
    assert sum(file.rows for file in manifest.rejects) == sum(manifest.dropped.values())
    assert all(file.whole(tmp_path) for file in (*manifest.shards, *manifest.rejects))


def test_pairs_are_compared_by_their_prompts(alike, generate, tmp_path):
    manifest = generate(alike(use="AlikePairs"), tmp_path)
    assert manifest.kind == "pairs"
    assert manifest.dropped["duplicates: near"] > 50


def test_what_is_compared_is_the_recipes_to_say(alike, generate, tmp_path):
    by_prompt = generate(alike(), tmp_path / "a").rows_kept
    by_first = generate(alike(key="instruction"), tmp_path / "b").rows_kept
    by_all = generate(alike(key="conversation"), tmp_path / "c").rows_kept
    assert by_first <= by_prompt < by_all


def test_a_dataset_all_of_whose_rows_are_dropped_can_be_decided_on(alike, generate, tmp_path):
    manifest = generate(alike(count=20, judges=("Nothing",)), tmp_path)
    assert [shard.rows for shard in manifest.shards] == [0]


def test_variants_with_other_numbers_and_answers_stay(sums, generate, tmp_path):
    near = {"duplicates": NearDuplicates(near=0.5)}
    plain, answered = (sums(400, range=10**6, use=use).model_copy(update=near) for use in ("Sums", "Answered"))
    assert generate(plain, tmp_path / "plain").dropped["duplicates: near"] > 100
    assert generate(answered, tmp_path / "answered").dropped == {"planted: unlucky": 40}


class ByJaccard:
    """What `factory.near` is to find: every pair, exactly, by sets of 5-grams."""

    def __call__(self, texts, ranks, threshold, answers):
        grams = [{text.casefold()[at : at + 5] for at in range(max(1, len(text) - 4))} for text in texts]
        left, right, jaccard, kept = [], [], [], []
        for row in np.argsort(ranks).tolist():
            near = [(len(grams[row] & grams[one]) / len(grams[row] | grams[one]), one) for one in kept]
            best = max(near, key=lambda pair: pair[0], default=(0, 0))
            if best[0] >= threshold:
                left, right, jaccard = [*left, row], [*right, best[1]], [*jaccard, best[0]]
            else:
                kept.append(row)
        return Alike(np.array(left, int), np.array(right, int), np.array(jaccard))


@pytest.mark.parametrize("chunk", [7, 300])
def test_the_decision_is_that_of_every_pair_compared_whatever_the_order(alike, tmp_path, chunk):
    recipe = alike(300)
    generator = recipe.generate[0].component
    rows = [row for item in generator.items(Run(1)) for row in asyncio.run(generator.rows(item, Run(1)))]
    fates = {}
    for order, finder in ((range(300), near), (random.Random(3).sample(range(300), 300), ByJaccard())):
        mixed = [rows[place] for place in order]
        blocks = [mixed[at : at + chunk] for at in range(0, 300, chunk)]
        batches = [columns.batch("rows", block, [row.verdicts for row in block]) for block in blocks]
        with Spool(tmp_path) as texts:
            known = standing(batches, "rows", "user", book(), texts)
            decision = decide(recipe, known, texts, finder)
        assert [one.decode() for one in known.ids] == [row.id for row in mixed]
        fates[type(finder)] = Counter(
            (row.id, decision.fates[place], decision.said(place)) for place, row in enumerate(mixed)
        )
    one, other = fates.values()
    assert one == other


def test_of_rows_cut_from_one_template_as_many_stay_as_are_asked(alike, generate, tmp_path):
    recipe = alike(400, near=None, use="Templated", template_cap=5, shard_rows=100)
    manifest = generate(recipe, tmp_path)
    kept = [row for row in dataset.read(tmp_path) if row.meta["family"] == "template"]
    assert len(kept) == 5
    dropped = [reject.row for reject in dataset.read_rejects(tmp_path) if reject.stage == "templates"]
    assert manifest.dropped["templates: over_cap"] == len(dropped) > 150
    assert min(row.verdicts[0].score for row in kept) >= max(row.verdicts[0].score for row in dropped)
    (template,) = {row.verdicts[-1].note for row in (*kept, *dropped)}
    assert re.fullmatch("template [0-9a-f]{16}", template)
    assert {row.verdicts[-1].passed for row in kept} == {True}


def test_exact_duplicates_are_left_alone_where_the_recipe_says_off(alike, generate, tmp_path):
    recipe = alike(400, near=None, use="Templated", template_cap=5, duplicates="off", range=3)
    assert "duplicates: exact" not in generate(recipe, tmp_path).dropped
