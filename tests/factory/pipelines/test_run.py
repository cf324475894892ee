import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory import durable
from factory.cli import main
from factory.versions import PACKAGE, version_of

VERSION = version_of(PACKAGE)
STAGES = ["problems", "clean", "pairs", "between", "back"]


def contents(out: Path) -> dict[str, bytes]:
    """Every file of the stages' folders but those about time."""
    paths = (path for name in STAGES for path in (out / name).rglob("*") if path.is_file())
    return {str(path.relative_to(out)): path.read_bytes() for path in paths if path.name != "timing.json"}


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))


def test_all_is_run_once_and_then_nothing_and_the_same_bytes_come_out_elsewhere(here, whole, run, plan, started):
    assert plan() == dict.fromkeys(STAGES, "never run")
    first = run(out="far/away")
    assert first.exit_code == 0, first.stderr
    assert started(first) == STAGES
    before = contents(here / "far/away")
    assert started(run(out="far/away")) == []
    assert contents(here / "far/away") == before
    assert contents(whole / "out") == before
    assert str(here).encode() not in b"".join(before.values())


def test_what_changed_is_done_again_with_all_that_hangs_on_it_and_the_plan_says_why(done, run, plan, started):
    assert plan("--set", "t=0.25") == {
        "between": "recipe changed: parameters.t was 0.5 and is 0.25",
        "back": "input runs: between",
    }
    assert started(run("--set", "t=0.25")) == ["between", "back"]
    assert plan("--set", "t=0.25") == {}
    assert plan("--set", "t=0.25", "--set", "rows=5") == {
        "problems": "stage changed: rows was 6 and is 5",
        "clean": "input runs: problems",
        "pairs": "input runs: clean",
    }
    edit("clean.yaml", "length", "repetition")
    assert plan("--set", "t=0.25")["clean"] == 'recipe changed: judge.0.use was "length" and is "repetition"'
    (done / "a" / "config.json").write_text('{"model_type": "llama", "x": 1}')
    changed = plan("--set", "t=0.25")
    assert changed["between"] == "file changed: models.first.model"
    assert changed["back"] == "file changed: models.second.model; input runs: between"


def test_an_input_that_comes_out_the_same_leaves_what_takes_it_alone(done, run, plan, started):
    assert started(run("--from", "problems", "--only", "problems")) == ["problems"]
    assert plan() == {}
    edit("clean.yaml", "length", "length, least_answer: 2")
    assert started(run("--only", "clean")) == ["clean"]
    assert plan() == {"pairs": "input changed: clean"}  # the settings are in its manifest


def test_only_runs_that_stage_alone_and_demands_its_inputs(here, run, plan, started):
    refused = run("--only", "clean")
    assert refused.exit_code == 2
    assert "takes problems, which is not finished; run it first: --only problems" in refused.stderr
    assert started(run("--only", "problems")) == ["problems"]
    assert started(run("--only", "clean", "--only", "problems")) == ["clean"]
    assert not (here / "out/between").exists()
    assert list(plan()) == ["pairs", "between", "back"]


def test_from_makes_a_stage_anew_with_all_that_hangs_on_it(done, run, plan, started):
    assert plan("--from", "between") == dict.fromkeys(["between", "back"], "asked for by --from")
    assert started(run("--from", "between")) == ["between", "back"]
    assert plan() == {}


def test_a_version_that_matters_to_a_kind_does_it_again(done, run, plan, monkeypatch):
    monkeypatch.setattr("factory.pipelines.depends.version_of", lambda name: "9.9" if name == "numpy" else VERSION)
    found = plan()
    assert list(found) == ["between", "back"]
    assert found["between"].startswith("version changed: numpy was ")
    assert found["between"].endswith(" and is 9.9")


def test_a_changed_stage_that_fails_leaves_what_it_had_made_and_it_comes_back(done, run, plan, started):
    before = contents(done / "out")
    edit("on_policy.yaml", "rules: [{say", "rules: [{when: nothing, say")
    failed = run()
    assert failed.exit_code == 5
    assert "stage pairs failed with exit code 5; see above for why" in failed.stderr
    assert (done / "out/.pipeline/old/pairs/manifest.json").is_file()
    edit("on_policy.yaml", "{when: nothing, say", "{say")
    back = run()
    assert "pairs: what it made before is wanted again, and is back" in back.stderr
    assert started(back) == []
    assert contents(done / "out") == before
    assert plan() == {}


def test_a_finished_folder_that_was_changed_or_deleted_is_made_again(done, run, plan):
    (done / "out/back/merge.json").write_text("{}")
    assert plan() == {"back": "its folder is gone, or was changed by another command"}
    assert run().exit_code == 0
    assert plan() == {}


def test_fewer_rows_than_asked_go_on_unless_the_stage_says_stop(here, run, plan):
    edit("quick.yaml", "    rows: $rows", "    rows: $rows\n    short: stop")
    stopped = run("--set", "rows=5000", "--only", "problems")
    assert stopped.exit_code == 3
    assert "stage problems made fewer rows than were asked; set `short: go_on`" in stopped.stderr
    edit("quick.yaml", "short: stop", "short: go_on")
    result = run("--set", "rows=5000", "--only", "problems")
    assert result.exit_code == 0
    assert "problems: fewer rows than were asked; the run goes on with them" in result.stderr


def test_two_runs_of_one_folder_are_refused(here, run):
    (here / "out").mkdir()
    with durable.locked(here / "out"):
        result = run()
    assert result.exit_code == 2
    assert "is being written by process" in result.stderr


def test_a_folder_with_files_that_no_pipeline_made_is_left_alone(here, run):
    (here / "out/problems").mkdir(parents=True)
    (here / "out/problems/thesis.txt").touch()
    result = run()
    assert result.exit_code == 2
    assert "holds other files, not of this pipeline" in result.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("quick.yaml", "use: math, count: 20", "use: maths, count: 20", "no generator 'maths'; did you mean 'math'"),
        ("quick.yaml", "gate: clean.yaml", "gate: gone.yaml", "gone.yaml: can't be read"),
        ("quick.yaml", "generate.0.samples: 2", "generate.1.samples: 2", "generate has no '1'"),
        ("quick.yaml", "generate.0.samples: 2", "generate.0.samples: two", "'two' is text; write a whole number"),
        ("on_policy.yaml", "use: math_answer", "use: math_answers", "no judge 'math_answers'"),
        ("on_policy.yaml", "model: policy", "model: polizei", "no model 'polizei'"),
        ("on_policy.yaml", "license: apache-2.0\nmodels", "license: apache\nmodels", "licence 'apache' is not an id"),
        ("clean.yaml", "length", "lengths", "no judge 'lengths'; did you mean 'length'"),
        ("quick.yaml", "method: slerp", "method: slurp", "did you mean 'slerp'"),
        ("quick.yaml", "parameters: {t: 0.5}", "parameters: {t: 2}", "parameters.t"),
        ("quick.yaml", "merge: &merge", "evaluate: &merge", "stages.between|tasks"),
        ("quick.yaml", "  pairs:\n", "  a: {publish: me, dataset: $clean}\n  pairs:\n", "publish"),
        (
            "quick.yaml",
            "  pairs:\n",
            "  a: {model: {architecture: llama, name: a, license: no}}\n  pairs:\n",
            "licence 'no'|license",
        ),
        ("quick.yaml", "  pairs:\n", "  a: {train: {use: sft, name: a}}\n  pairs:\n", "is missing"),
    ],
)
def test_what_is_wrong_with_a_later_stage_is_said_before_the_first_one_runs(here, run, file, old, new, said):
    edit(file, old, new)
    result = run()
    assert result.exit_code == 2, result.stderr
    assert result.stderr.count("\n") == 1
    assert any(one in result.stderr for one in said.split("|"))
    assert not (here / "out").exists()


def test_a_stage_whose_command_is_not_there_is_told_before_anything_runs(here, run, monkeypatch):
    monkeypatch.delitem(main.commands, "publish", raising=False)
    edit("quick.yaml", "  pairs:\n", "  out: {publish: me/rows, dataset: $clean}\n  pairs:\n")
    for result in (run(), CliRunner().invoke(main, ["check", "quick.yaml"])):
        assert result.exit_code == 2
        assert "stages.out: there is no command `factory publish` in this version" in result.stderr


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[str]]:
    """`factory run` as a process of its own."""
    command = [sys.executable, "-m", "factory.cli", "run", "quick.yaml", "-o", "out", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def wait(what, child: subprocess.Popen[str]) -> None:
    """Until something is so, or the process has ended."""
    while not what() and child.poll() is None:
        time.sleep(0.01)


def begun(stage: str) -> bool:
    path = Path("out/.pipeline/stages") / f"{stage}.json"
    return path.is_file() and not json.loads(path.read_bytes())["finished"]


def answers() -> int:
    try:
        with closing(sqlite3.connect("file:out/answers.sqlite?mode=ro", uri=True)) as store:
            tables = [name for (name,) in store.execute("select name from sqlite_master where type='table'")]
            return sum(
                store.execute(f"select count(*) from {name}").fetchone()[0] for name in tables if name == "answers"
            )
    except sqlite3.Error:
        return 0


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_killed_in_a_stage_and_run_again_no_finished_stage_is_redone(here, whole, run, started, stage):
    with process() as child:
        wait(lambda: begun(stage), child)
        child.kill()
    result = run()
    assert result.exit_code == 0, result.stderr
    assert started(result) == STAGES[STAGES.index(stage) :]
    assert contents(here / "out") == contents(whole / "out")


@pytest.mark.slow
def test_killed_while_a_model_is_asked_no_stored_answer_is_paid_again(here, run, started):
    edit("on_policy.yaml", "delay_s: 0.02", "delay_s: 0.3")
    edit("quick.yaml", "generate.0.samples: 2", "generate.0.samples: 4")
    with process("--set", "rows=16") as child:
        wait(lambda: answers() >= 8, child)
        child.kill()
    paid = answers()
    assert 8 <= paid < 64
    result = run("--set", "rows=16")
    assert result.exit_code == 0, result.stderr
    assert started(result) == ["pairs", "between", "back"]
    spent = json.loads(Path("out/pairs/timing.json").read_bytes())["paid"]["policy"]
    assert spent["replayed"] >= paid
    assert 4 * spent["calls"] + spent["replayed"] == answers() == 64


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_handed_on_and_ends_the_stage_cleanly(here, run, started, number):
    edit("on_policy.yaml", "delay_s: 0.02", "delay_s: 0.3")
    with process("--set", "rows=16") as child:
        wait(lambda: answers() >= 2, child)
        os.kill(child.pid, number)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 128 + number
    assert "stopping when the rows under way are done" in said
    assert "stage pairs was stopped; what is finished is kept, and the same command goes on from there" in said
    assert not list(Path("out").rglob(".lock"))
    assert started(run("--set", "rows=16")) == ["pairs", "between", "back"]
