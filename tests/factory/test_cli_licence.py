import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from factory.cli import main

RECIPE = """\
name: bread
seed: 7
license: auto
models:
  writer: {use: scripted, model: gpt-4o, license: openai-terms, rules: [{say: [rye]}]}
generate:
- {use: bakery.recited, count: 4, licenses: [cc-by-sa-4.0, mit], model: writer}
"""


@pytest.fixture(autouse=True)
def _others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(Path(__file__).with_name("others"))
    monkeypatch.chdir(tmp_path)
    Path("r.yaml").write_text(RECIPE)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_recipe_that_its_policy_refuses_is_explained_all_the_same() -> None:
    result = run("licence", "explain", "r.yaml")
    assert result.exit_code == 0, result.output
    assert "recipe bread, policy open: other (cc-by-sa-4.0 AND openai-terms)" in result.stdout
    assert "  model gpt-4o: openai-terms (https://openai.com" in result.stdout
    assert "  open: refused\n    L005: the book: OpenAI terms" in result.stdout
    assert "  research: lets it pass" in result.stdout


@pytest.mark.parametrize("command", [["check"], ["generate", "-o", "out"], ["preview"]])
def test_what_the_policy_refuses_ends_with_4_and_makes_nothing(command: list[str]) -> None:
    result = run(command[0], "r.yaml", *command[1:])
    assert result.exit_code == 4
    assert "r.yaml:5: models.writer.license: L005: gpt-4o: " in result.stderr
    assert not Path("out").exists()


def test_a_dataset_is_explained_from_its_manifest() -> None:
    assert run("generate", "r.yaml", "-o", "out", "-q", "--set", "policy=research").exit_code == 0
    result = run("licence", "explain", "out", "--json")
    found = json.loads(result.stdout)
    assert found["computed"] == "cc-by-sa-4.0 AND openai-terms"
    assert found["rows"] == {"cc-by-sa-4.0 AND openai-terms": 2, "mit AND openai-terms": 2}
    assert [origin["role"] for origin in found["origins"]] == ["source", "model"]
    assert any(reason.startswith("L005") for reason in found["policies"]["open"])
    assert found["policies"]["research"] == []


def test_names_of_licences_and_models_are_joined() -> None:
    result = run("licence", "explain", "cc-by-sa-4.0", "meta-llama/Llama-3.1-8B-Instruct")
    assert "other (cc-by-sa-4.0 AND llama3.1)" in result.stdout
    assert "begins with 'Llama'" in result.stdout
    assert run("licence", "explain", "mit").stdout.startswith("mit: mit\n")


def test_what_is_nothing_that_can_be_explained_ends_with_2() -> None:
    for targets in (["none.yaml"], ["mit", "none"]):
        result = run("licence", "explain", *targets)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1


def test_licences_and_models_are_listed() -> None:
    lines = run("licence", "list").stdout.splitlines()
    assert any(line.startswith("cc-by-sa-4.0 ") and "share-alike" in line for line in lines)
    assert any(line.startswith("openai-terms ") and "proprietary" in line for line in lines)
    codes = run("licence", "list", "--codes").stdout.splitlines()
    assert codes[0] == "L001  no commercial use: open, permissive, plamo"
    assert json.loads(run("licence", "list", "--codes", "--json").stdout)["L010"] == ["share-alike", ["permissive"]]
    assert "llama3.1: meta-llama/llama-3.1-*" in run("licence", "list", "--models").stdout
    assert {"mit", "gemma"} <= {entry["id"] for entry in json.loads(run("licence", "list", "--json").stdout)}
    assert all("match" in entry for entry in json.loads(run("licence", "list", "--models", "--json").stdout))
