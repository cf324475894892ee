import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from factory.cli import main

OTHERS = Path(__file__).with_name("others")

RECIPE = """\
name: bread
seed: 7
license: cc0-1.0
generate:
- use: bakery.loaves
  count: 20
"""


@pytest.fixture(autouse=True)
def _others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(OTHERS)
    monkeypatch.chdir(tmp_path)
    Path("r.yaml").write_text(RECIPE)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def process(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(OTHERS)}
    command = [sys.executable, "-m", "factory.cli", *arguments]
    return subprocess.run(
        command, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )


def test_the_command_line_loads_no_heavy_library() -> None:
    heavy = [
        "sympy",
        "jinja2",
        "pyarrow",
        "torch",
        "datasets",
        "numpy",
        "transformers",
        "trl",
        "vllm",
        "pydantic",
        "yaml",
        "rich",
    ]
    code = f"import sys, factory.cli; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_help_takes_less_than_three_tenths_of_a_second() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process("--help").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.3


def test_every_command_and_flag_has_a_sentence_of_help() -> None:
    for name, command in main.commands.items():
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", "") or parameter.param_type_name == "argument", (name, parameter.name)


def test_generate_makes_the_dataset_and_says_so() -> None:
    result = run("generate", "r.yaml", "-o", "out")
    assert result.exit_code == 0
    assert "20 rows kept of 20 made" in result.stdout
    assert result.stdout.endswith("out\n")
    assert "20 of 20 rows" in result.stderr
    assert Path("out/manifest.json").is_file()


def test_generate_quietly_with_json_prints_the_manifest_and_nothing_else() -> None:
    result = run("generate", "r.yaml", "-o", "out", "-n", "5", "--json", "-q")
    assert result.stderr == ""
    assert json.loads(result.stdout) == json.loads(Path("out/manifest.json").read_bytes())
    assert json.loads(result.stdout)["rows_kept"] == 5


def test_the_same_command_again_is_done_at_once() -> None:
    assert run("generate", "r.yaml", "-o", "out").exit_code == 0
    assert run("generate", "r.yaml", "-o", "out").exit_code == 0


def test_a_run_that_is_short_of_rows_ends_with_3() -> None:
    Path("r.yaml").write_text(RECIPE + "judge:\n- use: bakery.taste\n  strictness: 1\n")
    result = run("generate", "r.yaml", "-o", "out")
    assert "dropped 20: bakery.taste: dull" in result.stdout
    assert result.exit_code == 3


def test_preview_prints_rows_and_keeps_nothing() -> None:
    before = set(Path.cwd().rglob("*"))
    result = run("preview", "r.yaml", "-n", "2")
    assert result.exit_code == 0
    assert result.stdout.count("Who weighs the rye loaf") == 2
    assert set(Path.cwd().rglob("*")) == before


def test_text_of_rows_cannot_take_over_the_terminal() -> None:
    result = run("preview", "r.yaml", "-n", "1", "--set", "generate.0.escape=true")
    assert result.exit_code == 0
    assert "[link=http://evil]loaf" in result.stdout
    assert not set(result.stdout) & set("\x1b\x07\u202e")


def test_escapes_in_a_recipe_do_not_reach_the_terminal() -> None:
    Path("r.yaml").write_text(RECIPE + '"\\e[2J": 1\n')
    assert "\x1b[2J" not in run("check", "r.yaml").stderr
    assert run("check", "r.yaml").exit_code == 2


def test_show_prints_counts_and_samples() -> None:
    run("generate", "r.yaml", "-o", "out")
    result = run("show", "out", "-n", "2")
    assert result.exit_code == 0
    assert "20 rows kept" in result.stdout
    assert result.stdout.count("assistant") == 2
    shown = json.loads(run("show", "out", "-n", "2", "--json").stdout)
    assert [turn["role"] for turn in shown["rows"][0]["messages"]] == ["user", "assistant"]
    assert shown["manifest"]["rows_kept"] == 20


def test_show_of_what_is_no_dataset_is_refused() -> None:
    result = run("show", ".")
    assert result.exit_code == 2
    assert "has no manifest.json" in result.stderr
    assert result.stderr.count("\n") == 1


def test_check_says_what_each_recipe_would_make_and_refuses_the_bad_ones() -> None:
    Path("bad.yaml").write_text(RECIPE.replace("20", "many"))
    result = run("check", "r.yaml", "bad.yaml")
    assert "r.yaml: good; 20 rows from bakery.loaves under cc0-1.0" in result.stdout
    assert "bad.yaml:6: generate.0.count" in result.stderr
    assert result.exit_code == 2
    assert run("check", "r.yaml").exit_code == 0


def test_what_ships_is_good() -> None:
    result = run("check", "--no-prove")
    assert result.exit_code == 0, result.stderr


def test_list_names_the_components_and_verbosely_their_settings() -> None:
    assert run("list").stdout.startswith("generators:")
    assert "generators:" not in run("list", "judges").stdout
    result = run("list", "-v")
    assert result.exit_code == 0
    assert run("list", "cooks").exit_code == 2


def test_schema_is_json() -> None:
    assert json.loads(run("schema").stdout)["properties"]["generate"]


def test_doctor_knows_the_versions_and_how_to_install_what_is_missing() -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert "pydantic" in result.stdout
    findings = {finding["what"]: finding for finding in json.loads(run("doctor", "--json").stdout)}
    assert findings["click"]["ok"] is True
    assert all("pip install" in finding["advice"] for finding in findings.values() if finding["ok"] is None)


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["generate"], ["generate", "r.yaml"], ["preview", "r.yaml", "-n", "0"], ["show"]]
)
def test_a_wrong_command_line_ends_with_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_bug_shows_its_traceback_and_ends_with_1() -> None:
    result = process("generate", "r.yaml", "-o", "out", "--set", "generate.0.crash=true")
    assert result.returncode == 1
    assert "Traceback" in result.stderr
    assert "the oven is off" in result.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_cleanly_and_the_same_command_goes_on(number: signal.Signals, code: int) -> None:
    Path("sent.yaml").write_text(RECIPE + f"  signal: {int(number)}\nshard_rows: 2\n")
    result = process("generate", "sent.yaml", "-o", "out")
    assert result.returncode == code
    assert "Traceback" not in result.stderr
    assert "the same command goes on" in result.stderr
    assert not Path("out/manifest.json").exists()
    assert "run the same command again" in run("show", "out").stderr


def test_a_reader_that_went_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    result = process("schema", stdout=writing)
    os.close(writing)
    assert result.returncode == 141
    assert result.stderr == ""


def test_engines_are_listed_with_their_settings() -> None:
    result = run("list", "engines", "-v")
    assert result.exit_code == 0
    assert "scripted" in result.stdout
    assert "license: str (required)" in result.stdout
    assert "\n  _" not in result.stdout


def test_check_names_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from factory.engines.scripted import Scripted

    Path("m.yaml").write_text(
        RECIPE.replace("bakery.loaves", "bakery.questions")
        + "models:\n  baker: {use: scripted, license: mit, rules: [{say: [rye]}]}\n"
    )
    assert run("check", "m.yaml").exit_code == 0
    monkeypatch.setattr(Scripted, "missing", lambda self: "it needs an oven; run: pip install oven")
    for command in (("check", "m.yaml"), ("generate", "m.yaml", "-o", "out"), ("preview", "m.yaml")):
        result = run(*command)
        assert result.exit_code == 2
        assert "models.baker: it needs an oven; run: pip install oven" in result.stderr
    assert not Path("out").exists()


def test_a_recipe_that_asks_models_is_previewed_and_its_answers_are_kept() -> None:
    Path("m.yaml").write_text(
        RECIPE.replace("bakery.loaves", "bakery.questions")
        + "models:\n  baker: {use: scripted, license: mit, rules: [{say: [rye]}]}\n"
    )
    assert run("preview", "m.yaml", "-n", "2").stdout.count("What is loaf") == 2
    assert Path("out/answers.sqlite").is_file()
    assert len(json.loads(run("preview", "m.yaml", "--json").stdout)) == 3
    estimate = run("preview", "r.yaml", "--estimate")
    assert "no model is asked" in estimate.stdout


def test_retry_needs_a_dataset_and_a_model() -> None:
    assert "write: factory retry RECIPE -o" in run("retry", "nowhere").stderr
    assert "asks no model" in run("retry", "r.yaml", "-o", "out").stderr
