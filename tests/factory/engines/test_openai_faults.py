"""Every fault that a server was seen to commit, played over real HTTP, and what has to follow."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import ModuleType
from typing import Any

import pytest

from factory.engine import Completion, Fatal, LoginRefused, Request, Sampling, Unanswered, Unreachable
from factory.row import Message

Ask = Callable[..., Any]
HI = Request((Message("user", "hi"),), Sampling(max_tokens=16))

PASSING: dict[str, Callable[[ModuleType], Any]] = {
    "500": lambda f: f.status(500, "EngineCore encountered an issue"),
    "502 with a page": lambda f: f.page(502, "Bad Gateway"),
    "503": lambda f: f.status(503),
    "504": lambda f: f.status(504),
    "529": lambda f: f.status(529),
    "408": lambda f: f.status(408),
    "429": lambda f: f.status(429, "slow down"),
    "hang": lambda f: f.hang,
    "hang after headers": lambda f: f.hang_after_headers,
    "trickle": lambda f: f.trickle,
    "reset": lambda f: f.reset,
    "reset in the body": lambda f: f.reset_mid_body,
    "short body": lambda f: f.short_body,
    "cut JSON": lambda f: f.cut_json,
    "a page for an answer": lambda f: f.page(),
    "an error in a 200": lambda f: f.document({"error": {"message": "upstream died"}}),
    "an error text in a 200": lambda f: f.document({"error": "upstream died"}),
    "a 429 in a 200": lambda f: f.document({"error": {"code": 429, "message": "slow"}}),
    "no HTTP": lambda f: f.no_http,
}
"""What may be over the next time: no answer is lost for it."""

SLOW = ("hang", "hang after headers", "trickle")


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_waited_for(name: str, faults: ModuleType, ask: Ask, passing: Any) -> None:
    fault = PASSING[name](faults)
    times = 1 if name in SLOW else 5
    with faults.FaultServer([fault] * times, then=faults.ok("hello")) as server:
        (outcome,) = ask(server, timeout_s=0.7 if name in SLOW else 5)
        assert outcome == Completion("hello", 5, 7)
        assert len(server.requests) == times + 1
        assert len(passing.naps) == times


@pytest.mark.parametrize("name", PASSING)
def test_what_does_not_pass_ends_the_run_when_patience_ends(
    name: str, faults: ModuleType, ask: Ask, passing: Any
) -> None:
    with faults.FaultServer(then=PASSING[name](faults)) as server:
        with pytest.raises(Unreachable, match="patience_s is 60") as error:
            ask(server, timeout_s=0.05 if name in SLOW else 5)
        assert len(server.requests) > 4
        assert error.value.exit_code == 75
        assert 58 < sum(passing.naps) <= 60


def test_a_server_that_is_gone_is_waited_for_until_patience_ends(faults: ModuleType, ask: Ask, passing: Any) -> None:
    with faults.FaultServer() as server:
        pass
    with pytest.raises(Unreachable, match="no connection"):
        ask(server)
    assert 58 < sum(passing.naps) <= 60


def test_a_server_that_comes_back_is_asked_again(faults: ModuleType, within: Callable[..., Any]) -> None:
    with faults.FaultServer() as gone:
        port = gone.port

    async def use(engine: Any) -> Any:
        asking = asyncio.create_task(engine.complete(HI))
        await asyncio.sleep(0.05)
        assert not asking.done()
        again.port = port
        with again:
            return await asking

    again = faults.FaultServer(then=faults.ok("hello"))
    assert within(gone.url, use, patience_s=1e9)[0].text == "hello"


def test_one_request_that_never_passes_is_dropped_where_others_are_answered(
    faults: ModuleType, within: Callable[..., Any]
) -> None:
    """A prompt that crashes the server must not end the run."""

    async def play(seen: Any, writer: Any) -> None:
        poison = "poison" in seen.payload["prompt"]
        await (faults.status(500, "index out of range") if poison else faults.echo)(seen, writer)

    async def use(engine: Any) -> Any:
        poisoned = asyncio.create_task(engine.complete(Request("poison")))
        while not poisoned.done():
            await engine.complete(Request("good"))
        return await poisoned

    with faults.FaultServer(then=play) as server, pytest.raises(Unanswered, match="index out of range") as error:
        within(server.url, use)
    assert error.value.reason == "refused"


@pytest.mark.parametrize("kind", ["hang", "hang_after_headers", "trickle"])
def test_a_call_ends_at_its_deadline_whatever_trickles_in(kind: str, faults: ModuleType, ask: Ask) -> None:
    with faults.FaultServer(then=getattr(faults, kind)) as server:
        begun = time.monotonic()
        with pytest.raises(Unreachable, match=r"no whole reply within 0\.2 s"):
            ask(server, timeout_s=0.2, patience_s=0)
        assert time.monotonic() - begun >= 0.2
        assert len(server.requests) == 1


def test_retry_after_is_obeyed_in_seconds_and_as_a_date(faults: ModuleType, ask: Ask, passing: Any) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    date = format_datetime(now + timedelta(seconds=40), usegmt=True)
    script = [
        faults.status(429, Retry_After="25"),
        faults.status(429, Retry_After=date, Date=format_datetime(now, usegmt=True)),
        faults.status(503, Retry_After="2.5"),
    ]
    with faults.FaultServer(script, then=faults.ok("hello")) as server:
        ask(server, patience_s=100)
    assert [int(nap / 0.5) * 0.5 for nap in passing.naps] == [25.0, 40.0, 2.5]


@pytest.mark.parametrize("value", ["soon", "nan", "inf", "-5", "1e999", "Thu, 99 Foo"])
def test_a_retry_after_that_says_nothing_is_none(value: str, faults: ModuleType, ask: Ask, passing: Any) -> None:
    with faults.FaultServer([faults.status(429, Retry_After=value)]) as server:
        ask(server)
    assert 0 <= passing.naps[0] <= 0.5


def test_a_retry_after_beyond_patience_ends_the_run_at_once(faults: ModuleType, ask: Ask, passing: Any) -> None:
    with faults.FaultServer(then=faults.status(429, Retry_After="3600")) as server:
        with pytest.raises(Unreachable, match="asks to wait 3600 s"):
            ask(server)
        assert len(server.requests) == 1
    assert passing.naps == []


def test_a_request_that_is_only_slowed_down_is_never_dropped(faults: ModuleType, within: Callable[..., Any]) -> None:
    """Others are answered for longer than patience lasts; this one is told to wait, and waits."""
    told = 0

    async def play(seen: Any, writer: Any) -> None:
        nonlocal told
        told += "slow" in seen.payload["prompt"]
        slow = "slow" in seen.payload["prompt"] and told <= 10
        await (faults.status(429, Retry_After="10") if slow else faults.echo)(seen, writer)

    async def use(engine: Any) -> Any:
        slowed = asyncio.create_task(engine.complete(Request("slow")))
        while not slowed.done():
            await engine.complete(Request("good"))
        return await slowed

    with faults.FaultServer(then=play) as server:
        assert within(server.url, use)[0].text == "slow -> 0"


NEVER: dict[str, tuple[Callable[[ModuleType], Any], type[Fatal], int, str]] = {
    "401": (lambda f: f.status(401, "bad key"), LoginRefused, 4, "refuses the login"),
    "403": (lambda f: f.status(403, "not yours"), LoginRefused, 4, "refuses the login"),
    "402": (lambda f: f.status(402, "pay"), Fatal, 5, "quota is used up"),
    "no quota": (
        lambda f: f.status(429, {"message": "check your plan", "code": "insufficient_quota"}),
        Fatal,
        5,
        "quota is used up",
    ),
    "no quota in a 200": (
        lambda f: f.document({"error": {"code": 402, "message": "no credits"}}),
        Fatal,
        5,
        "quota is used up",
    ),
    "no model": (lambda f: f.status(404, "The model `tiny` does not exist."), Fatal, 5, "does not exist"),
    "no address": (lambda f: f.page(404, "Not Found"), Fatal, 5, "mostly ends in /v1"),
    "a redirect": (lambda f: f.status(307, Location="http://127.0.0.2:9/v1"), Fatal, 5, "http://127.0.0.2:9/v1"),
}


@pytest.mark.parametrize("name", NEVER)
def test_what_no_waiting_mends_ends_the_run_after_one_request(name: str, faults: ModuleType, ask: Ask) -> None:
    fault, kind, code, words = NEVER[name]
    with faults.FaultServer(then=fault(faults)) as server:
        with pytest.raises(Fatal, match=words) as error:
            ask(server)
        assert (type(error.value), error.value.exit_code) == (kind, code)
        assert len(server.requests) == 1


REFUSED: dict[str, tuple[Callable[[ModuleType], Any], str]] = {
    "too long, OpenAI": (
        lambda f: f.status(400, {"message": "reduce the messages", "code": "context_length_exceeded"}),
        "too_long",
    ),
    "too long, vLLM": (
        lambda f: f.status(400, {"message": "maximum context length is 512 tokens", "param": "input_tokens"}),
        "too_long",
    ),
    "too long, vLLM before 0.10": (
        lambda f: f.sends(f.http(400, b'{"object": "error", "message": "maximum context length is 512", "code": 400}')),
        "too_long",
    ),
    "too long, llama.cpp": (
        lambda f: f.status(400, "the request exceeds the available context size, try increasing it"),
        "too_long",
    ),
    "too long, SGLang": (
        lambda f: f.status(400, "The input (600 tokens) is longer than the model's context length (512 tokens)."),
        "too_long",
    ),
    "too large": (lambda f: f.page(413, "Request Entity Too Large"), "too_long"),
    "filtered, Azure": (lambda f: f.status(400, {"message": "no", "code": "content_filter"}), "filtered"),
    "filtered, OpenRouter": (lambda f: f.status(403, "Your input was flagged"), "filtered"),
    "refused": (lambda f: f.status(400, "logprobs must be below 20"), "refused"),
    "refused, FastAPI": (lambda f: f.sends(f.http(422, b'{"detail": [{"msg": "bad"}]}')), "refused"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_that_is_refused_is_asked_once_and_drops_its_row(name: str, faults: ModuleType, ask: Ask) -> None:
    fault, reason = REFUSED[name]
    with faults.FaultServer(then=fault(faults)) as server:
        with pytest.raises(Unanswered) as error:
            ask(server)
        assert error.value.reason == reason
        assert len(server.requests) == 1


ODD: dict[str, tuple[Callable[[ModuleType], Any], str]] = {
    "no choices": (lambda f: f.reply(), "malformed"),
    "null choices": (lambda f: f.reply() | {"choices": None}, "malformed"),
    "choices of another kind": (lambda f: f.reply(3, None), "malformed"),
    "no message": (lambda f: f.reply({"finish_reason": "stop"}), "malformed"),
    "a list for a reply": (lambda f: [1, 2], "malformed"),
    "null for a reply": (lambda f: None, "malformed"),
    "null content": (lambda f: f.reply(f.choice(None)), "empty"),
    "empty content": (lambda f: f.reply(f.choice("")), "empty"),
    "blank content": (lambda f: f.reply(f.choice(" \n\u3000")), "empty"),
    "a content of parts": (lambda f: f.reply(f.choice([{"type": "text", "text": "a"}])), "malformed"),
    "another finish": (lambda f: f.reply(f.choice("half", "abort")), "malformed"),
    "no finish": (lambda f: f.reply(f.choice("half", None)), "malformed"),
    "a finish of another kind": (lambda f: f.reply(f.choice("half", {"a": []})), "malformed"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_reply_is_asked_again_a_few_times(name: str, faults: ModuleType, ask: Ask) -> None:
    odd, reason = ODD[name]
    with faults.FaultServer(then=faults.document(odd(faults))) as server:
        (outcome,) = ask(server)
        assert isinstance(outcome, Unanswered)
        assert outcome.reason == reason
        assert len(server.requests) == 3
    with faults.FaultServer([faults.document(odd(faults))], then=faults.ok("hello")) as server:
        (outcome,) = ask(server)
        assert outcome.text == "hello"
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("finish", "text", "reason"),
    [
        ("length", "half a", "truncated"),
        ("length", None, "truncated"),
        ("content_filter", "so", "filtered"),
        ("content_filter", None, "filtered"),
    ],
)
def test_what_was_cut_or_filtered_is_no_answer_and_not_paid_twice(
    finish: str, text: str | None, reason: str, faults: ModuleType, ask: Ask
) -> None:
    with faults.FaultServer(then=faults.document(faults.reply(faults.choice(text, finish)))) as server:
        (outcome,) = ask(server)
        assert isinstance(outcome, Unanswered)
        assert (outcome.reason, outcome.text) == (reason, text or "")
        assert (outcome.prompt_tokens, outcome.completion_tokens) == (5, 7)
        assert len(server.requests) == 1


def test_a_refusal_in_words_of_its_own_is_filtered(faults: ModuleType, ask: Ask) -> None:
    message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    with faults.FaultServer(
        then=faults.document(faults.reply({"message": message, "finish_reason": "stop"}))
    ) as server:
        (outcome,) = ask(server)
    assert (outcome.reason, outcome.note) == ("filtered", "I can't help with that.")


def test_another_model_name_is_recorded(faults: ModuleType, ask: Ask) -> None:
    with faults.FaultServer(then=faults.document(faults.reply(faults.choice("hello"), model="tiny-0806"))) as server:
        assert ask(server)[0].model == "tiny-0806"


def test_characters_that_no_store_holds_are_replaced_and_others_stay(faults: ModuleType, ask: Ask) -> None:
    body = rb'{"choices": [{"message": {"content": "a\ud800b\u0000c\u001bd\ud83d\ude00"}, "finish_reason": "stop"}]}'
    with faults.FaultServer(then=faults.document(body)) as server:
        assert ask(server)[0].text == "a\ufffdb\ufffdc\x1bd\U0001f600"


def test_a_prompt_with_a_lone_surrogate_can_be_asked(faults: ModuleType, ask: Ask) -> None:
    with faults.FaultServer() as server:
        assert ask(server, Request("a\ud800b"))[0].text == "a\ufffdb -> 0"


def test_a_reply_without_end_is_left(faults: ModuleType, ask: Ask) -> None:
    with faults.FaultServer(then=faults.endless) as server:
        with pytest.raises(Unanswered, match="more than") as error:
            ask(server)
        assert error.value.reason == "malformed"


def test_a_reply_nested_without_end_is_left(faults: ModuleType, ask: Ask) -> None:
    with faults.FaultServer([faults.document(b"[" * 200_000)], then=faults.ok("hello")) as server:
        assert ask(server)[0].text == "hello"


def test_who_answered_instead_of_the_server_is_named(faults: ModuleType, ask: Ask) -> None:
    portal = faults.page(title="Log in to\x1b[2J WiFi", Via="1.1 squid")
    words = r"text/html.*squid.*Log in to \[2J WiFi"
    with faults.FaultServer(then=portal) as server, pytest.raises(Unreachable, match=words):
        ask(server)
