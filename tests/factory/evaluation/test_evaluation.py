"""An evaluation from its file to its folder: resumed, finished, changed, damaged."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from scripted_evaluation import accuracy, lines, model, planned, run, solver

from factory.errors import DatasetError
from factory.spending import Budget, BudgetSpent

GOOD = solver({"1+1": "2", "2+2": "4", "3*3": "9", "3*4": "12"})
Written = Callable[..., Path]


def paid(out: Path) -> int:
    """The calls that the last run made."""
    usages = json.loads((out / "timing.json").read_text())["paid"].values()
    return sum(usage["calls"] for usage in usages)


def stored(path: Path) -> int:
    """How many answers a store holds; 0 of one that is just being made."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            return int(file.execute("select count(*) from answers").fetchone()[0])
    except sqlite3.Error:
        return 0


def judged(**settings: Any) -> list[dict[str, Any]]:
    """A score and a comparison of the same prompts."""
    prompts = {"prompts": "prompts.jsonl", **settings}
    return [
        {"use": "score", "judge": [{"use": "llm", "model": "judge"}], **prompts},
        {"use": "compare", "judge": [{"use": "pairwise", "model": "judge"}], **prompts},
    ]


def judge(**rule: Any) -> dict[str, Any]:
    said = ['{"reason": "so", "score": 7, "reasoning": "so", "winner": "A"}']
    return model(
        {"when": "winner", "say": ['{"reasoning": "so", "winner": "A"}'], **rule}, {"say": said, **rule}, name="judge"
    )


def everything(written: Written, tmp_path: Path, **rule: Any) -> Path:
    lines(tmp_path / "prompts.jsonl", [{"turns": [f"Ask {n}", "More"]} for n in range(12)])
    models = {name: model({"say": [f"{name} says {{{{n}}}}"], **rule}, name=name) for name in ("a", "b", "c")}
    return written({**models, "judge": judge(**rule)}, accuracy(), *judged())


def test_a_finished_folder_is_left_as_it_is(written: Written, tmp_path: Path) -> None:
    path = written({"good": GOOD}, accuracy())
    first = run(path)
    before = {one: one.stat().st_mtime_ns for one in sorted((tmp_path / "out").rglob("*")) if one.is_file()}
    (tmp_path / "answers.sqlite").unlink()
    assert run(path) == json.loads(json.dumps(first))
    assert {one: one.stat().st_mtime_ns for one in before} == before


def test_all_is_replayed_and_the_same_where_the_folder_is_made_anew(written: Written, tmp_path: Path) -> None:
    path = everything(written, tmp_path)
    run(path)
    assert paid(tmp_path / "out") > 0
    run(path, tmp_path / "again")
    assert paid(tmp_path / "again") == 0
    for name in ("evaluation.json", "README.md", "answers/accuracy.parquet", "answers/compare.parquet"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_another_task_pays_for_nothing_that_was_answered(written: Written, tmp_path: Path) -> None:
    run(everything(written, tmp_path), tmp_path / "out")
    _, compare = judged()
    models = json.loads((tmp_path / "evaluation.yaml").read_text())["models"]
    run(written(models, {**compare, "against": "a", "name": "b-and-c-against-a"}), tmp_path / "other")
    assert paid(tmp_path / "other") == 0


def test_a_run_that_was_killed_is_gone_on_with_and_pays_nothing_twice(written: Written, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    run(everything(written, tmp_path), whole / "out")
    calls = paid(whole / "out")
    slow = everything(written, tmp_path, delay_s=0.02)
    command = [sys.executable, "-m", "factory.cli", "evaluate", str(slow), "-o", str(tmp_path / "killed" / "out"), "-q"]
    (tmp_path / "killed").mkdir()
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.getcwd()})
    while process.poll() is None and stored(tmp_path / "killed" / "answers.sqlite") < 30:
        sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "out" / "evaluation.json").exists()
    subprocess.run(command, check=True)
    assert 0 < paid(tmp_path / "killed" / "out") <= calls - 30
    figures = [
        json.loads((one / "out" / "evaluation.json").read_text())["tasks"] for one in (whole, tmp_path / "killed")
    ]
    assert figures[0] == figures[1]


def test_another_evaluation_does_not_get_the_folder(written: Written, tmp_path: Path) -> None:
    run(written({"good": GOOD}, accuracy()))
    path = written({"good": GOOD}, accuracy(count=2))
    with pytest.raises(DatasetError, match=r"another evaluation: tasks.0.count is absent there and 2 here; .* --fresh"):
        run(path)
    assert run(path, fresh=True)["tasks"]["accuracy"]["questions"] == 2
    assert paid(tmp_path / "out") == 0


def test_other_questions_are_another_evaluation(written: Written, tmp_path: Path) -> None:
    path = written({"good": GOOD}, accuracy())
    before = planned(path).recipe.digest
    lines(tmp_path / "math.jsonl", [{"question": "What is 1+1?", "answer": "3"}])
    assert planned(path).recipe.digest != before


def test_what_got_no_answer_is_asked_again_when_that_is_wanted(written: Written, tmp_path: Path) -> None:
    failing = model({"when": "1+1", "fail": "refused"}, {"say": ["The answer is 4."]})
    path = written({"m": failing}, accuracy())
    assert run(path)["tasks"]["accuracy"]["models"]["m"]["unanswered"] == {"refused": 1}
    run(path, fresh=True)
    assert paid(tmp_path / "out") == 0
    told: list[str] = []
    run(path, retry=True, told=told)
    assert paid(tmp_path / "out") == 1
    assert "1 requests without an answer are asked again" in told


@pytest.mark.parametrize("damage", ["{", "[]", '{"digest": 1}', "", {"files": [{}]}, {"tasks": {}}])
def test_a_damaged_result_is_told(written: Written, tmp_path: Path, damage: str | dict[str, Any]) -> None:
    path = written({"good": GOOD}, accuracy())
    run(path)
    result = tmp_path / "out" / "evaluation.json"
    result.write_text(damage if isinstance(damage, str) else json.dumps(json.loads(result.read_text()) | damage))
    with pytest.raises(DatasetError, match=r"evaluation\.json is damaged or of another version"):
        run(path)


def test_answers_that_are_gone_and_strange_files_are_told(written: Written, tmp_path: Path) -> None:
    path = written({"good": GOOD}, accuracy())
    run(path)
    (tmp_path / "out" / "answers" / "accuracy.parquet").unlink()
    with pytest.raises(DatasetError, match=r"accuracy\.parquet is damaged or gone"):
        run(path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(DatasetError, match=r"holds other files \(thesis.tex\)"):
        run(path, tmp_path / "mine")
    with pytest.raises(DatasetError, match="is in the evaluation's folder"):
        run(path, tmp_path / "new", answers=tmp_path / "new" / "answers.sqlite")


@pytest.mark.parametrize("fresh", [False, True])
def test_a_readme_and_answers_of_someone_else_are_left_alone(written: Written, tmp_path: Path, fresh: bool) -> None:
    path = written({"good": GOOD}, accuracy())
    mine = tmp_path / "mine"
    (mine / "answers").mkdir(parents=True)
    for name in ("README.md", "answers/exam.txt"):
        (mine / name).write_text("mine")
    with pytest.raises(DatasetError, match=r"holds other files \(README.md\)"):
        run(path, mine, fresh=fresh)
    assert [(mine / name).read_text() for name in ("README.md", "answers/exam.txt")] == ["mine", "mine"]


def test_what_else_lies_in_a_finished_folder_stays_when_it_is_made_anew(written: Written, tmp_path: Path) -> None:
    path = written({"good": GOOD}, accuracy())
    run(path)
    (tmp_path / "out" / "notes.txt").write_text("mine")
    run(path, fresh=True)
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == [
        "README.md",
        "answers",
        "evaluation.json",
        "notes.txt",
        "timing.json",
    ]


def test_a_run_that_failed_before_its_first_answer_is_gone_on_with(written: Written, tmp_path: Path) -> None:
    with pytest.raises(BudgetSpent):
        run(written({"good": GOOD}, accuracy()), budget=Budget.parse("1"))
    (tmp_path / "out" / "README.md").write_text("half")
    run(written({"good": GOOD}, accuracy(count=1)))
    assert (tmp_path / "out" / "README.md").read_text().startswith("# tiny")


def test_a_budget_ends_it_and_what_was_paid_is_kept(written: Written, tmp_path: Path) -> None:
    path = written({"good": GOOD}, accuracy())
    with pytest.raises(BudgetSpent):
        run(path, budget=Budget.parse("1"))
    run(path)
    assert paid(tmp_path / "out") < 4


def test_text_from_elsewhere_is_text_in_the_report(written: Written, tmp_path: Path) -> None:
    nasty = "</td><script>alert(1)</script> | `x` **bold** [a](http://b)\n# head"
    lines(
        tmp_path / "nasty.jsonl", [{"prompt": f"What is {n}?", "answer": "2", "kind": f"{n}{nasty}"} for n in range(2)]
    )
    path = written({"good": GOOD}, accuracy(questions={"source": "nasty.jsonl"}, by=["kind"]), description=nasty)
    run(path)
    text = (tmp_path / "out" / "README.md").read_text()
    assert "<script>" not in text
    assert "\n# head" not in text
    assert "[a](" not in text


def test_each_model_is_loaded_once_where_one_fits_at_a_time(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from factory.engines.scripted import Scripted

    path, starts = everything(written, tmp_path), list[str]()
    begin = Scripted.start

    async def start(settings: Scripted) -> Any:
        starts.append(settings.model)
        return await begin(settings)

    alike = run(path, tmp_path / "alike")["tasks"]
    monkeypatch.setattr(Scripted, "resident", True)
    monkeypatch.setattr(Scripted, "start", start)
    result = run(path, tmp_path / "turns", answers=tmp_path / "new.sqlite")["tasks"]
    assert sorted(starts) == ["a", "b", "c", "judge"]
    assert result == alike
