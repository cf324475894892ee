"""A small twin of recipes/plamo_tiny.yaml: real trainings with TRL, a script in the place of vLLM."""

from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory.cli import main
from factory.manifest import read_manifest
from factory.merging.manifest import read_manifest as read_merge
from factory.training.finished import read

PIPELINE = """\
name: twin
settings:
  rounds: 2
  args: &args
    max_steps: 2
    per_device_train_batch_size: 4
    max_length: 256
    gradient_checkpointing: false
    bf16: false
stages:
  start:
    model: {architecture: llama, name: t, license: apache-2.0, layers: 1, hidden_size: 16, heads: 2, max_length: 256}
  problems:
    generate:
      name: problems
      seed: 0
      license: apache-2.0
      generate:
        - {use: math, count: 24, families: [arithmetic/multiplication_table], languages: {en: 1}}
  sft:
    train:
      use: sft
      name: sft
      seed: 0
      model: {source: $start}
      datasets: [{source: $problems}]
      allow: [not_decontaminated]
      args: $args
  on_policy:
    repeat: $rounds
    carry: {policy: {first: $sft, then: $dpo}}
    stages:
      pairs:
        generate:
          name: pairs
          seed: $round
          license: apache-2.0
          models: {policy: {use: scripted, license: apache-2.0, rules: [{say: ["Answer: {{n}}", "It is large."]}]}}
          generate:
            - use: on_policy
              prompts: {source: $problems}
              model: policy
              samples: 4
              score: [{use: llm, model: judge}]
      dpo:
        train:
          use: dpo
          name: dpo
          seed: $round
          model: {source: $policy}
          reference: start
          datasets: [{source: $pairs}]
          allow: [not_decontaminated]
          args: $args
  merged:
    merge: {name: m, method: slerp, models: {a: {model: $on_policy/1/dpo}, b: {model: $on_policy/dpo}}}
"""
JUDGE = (
    '{use: scripted, license: apache-2.0, rules: [{when: Answer, say: ["Rating: [[8]]"]}, {say: ["Rating: [[2]]"]}]}'
)


@pytest.mark.slow
def test_from_nothing_to_a_merged_model_each_round_from_the_end_of_the_last(monkeypatch, tmp_path):
    pytest.importorskip("trl")
    monkeypatch.chdir(tmp_path)
    Path("twin.yaml").write_text(PIPELINE.replace('"It is large."]}]}}', f'"It is large."]}}]}}, judge: {JUDGE}}}'))
    result = CliRunner().invoke(main, ["run", "twin.yaml", "-o", "out"])
    assert result.exit_code == 0, result.stderr
    rounds = [tmp_path / "out" / "on_policy" / str(number) for number in (1, 2)]
    assert [read_manifest(folder / "pairs").seed for folder in rounds] == [1, 2]
    for before, folder in zip((tmp_path / "out/sft", rounds[0] / "dpo"), rounds, strict=True):
        start = sha256((before / "training.json").read_bytes()).hexdigest()[:16]
        assert read(folder / "dpo").model == f"{before.name}@{start}"
    merged = read_merge(tmp_path / "out/merged")
    assert merged is not None
    assert [one.model for one in merged.parents] == ["dpo", "dpo"]
    again = CliRunner().invoke(main, ["run", "twin.yaml", "-o", "out", "--set", "rounds=1", "--plan"])
    assert [line.split()[:2] for line in again.stdout.splitlines() if line.startswith("run")] == [["run", "merged"]]
