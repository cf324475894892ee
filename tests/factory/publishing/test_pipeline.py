"""A pipeline's last stages publish what earlier ones made, a dataset or a model, and do it once."""

from pathlib import Path

import pytest

PIPELINE = """
name: published
stages:
  sums:
    generate:
      name: sums
      seed: 0
      license: apache-2.0
      generate: [{use: math, count: 20, families: [arithmetic/addition_with_carrying], languages: {en: 1}}]
  start:
    model: {architecture: llama, name: tiny, license: apache-2.0, layers: 1, hidden_size: 32, heads: 2}
  sums_there: {publish: me/sums, dataset: $sums}
  start_there: {publish: me/start, dataset: $start}
"""


@pytest.mark.slow
def test_a_pipeline_publishes_its_dataset_and_its_model_once(hub, tmp_path: Path):
    pytest.importorskip("transformers")
    (tmp_path / "p.yaml").write_text(PIPELINE)
    words = ("-m", "factory.cli", "run", str(tmp_path / "p.yaml"), "-o", str(tmp_path / "out"))
    with hub.begin(*words, home=tmp_path / "home") as first:
        _, told = first.communicate()
    assert first.returncode == 0, told
    assert "data/train-00000.parquet" in hub.repos["datasets/me/sums"].files()
    assert "model.safetensors" in hub.repos["models/me/start"].files()
    commits = hub.count("/commit/")
    with hub.begin(*words, home=tmp_path / "home") as again:
        _, told = again.communicate()
    assert again.returncode == 0, told
    assert hub.count("/commit/") == commits
