from pathlib import Path

from factory.pipelines.depends import depends
from factory.pipelines.recipe import load

PIPELINE = """\
name: x
stages:
  a:
    generate:
      models: {policy: {model: checkpoint}}
      generate: [{use: dataset, source: rows.jsonl, name: rows.jsonl, text: "half\\u0000"}]
      decontaminate: {folder: benchmarks}
  b: {gate: {policy: open}, dataset: rows.jsonl}
"""


def parts(folder: Path):
    return [depends(stage, {}) for stage in load(folder / "p.yaml").stages]


def test_files_and_folders_count_by_what_they_hold_wherever_they_lie(monkeypatch, tmp_path):
    for name in ("one", "two"):
        folder = tmp_path / name
        (folder / "benchmarks" / "deep").mkdir(parents=True)
        (folder / "benchmarks" / "deep" / "x.jsonl").write_text("{}")
        (folder / "rows.jsonl").write_text("{}\n")
        (folder / "p.yaml").write_text(PIPELINE)
    monkeypatch.chdir(tmp_path)
    one, gate = parts(Path("one"))
    assert sorted(one.files) == ["decontaminate.folder", "generate.0.source"]
    assert gate.files.keys() == {"dataset"}
    assert gate.options == {"dataset": "rows.jsonl"}
    monkeypatch.chdir(tmp_path / "two")
    assert [each.digest for each in parts(Path())] == [one.digest, gate.digest]
    Path("benchmarks/deep/x.jsonl").write_text("[]")
    Path("rows.jsonl").write_text("[]\n")
    changed, gated = parts(Path())
    assert {name for name in one.files if one.files[name] != changed.files[name]} == set(one.files)
    assert gated.digest != gate.digest
    Path("checkpoint").mkdir()  # an engine's folder begins where the command is run
    assert "models.policy.model" in parts(tmp_path / "one")[0].files
