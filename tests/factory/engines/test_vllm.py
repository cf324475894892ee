"""The engine under the real vLLM on the CPU: one start for the file, and one more where it is killed."""

import asyncio
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from factory.engine import Completion, Fatal, Outcome, Request, Sampling, Unanswered, Unreachable
from factory.engines.vllm import Vllm, VllmEngine
from factory.errors import RecipeError
from factory.row import Message

pytestmark = [pytest.mark.xdist_group("vllm"), pytest.mark.slow]

Complete = Callable[..., Sequence[Outcome]]
CHAT = (Message("system", "You are terse."), Message("user", "三足す四はいくつですか。"))
SCHEMA = {
    "type": "object",
    "properties": {"kind": {"enum": ["open", "list"]}, "ok": {"type": "boolean"}},
    "required": ["kind", "ok"],
    "additionalProperties": False,
}


class Loop:
    """An event loop in a thread, so that one engine serves many tests."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(240)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()


def settings(model: Path | str, **more: Any) -> Vllm:
    return Vllm(**{
        "model": str(model),
        "license": "apache-2.0",
        "max_model_len": 512,
        "kv_cache_gib": 0.5,
        "enforce_eager": True,
        **more,
    })  # fmt: skip


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.stop()


@pytest.fixture(scope="module")
def engine(tiny_model: Path, loop: Loop) -> Iterator[VllmEngine]:
    pytest.importorskip("vllm")
    engine = loop.run(settings(tiny_model, restarts=1).start())
    yield engine
    loop.run(engine.close())
    deadline = time.monotonic() + 20
    while processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes()


@pytest.fixture(scope="module")
def complete(engine: VllmEngine, loop: Loop) -> Complete:
    def ask(*arguments: Any, n: int = 1, schema: Any = None, **sampling: Any) -> Sequence[Outcome]:
        request = Request(*arguments, Sampling(**{"max_tokens": 32, **sampling}), n, schema)
        outcomes: Sequence[Outcome] = loop.run(engine.complete(request))
        return outcomes

    return ask


def processes() -> list[Any]:
    return [child for child in multiprocessing.active_children() if child.name.startswith("EngineCore")]


def raw(outcome: Outcome) -> str:
    return outcome.text


def test_a_prompt_of_one_token_is_answered(complete: Complete) -> None:
    (outcome,) = complete("7")  # first: without leave to use AMX, the smallest request is what ends the engine
    assert raw(outcome)


def test_conversations_and_raw_texts_are_continued_each_in_its_own_way(complete: Complete, engine: VllmEngine) -> None:
    (chat,) = complete(CHAT, temperature=0, max_tokens=16)
    text = "<|begin|>" + "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in CHAT)  # type: ignore[str-unpack]
    (same,) = complete(f"{text}<|im_start|>assistant\n", temperature=0, max_tokens=16)
    (other,) = complete(CHAT[1].content, temperature=0, max_tokens=16)
    assert raw(chat) == raw(same)
    assert raw(chat) != raw(other)


def test_each_sample_of_a_seed_can_be_had_alone(complete: Complete) -> None:
    three = [raw(outcome) for outcome in complete(CHAT, n=3, seed=11)]
    assert [raw(outcome) for outcome in complete(CHAT, n=3, seed=11)] == three
    assert raw(complete(CHAT, seed=13)[0]) == three[2]
    assert len(set(three)) == 3


def test_an_answer_that_reaches_its_limit_is_unanswered_with_its_text(complete: Complete) -> None:
    (outcome,) = complete(CHAT, max_tokens=3, temperature=0)
    assert isinstance(outcome, Unanswered)
    assert (outcome.reason, outcome.completion_tokens) == ("truncated", 3)
    assert outcome.text
    assert outcome.prompt_tokens > 20


def test_an_answer_may_take_what_room_the_prompt_leaves(complete: Complete) -> None:
    for outcome in complete("@" * 500, max_tokens=1024, n=4):
        assert 0 < outcome.completion_tokens <= 12


def test_a_stop_text_ends_an_answer_and_is_no_part_of_it(complete: Complete) -> None:
    (whole,) = complete(CHAT, temperature=0, max_tokens=48)
    stop = raw(whole)[len(raw(whole)) // 2]
    (outcome,) = complete(CHAT, temperature=0, max_tokens=48, stop=(stop,))
    assert raw(outcome) == raw(whole).split(stop)[0]
    assert isinstance(outcome, Completion) == bool(raw(outcome).strip())


def test_only_the_first_of_several_samples_carries_the_prompt(complete: Complete) -> None:
    assert [bool(outcome.prompt_tokens) for outcome in complete(CHAT, n=3)] == [True, False, False]


def test_a_prompt_that_the_model_cannot_hold_is_refused_before_the_engine_sees_it(complete: Complete) -> None:
    with pytest.raises(Unanswered, match=r"2,000 tokens, the model takes 512") as caught:
        complete("@" * 2000)
    assert caught.value.reason == "too_long"


@pytest.mark.parametrize(("prompt", "sampling"), [("", {}), ("x", {"temperature": -1.0}), ("x", {"logprobs": 1000})])
def test_what_vllm_refuses_is_unanswered_with_its_words(
    complete: Complete, prompt: str, sampling: dict[str, Any]
) -> None:
    with pytest.raises(Unanswered) as caught:
        complete(prompt, **sampling)
    assert caught.value.reason == "refused"
    assert caught.value.note


def test_a_schema_gives_json_that_fits(complete: Complete) -> None:
    outcomes = complete(CHAT, n=4, schema=SCHEMA, max_tokens=300, seed=3)
    whole = [json.loads(outcome.text) for outcome in outcomes if isinstance(outcome, Completion)]
    assert whole
    assert all(value["kind"] in ("open", "list") and isinstance(value["ok"], bool) for value in whole)
    assert all(outcome.reason == "truncated" for outcome in outcomes if isinstance(outcome, Unanswered))


def test_log_probabilities_come_with_each_token_where_asked(complete: Complete) -> None:
    stop = tuple("abcdefghijklmnopqrstuvwxyz ")
    found = [
        outcome
        for outcome in complete(CHAT, n=8, seed=1, logprobs=2, stop=stop, max_tokens=100)
        if isinstance(outcome, Completion)
    ]
    assert found
    for outcome in found:
        assert len(outcome.tokens) == outcome.completion_tokens
        assert all(token.logprob <= 0 and 1 <= len(token.others) <= 2 for token in outcome.tokens)


def test_an_engine_that_is_killed_is_started_anew_and_all_requests_are_answered(
    engine: VllmEngine, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    async def killed() -> list[Sequence[Outcome]]:
        asked = [
            asyncio.create_task(engine.complete(Request(f"{number}:", Sampling(max_tokens=200, seed=number))))
            for number in range(120)
        ]
        deadline = time.monotonic() + 60
        while not any(task.done() for task in asked) and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        for child in processes():
            os.kill(child.pid, signal.SIGKILL)
        return await asyncio.gather(*asked)

    outcomes = loop.run(killed())
    assert len(outcomes) == 120
    assert all(outcome.completion_tokens for (outcome,) in outcomes)
    assert "started anew (1 of 1)" in caplog.text
    # And once more: now it has died as often as it may.
    for child in processes():
        os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(Unreachable, match=r"died 2 times while it ran .*: .*signal 9"):
        loop.run(engine.complete(Request("x", Sampling(max_tokens=400))))


def test_a_missing_folder_is_one_sentence(loop: Loop) -> None:
    with pytest.raises(Fatal) as caught:
        loop.run(settings("/no/such/folder").start())
    assert str(caught.value).startswith("model: no folder /no/such/folder; name one that is there")


def test_a_model_that_cannot_be_run_is_one_sentence_with_the_cause(tiny_model: Path, loop: Loop) -> None:
    pytest.importorskip("vllm")
    with pytest.raises(Fatal, match=r"vLLM can't run .*max_model_len \(99999\) is greater") as caught:
        loop.run(settings(tiny_model, max_model_len=99999).start())
    assert "\n" not in str(caught.value)


def test_a_start_that_is_cancelled_leaves_no_process(tiny_model: Path, loop: Loop) -> None:
    pytest.importorskip("vllm")

    async def cancelled() -> None:
        start = asyncio.create_task(settings(tiny_model).start())
        deadline = time.monotonic() + 60
        before = set(processes())
        while set(processes()) <= before and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        start.cancel()
        with pytest.raises(asyncio.CancelledError):
            await start
        while set(processes()) - before and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        assert set(processes()) <= before

    loop.run(cancelled())


def test_a_folder_counts_by_what_is_in_it(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        (tmp_path / name / "model.safetensors").write_bytes(bytes(3 << 20))
    here, there = settings(tmp_path / "here"), settings(tmp_path / "there")
    first = here.identity()
    assert first == there.identity()
    (tmp_path / "here" / "model.safetensors").write_bytes(bytes(1 << 20) + b"\1" * (2 << 20))
    assert here.identity() != first
    assert settings("org/model").identity()["model"] == "org/model"


def test_an_adapter_without_a_rank_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="holds no LoRA adapter"):
        settings(tmp_path, lora=str(tmp_path)).arguments()
    (tmp_path / "adapter_config.json").write_text('{"r": 12}')
    assert settings(tmp_path, lora=str(tmp_path)).arguments()["max_lora_rank"] == 16


def test_no_setting_lets_a_models_own_code_run(tiny_model: Path) -> None:
    assert not settings(tiny_model).arguments().get("trust_remote_code", False)
    assert "trust_remote_code" not in Vllm.model_fields
