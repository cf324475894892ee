"""Whole runs against a real server on loopback that counts what it is asked."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from factory import dataset
from factory.cli import main
from factory.manifest import MANIFEST, read_manifest

HERE = Path(__file__).parent
OTHERS, ENGINES = HERE / "others", HERE / "engines"

RECIPE = """\
name: bread
seed: 7
license: apache-2.0
shard_rows: {shard_rows}
generate:
- use: bakery.questions
  count: {count}
models:
  baker: {{use: openai, model: tiny, license: apache-2.0, base_url: {url}, concurrency: 16{more}}}
"""


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(OTHERS)
    monkeypatch.syspath_prepend(ENGINES)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def faults(_here: None) -> Any:
    return import_module("fault_server")


@pytest.fixture
def server(faults: Any) -> Iterator[Any]:
    with faults.FaultServer() as running:
        yield running


def write(url: str, *, count: int = 40, shard_rows: int = 15, more: str = "") -> None:
    Path("r.yaml").write_text(RECIPE.format(count=count, shard_rows=shard_rows, url=url, more=more))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["generate", "r.yaml", "-q", *arguments])


def started(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "factory.cli", "generate", "r.yaml", *arguments]
    return subprocess.Popen(
        command,
        env=os.environ | {"PYTHONPATH": str(OTHERS)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def asked(server: Any) -> Counter[str]:
    """How often each question came."""
    return Counter(seen.payload["messages"][-1]["content"] for seen in server.requests)


def until(condition: Callable[[], bool], limit_s: float = 60) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.002)


def test_a_run_asks_each_question_once_and_running_again_asks_nothing(server: Any) -> None:
    write(server.url)
    assert run("-o", "out/a").exit_code == 0
    assert len(server.requests) == 40
    assert run("-o", "out/b").exit_code == 0
    assert len(server.requests) == 40
    a, b = (Path("out") / name / MANIFEST for name in "ab")
    assert a.read_bytes() == b.read_bytes()
    use = read_manifest(Path("out/a")).models["baker"]
    assert (use.model, use.license, use.answers, use.prompt_tokens, use.completion_tokens) == (
        "tiny", "apache-2.0", 40, 200, 280,
    )  # fmt: skip
    paid = [json.loads(Path(f"out/{name}/timing.json").read_text())["paid"]["baker"] for name in "ab"]
    assert [(one["calls"], one["replayed"], one["completion_tokens"]) for one in paid] == [(40, 0, 280), (0, 40, 0)]
    assert Path("out/answers.sqlite").is_file()


def test_adding_a_row_pays_for_one(server: Any) -> None:
    write(server.url)
    run("-o", "out/a")
    assert run("-o", "out/b", "--set", "generate.0.count=41").exit_code == 0
    assert len(server.requests) == 41
    assert max(asked(server).values()) == 1


def test_a_new_judge_or_parser_pays_for_nothing(server: Any) -> None:
    write(server.url)
    run("-o", "out/a")
    Path("r.yaml").write_text(Path("r.yaml").read_text() + "judge:\n- use: bakery.taste\n")
    assert run("-o", "out/b").exit_code == 0
    assert run("-o", "out/c", "--set", "generate.0.shout=true").exit_code == 0
    assert len(server.requests) == 40
    assert {row.messages[-1].content for row in dataset.read(Path("out/c"))} >= {"WHAT IS LOAF 3 LIKE? -> 0"}


@pytest.mark.parametrize("change", ["generate.0.temperature=0.5", "models.baker.revision=abc"])
def test_another_temperature_or_revision_pays_for_all(server: Any, change: str) -> None:
    write(server.url)
    run("-o", "out/a")
    assert run("-o", "out/b", "--set", change).exit_code == 0
    assert len(server.requests) == 80


def test_another_way_to_the_model_is_the_same_dataset(server: Any, faults: Any) -> None:
    write(server.url)
    run("-o", "out/a")
    with faults.FaultServer() as other:
        write(other.url, more=", timeout_s: 5")
        assert run("-o", "out/a").exit_code == 0
        assert run("-o", "out/b").exit_code == 0
        assert other.requests == []
    text = Path("out/a/manifest.json").read_text() + Path("out/a/recipe.yaml").read_text()
    assert "127.0.0.1" not in text


def test_equal_questions_in_flight_are_asked_once(server: Any) -> None:
    write(server.url)
    assert run("-o", "out/a", "--set", "generate.0.same=3", "--set", "duplicates='off'").exit_code == 0
    assert len(server.requests) == 3
    assert read_manifest(Path("out/a")).models["baker"].answers == 40


def test_a_question_without_an_answer_is_a_row_of_the_rejects_with_its_raw_text(server: Any, faults: Any) -> None:
    write(server.url)
    server.script = [faults.document(faults.reply(faults.choice("A crust that", "length"))), faults.ok("fine")] * 5
    assert run("-o", "out/a").exit_code == 3
    manifest = read_manifest(Path("out/a"))
    assert manifest.dropped == {"bakery.questions: truncated": 5}
    assert manifest.rows_made == 40
    reject = next(dataset.read_rejects(Path("out/a")))
    assert reject.row.messages[0].content.startswith("What is loaf")
    assert "A crust that" in reject.row.verdicts[0].note
    assert (reject.row.license, reject.row.model) == ("apache-2.0", "tiny")


def test_the_failures_of_a_run_replay_and_retry_asks_them_again(server: Any, faults: Any) -> None:
    write(server.url)
    server.script = [faults.document(faults.reply(faults.choice("A crust", "length"))) for _ in range(5)]
    run("-o", "out/a")
    run("-o", "out/a", "--fresh")
    assert len(server.requests) == 40
    assert read_manifest(Path("out/a")).rows_kept == 35
    result = CliRunner().invoke(main, ["retry", "r.yaml", "-o", "out/a", "-q"])
    assert result.exit_code == 0
    assert "5 requests without an answer are asked again" in result.stderr
    assert len(server.requests) == 45
    assert read_manifest(Path("out/a")).rows_kept == 40


def test_a_dataset_that_was_made_here_is_retried_without_its_recipe(server: Any, faults: Any) -> None:
    write(server.url)
    server.script = [faults.document(faults.reply(faults.choice("A crust", "length"))) for _ in range(5)]
    run("-o", "out/a")
    Path("r.yaml").unlink()
    result = CliRunner().invoke(main, ["retry", "out/a", "-q"])
    assert (result.exit_code, len(server.requests)) == (0, 45)
    assert read_manifest(Path("out/a")).rows_kept == 40
    published = b"".join(path.read_bytes() for path in Path("out/a").rglob("*") if path.is_file())
    assert server.url.encode() not in published


def test_the_name_of_a_key_is_not_remembered_and_a_retry_asks_for_it(server: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("BAKERY_KEY", "correct-horse")
    write(server.url, more=", api_key_env: BAKERY_KEY")
    run("-o", "out/a")
    result = CliRunner().invoke(main, ["retry", "out/a", "-q"])
    assert result.exit_code == 2
    assert "add --set models.baker.api_key_env=NAME, or write: factory retry RECIPE -o out/a" in result.stderr
    again = CliRunner().invoke(main, ["retry", "out/a", "-q", "--set", "models.baker.api_key_env=BAKERY_KEY"])
    assert again.exit_code == 0


def test_a_dataset_that_was_made_elsewhere_needs_its_recipe(server: Any) -> None:
    write(server.url)
    run("-o", "out/a")
    result = CliRunner().invoke(main, ["retry", "out/a", "-q", "--answers", "elsewhere.sqlite"])
    assert result.exit_code == 2
    assert "base_url: is missing" in result.stderr
    assert "write: factory retry RECIPE -o out/a" in result.stderr


def test_fresh_makes_another_recipes_folder_anew(server: Any) -> None:
    write(server.url)
    run("-o", "out/a")
    Path("out/a/mine.txt").write_text("")
    refused = run("-o", "out/a", "-n", "10")
    assert refused.exit_code == 2
    assert "remake this one with --fresh" in refused.stderr
    Path("out/a/mine.txt").unlink()
    assert run("-o", "out/a", "-n", "10", "--fresh").exit_code == 0
    assert read_manifest(Path("out/a")).rows_made == 10
    assert len(server.requests) == 40


def test_the_budget_ends_the_run_with_75_and_the_same_command_goes_on(server: Any) -> None:
    write(server.url, count=200)
    result = run("-o", "out/a", "--budget", "600")
    assert result.exit_code == 75
    assert "the budget of 600 tokens allows no further call" in result.stderr
    assert "of 200 rows are made" in result.stderr
    spent = 12 * len(server.requests)
    assert 400 <= spent <= 600
    assert run("-o", "out/a", "--budget", "1M").exit_code == 0
    assert len(server.requests) == 200


def test_money_needs_a_price(server: Any) -> None:
    write(server.url)
    result = run("-o", "out/a", "--budget", "1USD")
    assert result.exit_code == 2
    assert "models.baker has no price" in result.stderr
    write(server.url, count=200, more=", price: [1000, 1000]")
    assert run("-o", "out/a", "--budget", "0.6USD").exit_code == 75
    assert len(server.requests) <= 50


def test_an_estimate_says_what_all_would_take_and_its_answers_are_not_lost(server: Any) -> None:
    write(server.url, count=1000, more=", price: [1, 2]")
    result = CliRunner().invoke(main, ["preview", "r.yaml", "--estimate", "-k", "20", "--json"])
    found = json.loads(result.stdout)
    assert len(server.requests) == 20
    assert {name: found[name]["expected"] for name in ("rows_kept", "answers", "prompt_tokens")} == {
        "rows_kept": 1000, "answers": 1000, "prompt_tokens": 5000,
    }  # fmt: skip
    assert found["dollars"]["low"] <= found["dollars"]["expected"] == pytest.approx(0.019)
    assert found["seconds"]["expected"] > 0
    again = CliRunner().invoke(main, ["preview", "r.yaml", "--estimate"])
    assert "of the 20 answers of these 20 were stored" in again.stdout
    assert run("-o", "out/a").exit_code == 0
    assert len(server.requests) == 1000


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ((401, "no such key"), 4),
        ((404, {"message": "The model `tiny` does not exist.", "code": "model_not_found"}), 5),
        ((429, {"message": "You exceeded your quota", "code": "insufficient_quota"}), 5),
    ],
)
def test_a_fatal_error_is_one_sentence_and_what_is_answered_is_kept(
    server: Any, faults: Any, error: tuple[int, Any], code: int
) -> None:
    write(server.url)
    server.script = [faults.echo] * 20
    server.then = faults.status(*error)
    result = run("-o", "out/a")
    assert result.exit_code == code
    assert result.stderr.count("\n") == 1
    server.then = faults.echo
    before = asked(server)
    assert run("-o", "out/a").exit_code == 0
    assert len(asked(server) - before) == 20


def test_a_server_that_is_gone_ends_the_run_with_75(server: Any) -> None:
    write("http://127.0.0.1:9/v1", more=", patience_s: 0")
    result = run("-o", "out/a")
    assert result.exit_code == 75
    assert result.stderr.count("\n") == 1


def test_a_signal_keeps_what_was_answered_and_ends_within_ten_seconds(server: Any, faults: Any) -> None:
    write(server.url, count=100)

    async def some_hang(seen: Any, writer: asyncio.StreamWriter) -> None:
        await (faults.hang if "loaf 3" in seen.body.decode() else faults.echo)(seen, writer)

    server.then = some_hang
    with started("-o", "out/a") as process:
        until(lambda: len(server.requests) >= 60)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=20)
    assert time.monotonic() - begun < 10
    assert process.returncode == 143
    assert "the same command goes on" in complaints
    assert "Traceback" not in complaints
    server.then = faults.echo
    before = asked(server)
    assert run("-o", "out/a").exit_code == 0
    repeated = [
        question for question, times in asked(server).items() if question in before and times > before[question]
    ]
    assert all("loaf 3" in question for question in repeated)


def test_a_second_signal_does_not_wait(server: Any, faults: Any) -> None:
    write(server.url)
    server.then = faults.hang
    with started("-o", "out/a") as process:
        until(lambda: len(server.requests) >= 16)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        until(lambda: "once more to stop at once" in process.stderr.readline())
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        process.wait(20)
    assert time.monotonic() - begun < 4
    assert process.returncode == 130


def test_a_secret_is_in_no_file_and_no_log(server: Any, faults: Any) -> None:
    key = "correct-horse-battery-staple"
    write(server.url, more=", api_key_env: BAKERY_KEY")
    server.script = [faults.status(500, f"no such key: {key}")]
    code = "import logging, runpy; logging.basicConfig(level=0); runpy.run_module('factory.cli', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code, "generate", "r.yaml", "-o", "out/a"],
        env=os.environ | {"PYTHONPATH": str(OTHERS), "BAKERY_KEY": key},
        capture_output=True,
        text=True,
        check=False,
    )
    assert server.requests[0].headers["authorization"] == f"Bearer {key}"
    assert done.returncode in (0, 3)
    assert key not in done.stdout + done.stderr
    assert "DEBUG" in done.stderr
    texts = {path.name: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert {name for name, text in texts.items() if b"BAKERY_KEY" in text} == {"r.yaml"}
    assert {name for name, text in texts.items() if key.encode() in text} == set()


def killed(server: Any, faults: Any, *, count: int, kills: int) -> None:
    """Kill a run at random moments; nothing is lost, and little is asked again."""
    write(server.url, count=count, shard_rows=count // 8)
    arrivals: list[float] = []

    async def slow_echo(seen: Any, writer: asyncio.StreamWriter) -> None:
        arrivals.append(time.monotonic())
        await asyncio.sleep(0.005)
        await faults.echo(seen, writer)

    server.then = slow_echo
    rng = random.Random(3)
    allowed = 0
    for number in range(kills):
        target = count * (number + 1) // (kills + 2)
        wanted = target + rng.randrange(count // (kills + 2))
        with started("-o", "out/killed", "-q") as process:
            until(lambda: len(asked(server)) >= wanted or process.poll() is not None)  # noqa: B023
            process.kill()
            process.wait()
        end = time.monotonic()
        allowed += 16 + sum(arrival > end - 0.25 for arrival in arrivals)
    assert run("-o", "out/killed").exit_code == 0
    repeated = len(server.requests) - count
    assert len(asked(server)) == count
    assert repeated <= allowed
    assert repeated < count // 2
    assert run("-o", "plain/killed").exit_code == 0
    files = [
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (Path("out/killed"), Path("plain/killed"))
    ]
    for found in files:
        del found["timing.json"]
    assert files[0] == files[1]
    assert len(files[0]) >= 8


def test_killed_at_random_moments_nothing_is_lost_and_little_is_asked_again(server: Any, faults: Any) -> None:
    killed(server, faults, count=1500, kills=3)


@pytest.mark.slow
def test_killed_twenty_times_nothing_is_lost_and_little_is_asked_again(server: Any, faults: Any) -> None:
    killed(server, faults, count=5000, kills=20)
