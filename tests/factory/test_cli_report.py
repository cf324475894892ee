import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory.cli import main
from factory.manifest import read_manifest

RECIPE = """
name: one
seed: 0
license: apache-2.0
generate:
  - {use: math, count: 60, families: [linear_*, adding_*]}
"""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one.yaml").write_text(RECIPE)


def factory(*arguments: str):
    return CliRunner().invoke(main, [*arguments])


def generate(*arguments: str):
    return factory("generate", "one.yaml", "-o", "out", "-q", "--workers", "1", *arguments)


def test_a_dataset_comes_with_its_report():
    result = generate()
    assert (result.exit_code, result.stderr) == (0, "")
    page = Path("out/report.html").read_text()
    assert "60" in page
    assert "linear_equations" in page


def test_it_is_left_out_where_that_is_said_and_the_rest_is_the_same():
    generate("--no-report")
    digest = read_manifest(Path("out")).digest
    files = {
        path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file() and path.name != "timing.json"
    }
    assert not Path("out/report.html").exists()
    assert generate().exit_code == 0
    assert Path("out/report.html").is_file()
    assert read_manifest(Path("out")).digest == digest
    assert {path: path.read_bytes() for path in files} == files


def test_what_is_finished_is_left_as_it_is():
    generate()
    when = Path("out/report.html").stat().st_mtime_ns
    assert generate().exit_code == 0
    assert Path("out/report.html").stat().st_mtime_ns == when


def test_the_command_writes_the_same_bytes_again_or_into_a_file():
    generate()
    first = Path("out/report.html").read_bytes()
    result = factory("report", "out")
    assert (result.exit_code, result.stdout) == (0, "out/report.html\n")
    assert Path("out/report.html").read_bytes() == first
    assert factory("report", "out", "-o", "elsewhere/it.html").stdout == "elsewhere/it.html\n"
    assert Path("elsewhere/it.html").read_bytes() == first


def test_the_report_speaks_japanese():
    generate("--no-report")
    assert factory("report", "out", "--language", "ja").exit_code == 0
    assert "採用した行" in Path("out/report.html").read_text()


def test_a_report_that_can_not_be_written_is_one_line_and_the_run_is_finished():
    generate("--no-report")
    Path(".report.html.tmp").mkdir()
    shutil.move(".report.html.tmp", "out/.report.html.tmp")
    result = generate()
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1
    assert "out/report.html could not be written" in result.stderr
    assert "the dataset is complete without it" in result.stderr


def test_rows_that_are_damaged_are_told_in_one_sentence():
    generate("--no-report")
    Path("out/data/train-00000.parquet").write_bytes(b"no parquet")
    result = factory("report", "out")
    assert result.exit_code == 2
    assert "train-00000.parquet can't be read" in result.stderr


def test_what_is_no_dataset_is_refused_in_one_sentence():
    Path("empty").mkdir()
    result = factory("report", "empty")
    assert result.exit_code == 2
    assert result.stderr == "empty has no manifest.json; give the folder of a dataset\n"


def test_fresh_makes_the_report_anew():
    generate()
    Path("out/report.html").write_text("old")
    assert generate("--fresh").exit_code == 0
    assert len(Path("out/report.html").read_text()) > 1_000
