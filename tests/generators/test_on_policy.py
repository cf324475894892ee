"""A checkpoint's answers become pairs; nothing that was sampled, or that gave no pair, is lost."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factory import dataset, pipeline
from factory import recipe as recipes
from factory.errors import RecipeError

ROOT = Path(__file__).parents[2]
RECIPE = """
name: pairs
seed: {seed}
license: apache-2.0
shard_rows: 16
duplicates: exact
models:
  policy:
    use: scripted
    license: apache-2.0
    concurrency: {concurrency}
    rules:
      - {{when: cut off, say: [Well], fail: truncated}}
      - {{when: all alike, say: [The answer is 7.]}}
      - {{when: all right, say: ["{{{{n}}}} steps. The answer is 7."]}}
      - {{when: no end, say: ["It takes {{{{n}}}} steps and so on", "It is about {{{{n}}}} or so, or more"]}}
      - {{say: ["{{{{n}}}} steps. The answer is 7.", "{{{{n}}}} steps. The answer is 12."]}}
generate:
  - use: on_policy
    prompts: {{source: prompts.jsonl, format: prompts, keep: [answer], license: apache-2.0}}
    model: policy
    score: [{{use: math_answer}}]
"""


def problem(text: str, answer: str = "7") -> dict[str, str]:
    return {"prompt": text, "answer": answer}


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., recipes.Recipe]:
    def read(
        *changes: str, seed: int = 1, count: int = 50, rows: list[Any] | None = None, concurrency: int = 8
    ) -> recipes.Recipe:
        made = [problem(f"Problem {n}: three plus four?") for n in range(count)] if rows is None else rows
        (tmp_path / "prompts.jsonl").write_text("\n".join(map(json.dumps, made)))
        (tmp_path / "r.yaml").write_text(RECIPE.format(seed=seed, concurrency=concurrency))
        return recipes.load(tmp_path / "r.yaml", changes)

    return read


def test_a_right_answer_is_chosen_against_a_wrong_one(load, tmp_path, run):
    manifest, pairs = run(load(), tmp_path / "out")
    assert manifest.rows_made == 50
    assert len(pairs) == manifest.rows_kept >= 45
    for pair in pairs:
        assert pair.chosen[0].content.endswith("The answer is 7.")
        assert pair.rejected[0].content.endswith("The answer is 12.")
        assert pair.prompt[0].content.endswith("three plus four?")
        assert (pair.license, pair.model, pair.generator) == ("apache-2.0", "scripted", "on_policy")
        assert pair.source.startswith("prompts.jsonl@")
        meta = pair.meta
        assert (meta["answer"], meta["score_chosen"], meta["score_rejected"], meta["margin"]) == ("7", 1.0, 0.0, 1.0)
        assert (meta["samples"], meta["language"], meta["scores"]) == (8, "en", {"math_answer": [1.0, 0.0]})


def test_all_samples_are_kept_with_their_scores_and_what_became_of_them(load, tmp_path, run):
    _, pairs = run(load(), tmp_path / "out")
    samples = list(dataset.read_samples(tmp_path / "out"))
    assert len(samples) == 50 * 8
    assert len({(one.prompt_id, one.sample) for one in samples}) == 50 * 8
    by_place = {(one.prompt_id, one.sample): one for one in samples}
    for pair in pairs:
        chosen = by_place[pair.meta["prompt_id"], pair.meta["sample_chosen"]]
        rejected = by_place[pair.meta["prompt_id"], pair.meta["sample_rejected"]]
        assert (chosen.text, chosen.score, chosen.role) == (pair.chosen[0].content, 1.0, "chosen")
        assert (rejected.text, rejected.score, rejected.role) == (pair.rejected[0].content, 0.0, "rejected")
        assert chosen.row_id == rejected.row_id == pair.id
        assert [said.judge for said in chosen.scores] == ["math_answer"]
    assert sum(bool(one.role) for one in samples) == 2 * len(pairs)


def test_a_prompt_without_a_pair_has_its_reason_and_its_samples_stay(load, tmp_path, run):
    rows = [problem(text) for text in ("cut off", "all alike", "all right", "no end", "three plus four?")]
    manifest, pairs = run(load(rows=rows), tmp_path / "out")
    assert manifest.rows_made == 5 == manifest.rows_kept + sum(manifest.dropped.values())
    rejects = list(dataset.read_rejects(tmp_path / "out"))
    assert [(reject.row.prompt[0].content, reject.stage, reject.reason) for reject in rejects] == [
        ("cut off", "on_policy", "too_few"),
        ("all alike", "on_policy", "too_few"),
        ("all right", "on_policy", "no_signal"),
        ("no end", "on_policy", "unscored"),
    ]
    notes = [reject.row.verdicts[0].note for reject in rejects]
    assert notes == ["8 truncated", "7 repeated", "", "8 math_answer: no_answer"]
    samples = list(dataset.read_samples(tmp_path / "out"))
    assert [one.reason for one in samples[:16]] == ["truncated"] * 8 + [""] + ["repeated"] * 7
    assert [one.text for one in samples[:8]] == ["Well"] * 8
    assert len(samples) == 40
    tallies = manifest.tallies["on_policy"]
    assert {name: tallies[name] for name in ("prompts", "samples", "too_few", "no_signal", "unscored", "pairs")} == {
        "prompts": 5, "samples": 40, "too_few": 2, "no_signal": 1, "unscored": 1, "pairs": 1,
    }  # fmt: skip
    assert (tallies["samples_unanswered"], tallies["samples_repeated"], tallies["samples_unscored"]) == (8, 7, 8)
    assert tallies["ties"] == 1  # several are right, and several wrong
    assert len(pairs) == 1


def test_another_pair_rule_or_judge_samples_nothing_anew(load, tmp_path, sampled, run):
    store = tmp_path / "answers.sqlite"
    _, first = run(load(), tmp_path / "out", store)
    assert sum(request.n for request in sampled) == 400
    sampled.clear()
    _, random = run(load("generate.0.pair=best_random"), tmp_path / "random", store)
    _, every = run(load("generate.0.pair=all", "generate.0.pairs_per_prompt=3"), tmp_path / "all", store)
    loose = "generate.0.score=[{use: math_answer}, {use: math_answer, percent: loose}]"
    manifest, more = run(load(loose, "generate.0.weights=[1, 2]"), tmp_path / "more", store)
    run(load("generate.0.threshold=2"), tmp_path / "none", store)
    assert not sampled
    assert [pair.prompt for pair in random] == [pair.prompt for pair in first]
    assert [pair.rejected for pair in random] != [pair.rejected for pair in first]
    assert 2 * len(first) < len(every) <= 3 * len(first)
    assert more[0].meta["scores"] == {"math_answer": [1.0, 0.0], "math_answer 2": [1.0, 0.0]}
    assert manifest.rows_kept == len(first)
    judges = {tuple(said.judge for said in sample.scores) for sample in dataset.read_samples(tmp_path / "more")}
    assert ("math_answer", "math_answer 2") in judges


def test_growing_the_samples_pays_for_the_new_ones_alone(load, tmp_path, sampled, run):
    store = tmp_path / "answers.sqlite"
    run(load("generate.0.samples=4"), tmp_path / "four", store)
    assert sum(request.n for request in sampled) == 200
    four = [one.text for one in dataset.read_samples(tmp_path / "four")]
    sampled.clear()
    run(load(), tmp_path / "eight", store)
    assert [request.n for request in sampled] == [4] * 50
    eight = [one.text for one in dataset.read_samples(tmp_path / "eight") if one.sample < 4]
    assert eight == four


def test_the_same_seed_makes_the_same_bytes_at_any_concurrency_and_the_next_seed_others(load, tmp_path, run, contents):
    _, one = run(load(concurrency=1), tmp_path / "one")
    run(load(concurrency=64), tmp_path / "many")
    assert contents(tmp_path / "one") == contents(tmp_path / "many")
    assert any(name.startswith("samples/") for name in contents(tmp_path / "one"))
    _, others = run(load(seed=2), tmp_path / "others")
    assert not {pair.id for pair in one} & {pair.id for pair in others}


def test_the_first_ten_of_fifty_are_the_ten_of_ten(load, tmp_path, run):
    rows = [problem(f"Problem {n}: three plus four?") for n in range(50)]
    _, ten = run(load("generate.0.count=10", rows=rows), tmp_path / "ten")
    _, fifty = run(load(rows=rows), tmp_path / "fifty")
    assert fifty[: len(ten)] == ten
    first = list(dataset.read_samples(tmp_path / "fifty"))[:80]
    assert first == list(dataset.read_samples(tmp_path / "ten"))


def test_a_run_that_was_stopped_goes_on_to_the_same_bytes_and_counts(load, tmp_path, sampled, run, contents):
    class Stop(BaseException):
        """As a signal would."""

    store = tmp_path / "answers.sqlite"
    recipe = load()
    for rows in (1, 17, 33):

        def stop(now: Any, rows: int = rows) -> None:
            if now.rows_made >= rows:
                raise Stop

        with pytest.raises(Stop):
            pipeline.generate(
                recipe, tmp_path / "out", workers=1, progress=stop, options=pipeline.Options(answers=store)
            )
    manifest, _ = run(recipe, tmp_path / "out", store)
    paid = sum(request.n for request in sampled)
    whole, _ = run(recipe, tmp_path / "whole", tmp_path / "other.sqlite")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert manifest.tallies == whole.tallies
    assert manifest.models == whole.models
    assert paid == 400


def test_half_a_surrogate_pair_ends_no_run(load, tmp_path, run):
    rows = [problem("three plus four? \\ud800"), {"prompt": 7, "answer": "7"}]
    (tmp_path / "prompts.jsonl").parent.mkdir(exist_ok=True)
    manifest, _ = run(load(rows=rows), tmp_path / "out")
    assert manifest.rows_made == 2
    assert "read: not_text" in manifest.dropped


def test_the_prompts_licence_and_the_policys_are_joined(load, tmp_path, run):
    rows = [problem(f"three plus four? {name}") | {"license": name} for name in ("cc0-1.0", "cc-by-sa-4.0")]
    _, pairs = run(load("license=cc-by-sa-4.0", rows=rows), tmp_path / "out")
    assert [pair.license for pair in pairs] == ["apache-2.0", "cc-by-sa-4.0"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["generate.0.score=[]"], "score"),
        (["generate.0.score=[{use: nobody}]"], "nobody"),
        (["generate.0.score=[{use: length}]"], "length does not rate answers"),
        (["generate.0.score=[{use: math_answer, percents: strict}]"], "percents"),
        (["generate.0.weights=[1, 2]"], "weights: 2 for 1 judges"),
        (["generate.0.pairs_per_prompt=3"], "pairs_per_prompt: best_worst makes one pair"),
        (["generate.0.combine=standardized", "generate.0.threshold=1"], "threshold: has no meaning"),
        (["generate.0.temperature=0"], "temperature"),
        (["generate.0.samples=1"], "samples"),
        (["generate.0.prompts.source=none.jsonl"], "none.jsonl"),
        (["generate.0.prompts.keep=[solution]"], "no column 'solution'"),
        (["generate.0.model=nobody"], "no model 'nobody'"),
    ],
)
def test_what_is_wrong_is_one_sentence_before_anything_is_asked(load, changes, said):
    with pytest.raises(RecipeError) as caught:
        load(*changes)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_digest_knows_the_prompts_and_the_judges(load):
    before = load().digest
    assert load().digest == before
    assert load(rows=[problem("x")]).digest != before
    assert load("generate.0.score=[{use: math_answer, percent: loose}]").digest != before


def test_the_recipe_that_ships_runs_with_its_script(tmp_path, run):
    changes = ["models.policy.use=scripted", "models.policy.script=scripts/on_policy.yaml"]
    manifest, pairs = run(recipes.load(ROOT / "recipes/on_policy.yaml", changes), tmp_path / "out")
    assert manifest.rows_made == 12
    assert len(pairs) >= 6
    assert set(manifest.dropped) == {"on_policy: too_few", "on_policy: no_signal"}
    assert manifest.languages.keys() == {"ja", "en"}
