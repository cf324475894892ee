import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory.cli import main
from factory.engines.scripted import Scripted
from factory.judge_eval import judge_file

TRUTHFUL = """\
models:
  m:
    use: scripted
    license: apache-2.0
    rules:
      - {matches: "GOOD[^~]*BAD", say: ["[[A]]"]}
      - {matches: "BAD[^~]*GOOD", say: ["[[B]]"]}
judge:
  - {use: pairwise, model: m, canary_every: 0}
"""
LEANING = TRUTHFUL.replace("    rules:\n", "    rules:\n      - {when: lean, say: ['[[A]]']}\n")


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    rows = [
        {
            "prompt": f"Question {n}{' lean' if n % 5 == 0 else ''}",
            "chosen": f"GOOD {n}" + (" and so on" if n % 2 else ""),
            "rejected": f"BAD {n}" + (" and so on" if not n % 2 else ""),
            "category": "odd" if n % 2 else "even",
        }
        for n in range(100)
    ]
    Path("pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("judge.yaml").write_text(TRUTHFUL)


def run(*arguments):
    return CliRunner().invoke(main, ["judge-eval", *map(str, arguments)])


def figures(*arguments):
    result = run("judge.yaml", "--on", "pairs.jsonl", "-q", "--json", *arguments)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_judge_that_always_agrees_is_told_so_in_a_table():
    result = run("judge.yaml", "--on", "pairs.jsonl", "-q")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "pairwise on pairs.jsonl (preference): 100 pairs"
    assert lines[1].startswith("judged 100; first ")
    assert lines[4].split() == ["with", "ties", "100", "100.0", "%", "(96.3", "to", "100.0)", "1.000"]
    assert "position: the same in both orders in 100.0 % (96.3 to 100.0) of 100 pairs; bias +0.000" in result.stdout
    assert "length: the longer answer wins 50.0 %" in result.stdout
    assert [line.split()[0] for line in lines[-2:]] == ["even", "odd"]


def test_a_known_lean_to_the_first_place_is_stated_and_costs_ties():
    Path("judge.yaml").write_text(LEANING)
    found = figures()
    assert found["position"]["bias"] == 0.2
    assert found["position"]["consistent"] == 0.8
    assert found["position"]["outcomes"]["first_twice"] == 20
    assert found["verdicts"]["tie"] == 20
    assert found["agreement"]["with_ties"]["share"] == 0.8
    assert found["agreement"]["without_ties"]["share"] == 1.0
    assert found["agreement"]["ties_half_right"] == 0.9


def test_running_again_pays_nothing_and_says_the_same():
    first = figures()
    again = figures()
    assert (first["asked"]["m"]["calls"], first["asked"]["m"]["replayed"]) == (200, 0)
    assert (again["asked"]["m"]["calls"], again["asked"]["m"]["replayed"]) == (0, 200)
    assert Path("answers.sqlite").is_file()
    assert {name: value for name, value in first.items() if name != "asked"} == {
        name: value for name, value in again.items() if name != "asked"
    }


def test_a_sample_can_be_taken_settings_changed_and_answers_be_elsewhere():
    found = figures("-n", "10", "--answers", "here.sqlite", "--set", "judge.0.rubric=instruction_following")
    assert found["pairs"] == 10
    assert found["settings"]["rubric"] == "instruction_following"
    assert Path("here.sqlite").is_file()
    assert not Path("answers.sqlite").exists()


def test_any_judge_can_be_measured():
    Path("judge.yaml").write_text("judge:\n  - use: length\n")
    found = figures()
    assert found["agreement"]["without_ties"]["share"] == 0.5
    assert found["length"]["judge_longer"] == 1.0
    assert found["length"]["people_longer"] == 0.5
    assert found["position"] is None
    assert not Path("answers.sqlite").exists()


def test_a_spent_budget_ends_with_75_and_the_same_command_goes_on():
    result = run("judge.yaml", "--on", "pairs.jsonl", "-q", "--budget", "10k")
    assert result.exit_code == 75
    assert result.stderr.startswith("the budget of 10,000 tokens allows no further call")
    assert figures()["asked"]["m"]["replayed"] > 0


def test_too_many_failures_end_with_2_and_a_sentence():
    Path("judge.yaml").write_text(TRUTHFUL.replace("[[A]]", "hm").replace("[[B]]", "hm"))
    result = run("judge.yaml", "--on", "pairs.jsonl", "-q")
    assert result.exit_code == 2
    assert "gave no verdict on" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("judge", "arguments", "said"),
    [
        ("", (), "judge.yaml: says nothing; write `judge:` with one `use: name`"),
        ("models: {}\n", (), "judge: is missing; it is the judge"),
        ("judge: []\n", (), "judge.yaml:1: judge:"),
        ("judge: [{use: length}, {use: refusal}]\n", (), "judge.yaml:1: judge:"),
        ("judge: [{use: none}]\n", (), "no judge 'none'"),
        ("judge: [{use: length, mots: 1}]\n", (), "unknown setting"),
        ("judge: [{use: pairwise, model: m}]\n", (), "no model 'm'; the recipe has none; add `models:`"),
        ("generate: []\njudge: [{use: length}]\n", (), "judge.yaml:1: generate: unknown setting"),
        ("judge: [{use: length}]\n", ("--on", "none.jsonl"), "none.jsonl can't be read"),
        ("judge: [{use: length}]\n", ("--on", "judge.yaml"), "give a folder, a Hub id, or a .jsonl"),
        ("judge: [{use: length}]\n", ("--budget", "x"), "--budget x: write tokens as 2M or 500k"),
        ("judge: [{use: length}]\n", ("--split", "x", "--on", "."), "has no data for split 'x'"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_2(judge, arguments, said):
    Path("judge.yaml").write_text(judge)
    result = run("judge.yaml", *(("--on", "pairs.jsonl") if "--on" not in arguments else ()), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


SHIPPED = sorted(Path(str(files("recipes"))).glob("judges/*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_judge_files_that_ship_are_good(path):
    loaded = judge_file.load(path)
    assert loaded.recipe.judge[0].name == loaded.name


def test_judge_files_ship():
    assert len(SHIPPED) >= 3


def test_hostile_names_in_the_data_reach_no_terminal():
    rows = [
        {"prompt": f"Q{n}", "chosen": "GOOD", "rejected": "BAD", "category": f"\x1b]0;x\x07{n % 2}"} for n in range(4)
    ]
    Path("pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run("judge.yaml", "--on", "pairs.jsonl", "-q")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout


def test_help_loads_nothing_of_it():
    code = (
        "import sys; from factory import cli; "
        "print([name for name in sys.modules if name.startswith(('factory.judge_eval', 'factory.judging', 'numpy'))])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


JURY = """\
models:
  one: {use: scripted, license: apache-2.0, rules: [{matches: "GOOD", say: ["[[9]]"]}, {say: ["[[2]]"]}]}
  two: {use: scripted, model: two, license: apache-2.0, rules: [{matches: "GOOD", say: ["[[8]]"]}, {say: ["[[3]]"]}]}
judge:
  - {use: llm, model: one, jury: [two], canary_every: 0, json_schema: false}
"""


def test_models_of_this_machine_take_turns_in_a_jury(monkeypatch):
    alive, events = set(), []
    start = Scripted.start

    async def started(settings):
        engine = await start(settings)
        close = engine.close

        async def closed():
            alive.discard(settings.model)
            await close()

        assert not alive, "the engine before is gone"
        alive.add(settings.model)
        events.append(settings.model)
        monkeypatch.setattr(engine, "close", closed, raising=False)
        return engine

    Path("judge.yaml").write_text(JURY)
    together = figures("--answers", "a.sqlite")
    monkeypatch.setattr(Scripted, "resident", True)
    monkeypatch.setattr(Scripted, "start", started)
    apart = figures("--answers", "b.sqlite")
    assert sorted(events) == ["scripted", "two"]
    assert apart["agreement"] == together["agreement"]
    assert apart["judged"] == together["judged"] == 100


def test_a_judge_without_any_verdict_is_no_success():
    Path("judge.yaml").write_text(TRUTHFUL.replace("[[A]]", "well").replace("[[B]]", "well"))
    result = run("judge.yaml", "--on", "pairs.jsonl", "-n", "20", "-q")
    assert result.exit_code == 3
    assert result.stderr == "the judge gave no verdict on any pair\n"
