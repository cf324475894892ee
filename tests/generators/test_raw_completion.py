"""Magpie and multi_turn with a real, tiny model under vLLM: poor text, right machinery; one engine for both."""

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from factory import collapse, dataset, pipeline
from factory import recipe as recipes

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/factory"))
chat_templates = importlib.import_module("chat_templates")

RECIPE = """
name: tiny
seed: 1
license: apache-2.0
models:
  tiny:
    use: vllm
    model: {model}
    license: apache-2.0
    dtype: float32
    max_model_len: 2048
    kv_cache_gib: 0.25
    enforce_eager: true
generate:
  - use: magpie
    count: 32
    model: tiny
    languages: {{ja: 1}}
    max_question_tokens: 256
    answer_temperature: 1.0
    max_answer_tokens: 256
  - use: multi_turn
    count: 8
    source: {source}
    model: tiny
    answer_temperature: 1.0
    max_user_tokens: 256
    max_answer_tokens: 256
"""

KNOWN = {
    *("template", "role_label", "as_assistant", "language", "too_short", "too_long", "repetition", "unfinished"),
    *("near_duplicate", "answer_template", "answer_refusal", "answer_repetition", "answer_language"),
    *("repeats", "farewell", "answer_repeats", "truncated", "empty"),
}


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("vllm"), reason="needs vLLM, such as its CPU build")
def test_a_real_model_goes_on_with_its_own_template_and_stops_where_the_turn_ends(tmp_path):
    model = chat_templates.write_model("mistral", tmp_path / "model")
    source = ROOT / "recipes/conversations/examples.jsonl"
    (tmp_path / "r.yaml").write_text(RECIPE.format(model=model, source=source))
    out = tmp_path / "out"
    manifest = pipeline.generate(recipes.load(tmp_path / "r.yaml"), out, workers=1, progress=lambda now: None)
    assert manifest.rows_made == 40
    assert {fate.partition(": ")[2] for fate in manifest.dropped} <= KNOWN
    rejects = list(dataset.read_rejects(out))
    whole = [one.row for one in rejects if one.row.generator == "magpie" and one.reason not in ("truncated", "empty")]
    written = [row.messages[0].content for row in [*dataset.read(out), *whole] if row.generator == "magpie"]
    assert len(written) >= 8
    assert not any("[/INST]" in text or "</s>" in text for text in written)
    assert not any(collapse.leaks(message.content) for row in dataset.read(out) for message in row.messages)
