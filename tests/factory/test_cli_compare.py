import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory.cli import main


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for seed in (0, 1):
        parts = "generate: [{use: math, count: 20, families: [linear_*]}]"
        Path("one.yaml").write_text(f"name: sums\nseed: {seed}\nlicense: apache-2.0\n{parts}\n")
        assert factory("generate", "one.yaml", "-o", f"out{seed}", "-q", "--workers", "1", "--no-report").exit_code == 0


def factory(*arguments: str):
    return CliRunner().invoke(main, [*arguments])


def test_a_table_says_what_both_have():
    result = factory("compare", "out0", "out1")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["out0", "out1"]
    assert ["kept", "20", "20", "="] in lines
    assert ["Rows", "in", "both", "0", "0"] in lines


def test_scripts_get_json():
    facts = json.loads(factory("compare", "out0", "out0", "--json").stdout)
    assert (facts["a"], facts["b"]) == ("out0", "out0")
    assert facts["shared"]["rows"] == 20
    assert {"what": "kept", "name": "", "a": 20, "b": 20, "share": False} in facts["rows"]


def test_a_page_is_written_where_that_is_asked_for():
    result = factory("compare", "out0", "out1", "-o", "both.html", "--language", "ja")
    assert result.stdout.endswith("both.html\n")
    assert '<html lang="ja">' in Path("both.html").read_text()


def test_what_is_no_dataset_is_refused_in_one_sentence():
    result = factory("compare", "out0", "nowhere")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "nowhere has no manifest.json" in result.stderr
