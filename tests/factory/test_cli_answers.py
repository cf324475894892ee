import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from factory.answers.store import Answers, Keys
from factory.cli import main
from factory.engine import Completion, Request, Token, Unanswered

KEYS = Keys({"model": "m"}).of(Request("q"), range(10))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["answers", *map(str, arguments)])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "answers.sqlite"
    with Answers(path) as opened:
        tokens = (Token("四", -0.5, (("五", float("-inf")),)),)
        opened.put([(KEYS[0], "big@abc", Completion("四です", 10, 3, tokens, "big-2026"))], "run")
        opened.put([(key, "small", Completion(f"{i}", 100, 20)) for i, key in enumerate(KEYS[1:5])], "run")
        opened.put([(KEYS[5], "small", Unanswered("truncated")), (KEYS[6], "small", Unanswered("empty"))], "run")
        opened.put([(KEYS[6], "small", Unanswered("empty"))], "other run")
    return path


def test_show_says_size_models_tokens_and_failures(store: Path) -> None:
    said = run("show", store)
    assert said.exit_code == 0
    day = time.strftime("%Y-%m-%d", time.gmtime())
    assert said.output.splitlines() == [
        f"{store}: {store.stat().st_size:,} bytes",
        "5 answers, 410 prompt and 83 completion tokens",
        f"  small: 4 answers, 400 + 80 tokens, {day}",
        f"  big@abc: 1 answers, 10 + 3 tokens, {day}",
        "failures of 2 runs, never answers to others: empty 2, truncated 1",
    ]


def test_show_gives_the_same_as_json_for_the_folder_too(store: Path) -> None:
    found = json.loads(run("show", store.parent, "--json").output)
    assert found["path"] == str(store)
    assert (found["answers"], found["prompt_tokens"], found["completion_tokens"]) == (5, 410, 83)
    assert [model["model"] for model in found["models"]] == ["small", "big@abc"]
    assert found["failures"] == {"empty": 2, "truncated": 1}


def test_a_store_is_shown_checked_exported_and_pruned_while_a_run_writes_to_it(store: Path) -> None:
    with Answers(store) as opened:
        opened.put([(KEYS[9], "small", Completion("now"))], "run")
        assert opened.forget_failures("no run") == 0  # after which all is committed
        assert "6 answers" in run("show", store).output
        assert "6 answers are whole" in run("verify", store).output
        assert len(run("export", store).stdout.splitlines()) == 6
        assert run("prune", store, "--model", "big@abc", "--yes").exit_code == 0
        assert opened.found([KEYS[0], KEYS[9]], "run") == [None, Completion("now")]


def test_a_name_with_escapes_is_shown_without_them(tmp_path: Path) -> None:
    with Answers(tmp_path / "answers.sqlite") as opened:
        opened.put([(KEYS[0], "m\x1b]0;x\x07\ud800", Completion("x"))], "run")
    said = run("show", tmp_path)
    assert said.exit_code == 0
    assert "\x1b" not in said.output
    assert "m�]0;x�?" in said.output


def test_export_gives_every_answer_as_json_in_the_order_of_payment(store: Path, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in run("export", store).stdout.splitlines()]
    assert [line["text"] for line in lines] == ["四です", "0", "1", "2", "3"]
    made = lines[0].pop("made")
    assert abs(time.time() - time.mktime(time.strptime(made[:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone) < 100_000
    assert lines[0] == {
        "key": KEYS[0].hex(),
        "model": "big@abc",
        "text": "四です",
        "prompt_tokens": 10,
        "completion_tokens": 3,
        "answered_by": "big-2026",
        "tokens": [{"text": "四", "logprob": -0.5, "others": [["五", None]]}],
    }
    out = tmp_path / "folder" / "out.jsonl"
    assert run("export", store, "-o", out).output == f"{out}\n"
    assert out.read_bytes() == run("export", store).stdout_bytes
    assert os.listdir(out.parent) == ["out.jsonl"]


def test_prune_deletes_nothing_before_it_is_told_to(store: Path) -> None:
    before = store.read_bytes()
    said = run("prune", store, "--model", "small")
    assert said.exit_code == 0
    assert said.output.startswith("4 answers and 0 failures (")
    assert said.output.endswith("would be deleted; add --yes to do it\n")
    assert store.read_bytes() == before


def test_prune_deletes_a_model_or_what_is_old_and_gives_the_room_back(store: Path) -> None:
    with Answers(store) as opened:
        opened.put([(KEYS[7], "large", Completion("text " * 100_000))], "run")
    size = store.stat().st_size
    assert run("prune", store, "--model", "large", "--yes").output.startswith("1 answers and 0 failures (500,0")
    assert store.stat().st_size < size - 400_000
    assert run("prune", store, "--older-than", 1, "--yes").output.startswith("0 answers and 0 failures (0 bytes)")
    with Answers(store) as opened:
        assert [one is None for one in opened.found(KEYS[:8], "run")] == [False] * 7 + [True]
    deleted = json.loads(run("prune", store, "--older-than", 0, "--yes", "--json").output)
    assert (deleted["answers"], deleted["failures"], deleted["deleted"]) == (5, 3, True)
    assert "0 answers" in run("show", store).output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("prune", "."), "say what to prune: --model NAME, --older-than DAYS, or both"),
        (("prune", ".", "--model", "bog@abc"), "no answer of bog@abc is in answers.sqlite; there are big@abc, small"),
        (("show", "nowhere"), "nowhere is no file: give the store of answers, or the folder that holds answers.sqlite"),
        (("repair", "nowhere"), "nowhere is no file"),
        (("verify", "text"), "text is no store of answers"),
        (("export", ".", "-o", "text/out"), "can't be written"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    store: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.chdir(store.parent)
    Path("text").write_text("some text\n" * 99)
    said = run(*arguments)
    assert said.exit_code == 2, said.output
    assert sentence in said.output
    assert said.output.count("\n") == 1
    assert not Path("nowhere").exists()


def test_verify_names_damaged_answers_and_repair_leaves_them_out(store: Path) -> None:
    assert run("verify", store).output == "5 answers are whole, 0 rows are damaged\n"
    store.write_bytes(store.read_bytes().replace(b'["2",100', b'["7",100'))
    said = run("verify", store)
    assert said.exit_code == 2
    assert said.output.splitlines() == [
        "4 answers are whole, 1 rows are damaged",
        f"  damaged: {KEYS[3].hex()}; it is asked again and replaced by the run that needs it",
    ]
    assert json.loads(run("verify", store, "--json").output)["damaged"] == [KEYS[3].hex()]
    exported = run("export", store)
    assert exported.stderr == "1 damaged answers are left out\n"
    assert len(exported.stdout.splitlines()) == 4
    assert run("repair", store).output.startswith(f"4 answers kept: {store}; the damaged file is {store}.damaged-")
    assert run("verify", store).exit_code == 0
