"""`factory evaluate` as people use it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory.cli import main

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture
def evaluation(tmp_path: Path) -> Path:
    problems = [{"question": f"What is {n}+1?", "answer": str(n + 1)} for n in range(4)]
    (tmp_path / "problems.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in problems))
    path = tmp_path / "evaluation.yaml"
    path.write_text(
        """
name: tiny
models:
  right:
    {use: scripted, license: apache-2.0, rules: [{when: "0+1", say: [The answer is 1.]}, {say: [The answer is 3.]}]}
  mute: {use: scripted, license: apache-2.0, rules: [{say: [Well.]}]}
tasks:
  - use: accuracy
    questions: {source: problems.jsonl}
    judge: [{use: math_answer}]
"""
    )
    return path


def test_it_prints_the_figures_and_ends_with_3_where_nothing_could_be_judged(evaluation: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["evaluate", str(evaluation), "-o", str(tmp_path / "out"), "-q"])
    assert result.exit_code == 3
    said = result.stdout.splitlines()
    assert said[:3] == [
        "accuracy: 4 questions",
        "  right   50.0 % (15.0 to 85.0)",
        "  mute     0.0 % (0.0 to 49.0), 4 undecided",
    ]
    assert said[-1] == str(tmp_path / "out")
    assert result.stderr == "accuracy: nothing of mute could be judged\n"


def test_json_is_what_the_folder_holds_and_a_second_run_says_the_same(evaluation: Path, tmp_path: Path) -> None:
    command = ["evaluate", str(evaluation), "-o", str(tmp_path / "out"), "--set", "evaluate=[right]"]
    command += ["--set", "models.mute=" + json.dumps({"use": "scripted"})]
    wrong = CliRunner().invoke(main, [*command, "--json"])
    assert wrong.exit_code == 2
    command = ["evaluate", str(evaluation), "-o", str(tmp_path / "out"), "--set", "tasks.0.count=1", "--json"]
    first, second = (CliRunner().invoke(main, command) for _ in range(2))
    assert json.loads(first.stdout) == json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert first.stdout == second.stdout


def test_what_is_wrong_gets_one_line_and_2(evaluation: Path, tmp_path: Path) -> None:
    for flags in (
        ["--set", "tasks.0.judge=[]"],
        ["--set", "tasks.0.questions.source=nothing"],
        ["--set", "nothing.at.all=1"],
        ["--set", "models.right.use=vlm"],
        ["--budget", "much"],
    ):
        result = CliRunner().invoke(main, ["evaluate", str(evaluation), "-o", str(tmp_path / "out"), *flags])
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.count("\n") == 1
    assert CliRunner().invoke(main, ["evaluate", str(tmp_path / "none.yaml"), "-o", "x"]).exit_code == 2
    (tmp_path / "file").touch()
    assert CliRunner().invoke(main, ["evaluate", str(evaluation), "-o", str(tmp_path / "file")]).exit_code == 2


def test_check_knows_evaluations(evaluation: Path) -> None:
    result = CliRunner().invoke(main, ["check", str(evaluation)])
    assert (result.exit_code, result.stdout) == (0, f"{evaluation}: good; right, mute by accuracy\n")
    wrong = CliRunner().invoke(main, ["check", str(evaluation), "--set", "tasks.0.samples=2"])
    assert wrong.exit_code == 2
    assert "temperature: at 0 all samples are the same" in wrong.stderr


def test_check_tells_what_is_not_installed_but_for_what_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.evaluation.tasks.lm_eval.find_spec", lambda name: None)
    harness = RECIPES / "evaluate" / "harness.yaml"
    scripted = ["--set", "models.small={use: scripted, license: apache-2.0, rules: [{say: [Yes.]}]}"]
    result = CliRunner().invoke(main, ["check", str(harness), *scripted])
    assert result.exit_code == 2
    assert "lm_eval is not installed; run: pip install" in result.stderr


def test_what_ships_can_be_checked_and_run_with_scripts(tmp_path: Path) -> None:
    shipped = sorted((RECIPES / "evaluate").glob("*.yaml"))
    assert len(shipped) >= 4
    assert CliRunner().invoke(main, ["check", *map(str, shipped)]).exit_code in (0, 2)  # 2: without vLLM
    for name, models, script in (
        ("judged", ("small", "large", "judge"), "evaluate"),
        ("math", ("small", "large"), "on_policy"),
    ):
        command = ["evaluate", str(RECIPES / "evaluate" / f"{name}.yaml"), "-o", str(tmp_path / name), "--json", "-q"]
        for model in models:
            command += ["--set", f"models.{model}.use=scripted"]
            command += ["--set", f"models.{model}.script=../scripts/{script}.yaml"]
        if name == "math":
            command += ["--set", "tasks.0.questions.source=../preferences/problems.jsonl"]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, result.stderr
        tasks = json.loads(result.stdout)["tasks"]
        assert all(task["questions"] for task in tasks.values())


def test_the_tasks_are_listed_with_their_settings() -> None:
    result = CliRunner().invoke(main, ["list", "tasks", "-v"])
    assert result.exit_code == 0
    for told in ("accuracy", "compare", "lm_eval", "score", "temperature_by", "How many answers to each question."):
        assert told in result.stdout
