import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks import closed_loop  # noqa: E402
from benchmarks.loop import report, teacher  # noqa: E402

LOOP = ROOT / "benchmarks" / "loop" / "loop.yaml"


def sums(**changed: list[float]) -> dict[str, list[float]]:
    found = {name: [0.5, 0.4] for name in report.MODELS}
    return found | {"sft_verified": [0.9, 0.8], "dpo_2": [0.8, 0.7], "spin_1": [0.6, 0.5], **changed}


def test_the_teacher_is_careless_with_the_chance_asked_for_and_only_where_a_last_number_is_taken_away():
    taken = [f"Work out ${a} - 1 - {b}$." for a in range(20, 60) for b in range(1, 9)]
    added = [question.replace(f"- {question[-3]}$", f"+ {question[-3]}$") for question in taken]

    def wrong(questions, chance):
        said = [teacher.answer(question, chance) for question in questions]
        right = [str(eval(re.search(r"\$(.*)\$", question)[1])) for question in questions]
        return sum(one.rpartition("Answer: ")[2] != other for one, other in zip(said, right, strict=True)) / len(said)

    assert wrong(taken, 0.0) == 0
    assert 0.55 < wrong(taken, 0.65) < 0.75
    assert wrong(added, 0.65) == 0
    assert teacher.answer("Is 12 even?", 0.65) is None


def test_a_bar_holds_or_not_by_the_mean_gain():
    held = report.bars(sums())
    assert all(bar["holds"] for bar in held.values())
    assert held["verified data over all data"]["points"] == 40.0
    assert not report.bars(sums(sft_verified=[0.6, 0.6]))["verified data over all data"]["holds"]
    control = "shuffled labels, at most a third of two rounds"
    assert not report.bars(sums(shuffled=[0.65, 0.55]))[control]["holds"]
    worse = sums(dpo_1=[0.9, 0.9], slerp=[0.8, 0.8], linear=[0.85, 0.85])
    assert not report.bars(worse)["the better merge, beside its better parent"]["holds"]


def test_the_table_goes_between_the_markers_and_nothing_else_changes():
    readme = f"# a\n{report.BEGIN}\nold\n{report.END}\nb\n"
    assert report.between(readme, "new") == f"# a\n{report.BEGIN}\nnew\n{report.END}\nb\n"
    with pytest.raises(ValueError, match="no place"):
        report.between("# a\n", "new")


def test_table_and_plot_tell_of_every_model():
    table, plot = report.table(sums(), sums()), report.plot(sums())
    assert table.count("\n| ") == len(report.MODELS)
    assert report.table(sums(), sums(), japanese=True).count("\n| ") == len(report.MODELS)
    assert list(report.JAPANESE) == list(report.MODELS)
    assert list(report.SECOND_JAPANESE) == list(report.SECOND)
    assert "+40.0" in table
    assert plot.count("<rect") == len(report.MODELS)
    assert plot.count("<circle") == 2 * len(report.MODELS)
    assert "http" not in plot.replace("http://www.w3.org/2000/svg", ""), "it loads nothing"


@pytest.mark.slow
def test_problems_are_taught_verified_and_learnt_and_none_is_a_held_out_one(tmp_path):
    log = tmp_path / "log.txt"
    environment = os.environ | closed_loop.ENVIRONMENT
    settings = closed_loop.prepared(0, tmp_path, "tiny", closed_loop.QUICK, log)
    words = [sys.executable, "-m", "factory.cli", "run", str(LOOP), "-o", str(tmp_path / "run"), *settings]
    planned = subprocess.run([*words, "--plan", "--json"], capture_output=True, text=True, env=environment)
    assert planned.returncode == 0, planned.stderr
    stages = {one["stage"] for one in json.loads(planned.stdout)}
    assert {"on_policy/3/dpo", "spin_2", "slerp", "two_stage", "accuracy"} <= stages
    some = [word for name in ("problems", "taught", "verified", "sft_verified") for word in ("--only", name)]
    done = subprocess.run([*words, *some], capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    made = {
        name: json.loads((tmp_path / "run" / name / "manifest.json").read_text()) for name in ("taught", "verified")
    }
    assert 0.5 < made["verified"]["rows_kept"] / made["taught"]["rows_kept"] < 0.9
    assert (tmp_path / "run" / "sft_verified" / "model.safetensors").is_file()
    assert closed_loop.apart(tmp_path)["datasets"] > 50
