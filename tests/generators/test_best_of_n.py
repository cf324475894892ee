"""The best of n answers is kept if it is good enough; the others stay in the table of samples."""

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
name: best
seed: {seed}
license: apache-2.0
shard_rows: 16
models:
  policy:
    use: scripted
    license: apache-2.0
    concurrency: {concurrency}
    rules:
      - {{when: cut off, say: [Well], fail: truncated}}
      - {{when: all wrong, say: ["{{{{n}}}} steps. The answer is 12."]}}
      - {{when: no end, say: ["It takes {{{{n}}}} steps and so on"]}}
      - {{say: ["{{{{n}}}} steps. The answer is 7.", "{{{{n}}}} steps. The answer is 12."]}}
generate:
  - use: best_of_n
    prompts: {{source: prompts.jsonl, format: messages, keep: [answer], license: apache-2.0}}
    model: policy
    threshold: 1
    score: [{{use: math_answer}}]
"""


def problem(*texts: str) -> dict[str, Any]:
    roles = ("user", "assistant") * len(texts)
    turns = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return {"messages": turns, "answer": "7"}


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., recipes.Recipe]:
    def read(*changes: str, seed: int = 1, rows: list[Any] | None = None, concurrency: int = 8) -> recipes.Recipe:
        made = [problem(f"Problem {n}: three plus four?") for n in range(40)] if rows is None else rows
        (tmp_path / "prompts.jsonl").write_text("\n".join(map(json.dumps, made)))
        (tmp_path / "r.yaml").write_text(RECIPE.format(seed=seed, concurrency=concurrency))
        return recipes.load(tmp_path / "r.yaml", changes)

    return read


def test_the_best_answer_is_a_row_with_its_score(load, tmp_path, run):
    manifest, rows = run(load(), tmp_path / "out")
    assert manifest.rows_made == 40 == manifest.rows_kept + sum(manifest.dropped.values())
    assert len(rows) >= 35
    samples = {(one.prompt_id, one.sample): one for one in dataset.read_samples(tmp_path / "out")}
    assert len(samples) == 40 * 6
    for row in rows:
        assert [turn.role for turn in row.messages] == ["user", "assistant"]
        assert row.messages[1].content.endswith("The answer is 7.")
        assert (row.meta["score"], row.meta["scores"], row.meta["samples"]) == (1.0, {"math_answer": 1.0}, 6)
        assert [(said.judge, said.passed, said.score) for said in row.verdicts] == [("best_of_n", True, 1.0)]
        kept = samples[row.meta["prompt_id"], row.meta["sample"]]
        assert (kept.role, kept.row_id, kept.text) == ("kept", row.id, row.messages[1].content)
    assert sum(one.role == "kept" for one in samples.values()) == len(rows)


def test_of_a_conversation_the_last_question_is_answered_anew(load, tmp_path, sampled, run):
    rows = [problem("What is three plus four?", "It is 12.", "Really?", "Yes.")]
    _, (row,) = run(load(rows=rows), tmp_path / "out")
    assert [turn.content for turn in row.messages[:3]] == ["What is three plus four?", "It is 12.", "Really?"]
    assert row.messages[3].content.endswith("The answer is 7.")
    assert [turn.content for turn in sampled[0].prompt] == [turn.content for turn in row.messages[:3]]  # type: ignore[union-attr]


def test_a_prompt_without_a_good_answer_has_its_reason(load, tmp_path, run):
    rows = [problem("cut off"), problem("all wrong"), problem("no end"), problem("four?")]
    manifest, kept = run(load(rows=rows), tmp_path / "out")
    rejects = list(dataset.read_rejects(tmp_path / "out"))
    assert [(reject.row.messages[0].content, reject.reason) for reject in rejects] == [
        ("cut off", "too_few"),
        ("all wrong", "below_threshold"),
        ("no end", "unscored"),
    ]
    assert [len(reject.row.messages) for reject in rejects] == [1, 2, 1]
    assert [reject.row.verdicts[0].score for reject in rejects] == [None, 0.0, None]
    assert [reject.row.verdicts[0].note for reject in rejects] == ["6 truncated", "", "6 math_answer: no_answer"]
    assert len(kept) == 1
    assert manifest.tallies["best_of_n"] == {
        "below_threshold": 1, "kept": 1, "prompts": 4, "samples": 24, "samples_unanswered": 6, "samples_unscored": 6,
        "ties": 2, "too_few": 1, "unscored": 1,
    }  # fmt: skip


def test_without_a_threshold_the_best_is_kept_however_bad(load, tmp_path, run):
    _, (row,) = run(load("generate.0.threshold=null", rows=[problem("all wrong")]), tmp_path / "out")
    assert row.meta["score"] == 0.0


def test_one_answer_is_enough(load, tmp_path, run):
    manifest, rows = run(load("generate.0.samples=1"), tmp_path / "out")
    assert 0 < len(rows) < 40
    assert manifest.tallies["best_of_n"]["samples"] == 40


def test_another_threshold_and_another_generator_over_the_same_prompts_sample_nothing_anew(
    load, tmp_path, sampled, run
):
    store = tmp_path / "answers.sqlite"
    run(load("generate.0.samples=8"), tmp_path / "out", store)
    assert sum(request.n for request in sampled) == 320
    sampled.clear()
    run(load("generate.0.samples=8", "generate.0.threshold=2"), tmp_path / "none", store)
    run(load(), tmp_path / "six", store)
    path = tmp_path / "r.yaml"
    path.write_text(path.read_text().replace("use: best_of_n", "use: on_policy"))
    pipeline.generate(
        recipes.load(path), tmp_path / "pairs", workers=1, progress=lambda now: None,
        options=pipeline.Options(answers=store),
    )  # fmt: skip
    assert not sampled


def test_the_same_seed_makes_the_same_bytes_at_any_concurrency_and_the_next_seed_others(load, tmp_path, run, contents):
    _, one = run(load(concurrency=1), tmp_path / "one")
    run(load(concurrency=64), tmp_path / "many")
    assert contents(tmp_path / "one") == contents(tmp_path / "many")
    _, others = run(load(seed=2), tmp_path / "others")
    assert not {row.id for row in one} & {row.id for row in others}


def test_the_first_ten_of_forty_are_the_ten_of_ten(load, tmp_path, run):
    _, ten = run(load("generate.0.count=10"), tmp_path / "ten")
    _, forty = run(load(), tmp_path / "forty")
    assert forty[: len(ten)] == ten


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["generate.0.score=[]"], "score"),
        (["generate.0.score=[{use: refusal}]"], "refusal does not rate answers"),
        (["generate.0.combine=standardized"], "threshold: has no meaning"),
        (["generate.0.samples=0"], "samples"),
        (["generate.0.prompts.source=none.jsonl"], "none.jsonl"),
    ],
)
def test_what_is_wrong_is_one_sentence_before_anything_is_asked(load, changes, said):
    with pytest.raises(RecipeError) as caught:
        load(*changes)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_recipe_that_ships_runs_with_its_script(tmp_path, run):
    script = "script=scripts/best_of_n.yaml"
    changes = [f"models.{name}.{change}" for name in ("policy", "judge") for change in ("use=scripted", script)]
    manifest, rows = run(recipes.load(ROOT / "recipes/best_of_n.yaml", changes), tmp_path / "out")
    assert manifest.rows_made == 6
    assert manifest.dropped == {"best_of_n: below_threshold": 1, "best_of_n: unscored": 1}
    assert all(row.meta["score"] >= 9 for row in rows)
    assert {len(row.messages) for row in rows} == {4}
