from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory.cli import main
from factory.pipelines import checking
from factory.pipelines.recipe import is_pipeline, load

SHIPPED = [Path(str(files("recipes"))) / f"{name}.yaml" for name in ("plamo", "plamo_tiny", "swallow")]
PIPELINE = """\
name: two
stages:
  problems:
    generate:
      name: problems
      seed: 0
      license: apache-2.0
      generate: [{use: math, count: 5, families: [arithmetic/multiplication_table], languages: {en: 1}}]
  clean: {gate: {judge: [{use: length}]}, dataset: $problems}
"""


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("two.yaml").write_text(PIPELINE)


def factory(*words):
    return CliRunner().invoke(main, words)


def test_the_plan_says_what_would_run_and_why_and_writes_nothing():
    result = factory("run", "two.yaml", "-o", "out", "--plan")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        "run   problems  generate  never run",
        "run   clean     gate      never run",
    ]
    assert not Path("out").exists()


def test_a_run_ends_with_its_folder_and_a_quiet_one_says_no_more():
    result = factory("run", "two.yaml", "-o", "out", "-q")
    assert result.exit_code == 0, result.stderr
    assert result.output == "out: 2 of 2 stages run\n"
    assert factory("run", "two.yaml", "-o", "out", "--plan").stdout.splitlines() == [
        "skip  problems  generate  finished, and nothing that it depends on changed",
        "skip  clean     gate      finished, and nothing that it depends on changed",
    ]


def test_json_is_for_the_plan():
    result = factory("run", "two.yaml", "-o", "out", "--json")
    assert result.exit_code == 2
    assert "--json is for --plan" in result.stderr


@pytest.mark.parametrize("words", [["--from", "clear"], ["--only", "clear"]])
def test_a_stage_that_is_not_there_is_named_with_its_neighbour(words):
    result = factory("run", "two.yaml", "-o", "out", *words)
    assert result.exit_code == 2
    assert f"{words[0]} clear: no such stage; did you mean 'clean'" in result.stderr


def test_check_finds_a_pipeline_good():
    assert factory("check", "two.yaml").output == "two.yaml: good; 2 stages make two\n"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_pipelines_that_ship_are_good_as_far_as_that_is_known_without_the_hub(path):
    assert is_pipeline(path)
    checking.check(load(path).stages, main.commands.keys() | {"publish"}, shipped=True)
