"""A tiny real model under vLLM as a judge: held to JSON, even random weights give scores that can be read."""

from pathlib import Path

import pytest

from factory import dataset, pipeline
from factory import recipe as recipes

pytestmark = [pytest.mark.xdist_group("vllm"), pytest.mark.slow]
pytest.importorskip("vllm")

RECIPE = """
name: judged
seed: 1
license: apache-2.0
models:
  judge:
    {{use: vllm, model: {model}, license: apache-2.0, max_model_len: 2048, kv_cache_gib: 0.5, enforce_eager: true}}
generate: [{{use: dataset, source: rows.jsonl}}]
judge:
  - {{use: llm, model: judge, rubric: mine.j2, samples: 3, temperature: 1, max_tokens: 1500, canary_every: 2}}
"""
RUBRIC = "{# user #}\n{# scale: 1 to 5 #}\n{{ prompt }}{{ answer }}{% if as_json %}JSON{% endif %}"
ROW = (
    '{{"messages": [{{"role": "user", "content": "{n}?"}}, {{"role": "assistant", "content": "{n}."}}], '
    '"license": "mit"}}'
)


def test_scores_of_random_weights_are_read_and_come_again_without_being_asked(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("\n".join(ROW.format(n=n) for n in range(8)))
    (tmp_path / "mine.j2").write_text(RUBRIC)
    (tmp_path / "r.yaml").write_text(RECIPE.format(model=tiny_model))
    recipe = recipes.load(tmp_path / "r.yaml", [])
    answers = pipeline.Options(answers=tmp_path / "answers")
    made = [
        pipeline.generate(recipe, tmp_path / out, workers=1, progress=lambda now: None, options=answers)
        for out in ("first", "again")
    ]
    rows = list(dataset.read(tmp_path / "first"))
    scores = [row.verdicts[-1].score for row in rows]
    assert len(scores) >= 6
    assert all(score is not None and 1 <= score <= 5 for score in scores)
    assert len(set(scores)) > 1
    assert made[0].tallies == made[1].tallies
    assert made[0].tallies["llm"]["canaries"] > 0
    assert rows == list(dataset.read(tmp_path / "again"))
    assert '"calls": 0' in (tmp_path / "again" / "timing.json").read_text()
