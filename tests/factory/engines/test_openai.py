"""What an OpenAI-compatible server is asked, and what is made of its answers."""

import asyncio
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from yarl import URL

from factory import registry
from factory.engine import Completion, Fatal, LoginRefused, Request, Sampling, Token, Unanswered, Unreachable
from factory.engines._http import Client, proxy_for
from factory.engines._model_list import check
from factory.engines._patience import Patience, Wait
from factory.engines.openai import OpenAI
from factory.errors import RecipeError
from factory.row import Message

Ask = Callable[..., Any]
HI = (Message("system", "be kind"), Message("user", "hi"))
DIGIT = {"type": "object", "properties": {"digit": {"type": "integer"}}, "required": ["digit"]}


def sent(faults: ModuleType, ask: Ask, request: Request, **settings: Any) -> dict[str, Any]:
    """What the server got."""
    with faults.FaultServer(then=faults.ok("hello", "world")) as server:
        ask(server, request, **settings)
        (seen,) = server.requests
    return {"path": seen.path, **seen.payload}


def test_a_conversation_goes_to_the_chat_with_no_field_that_says_nothing(faults: ModuleType, ask: Ask) -> None:
    assert sent(faults, ask, Request(HI, Sampling(max_tokens=9, temperature=0.5))) == {
        "path": "/v1/chat/completions",
        "model": "tiny",
        "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}],
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 1.0,
    }


def test_raw_text_goes_to_the_completions(faults: ModuleType, ask: Ask) -> None:
    assert sent(faults, ask, Request("Once", Sampling(max_tokens=9))) == {
        "path": "/v1/completions",
        "model": "tiny",
        "prompt": "Once",
        "max_tokens": 9,
        "temperature": 1.0,
        "top_p": 1.0,
    }


def test_every_sampling_setting_reaches_the_server(faults: ModuleType, ask: Ask) -> None:
    sampling = Sampling(9, 0.2, 0.9, 40, 0.1, 1.2, ("\n", "Q:"), 7, 3)
    more = {"top_k": 40, "min_p": 0.1, "repetition_penalty": 1.2, "stop": ["\n", "Q:"], "seed": 7, "n": 2}
    chat = sent(faults, ask, Request(HI, sampling, 2))
    assert chat == chat | more | {"logprobs": True, "top_logprobs": 3, "temperature": 0.2, "top_p": 0.9}
    raw = sent(faults, ask, Request("Once", sampling, 2))
    assert raw == raw | more | {"logprobs": 3}
    assert "top_logprobs" not in raw


@pytest.mark.parametrize(
    ("server", "fields"),
    [
        ("vllm", {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}),
        ("llamacpp", {"top_k": -1, "min_p": 0.0, "repeat_penalty": 1.0}),
    ],
)
def test_a_server_known_to_have_defaults_of_its_own_is_told_all(
    server: str, fields: dict[str, Any], faults: ModuleType, ask: Ask
) -> None:
    got = sent(faults, ask, Request("Once"), name=server)
    assert got == got | fields


def test_extra_fields_are_added_and_null_takes_one_out(faults: ModuleType, ask: Ask) -> None:
    extra = {"chat_template_kwargs": {"enable_thinking": False}, "top_p": None, "max_tokens": 5}
    got = sent(faults, ask, Request(HI), extra_body=extra)
    assert got["chat_template_kwargs"] == {"enable_thinking": False}
    assert got["max_tokens"] == 5
    assert "top_p" not in got


def test_a_schema_is_asked_for_and_held_against_the_answer(faults: ModuleType, ask: Ask) -> None:
    got = sent(faults, ask, Request(HI, schema=DIGIT))
    assert got["response_format"] == {"type": "json_schema", "json_schema": {"name": "answer", "schema": DIGIT}}
    closed = DIGIT | {"additionalProperties": False}
    assert sent(faults, ask, Request(HI, schema=closed))["response_format"]["json_schema"]["strict"] is True
    with faults.FaultServer(then=faults.ok('{"digit": 3}', '{"digit": "three"}', "three")) as server:
        good, *bad = ask(server, Request(HI, n=3, schema=DIGIT))
        assert len(server.requests) == 1
    assert good.text == '{"digit": 3}'
    assert [outcome.reason for outcome in bad] == ["schema", "schema"]
    assert (bad[0].note, bad[0].text) == ("$.digit: 'three' is not of type 'integer'", '{"digit": "three"}')


def test_a_sample_that_came_whole_stays_and_only_what_is_missing_is_asked_again(faults: ModuleType, ask: Ask) -> None:
    choices = [faults.choice("one"), faults.choice(""), faults.choice("thr", "length"), faults.choice(None)]
    script = [
        faults.document(faults.reply(*choices, prompt_tokens=10, completion_tokens=12)),
        faults.reset,
        faults.document(faults.reply(faults.choice("two"), faults.choice(""), prompt_tokens=10, completion_tokens=6)),
        faults.document(faults.reply(faults.choice("four"), prompt_tokens=10, completion_tokens=4)),
    ]
    with faults.FaultServer(script) as server:
        outcomes = ask(server, Request(HI, Sampling(seed=100), 4))
        payloads = [seen.payload for seen in server.requests]
    assert [getattr(outcome, "text", "") for outcome in outcomes] == ["one", "two", "thr", "four"]
    assert [isinstance(outcome, Completion) for outcome in outcomes] == [True, True, False, True]
    assert outcomes[2].reason == "truncated"
    assert [payload.get("n", 1) for payload in payloads] == [4, 2, 2, 1]
    # A server gives sample i the seed + i: no seed is drawn from twice, but after a reset it is the same.
    assert [payload["seed"] for payload in payloads] == [100, 100 + 2**20, 100 + 2**20, 100 + 2**21]
    assert sum(outcome.prompt_tokens for outcome in outcomes) == 30
    assert sum(outcome.completion_tokens for outcome in outcomes) == 12 + 6 + 4


def test_samples_that_are_whole_stay_when_the_rest_is_refused(faults: ModuleType, ask: Ask) -> None:
    script = [faults.ok("one", ""), faults.status(400, "no more")]
    with faults.FaultServer(script) as server:
        one, two = ask(server, Request(HI, n=2))
    assert one.text == "one"
    assert (two.reason, two.note) == ("refused", "400: no more")


async def _one_choice(faults: ModuleType, seen: Any, writer: Any) -> None:
    payload = seen.payload | {"n": 1}
    await faults.echo(seen._replace(body=json.dumps(payload).encode()), writer)


def test_a_server_that_ignores_n_is_asked_one_by_one(faults: ModuleType, within: Callable[..., Any]) -> None:
    async def use(engine: Any) -> Any:
        request = Request("hi", Sampling(seed=100), 3)
        return [[one.text for one in await engine.complete(request)] for _ in range(2)]

    with faults.FaultServer(then=lambda seen, writer: _one_choice(faults, seen, writer)) as server:
        first, second = within(server.url, use)
        asked = [seen.payload.get("n", 1) for seen in server.requests]
    assert asked == [3, 1, 1, 1, 1, 1]
    assert len(set(first)) == len(set(second)) == 3


@pytest.mark.parametrize(
    "error", [{"message": "must be at most 1", "param": "n"}, "Only one completion choice is allowed"]
)
def test_a_server_that_refuses_n_is_asked_one_by_one(error: Any, faults: ModuleType, ask: Ask) -> None:
    with faults.FaultServer([faults.status(400, error)]) as server:
        outcomes = ask(server, Request("hi", Sampling(seed=1), 2))
        assert [seen.payload.get("n", 1) for seen in server.requests] == [2, 1, 1]
    assert len({outcome.text for outcome in outcomes}) == 2


def test_a_server_that_wants_another_name_for_the_limit_gets_it(faults: ModuleType, ask: Ask) -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    with faults.FaultServer([faults.status(400, words)]) as server:
        ask(server, Request("hi", Sampling(max_tokens=9)))
        first, second = [seen.payload for seen in server.requests]
    assert first["max_tokens"] == second["max_completion_tokens"] == 9
    assert "max_tokens" not in second


def test_log_probabilities_of_both_kinds_are_read(faults: ModuleType, ask: Ask) -> None:
    tops = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.5}]
    chat = {"content": [{"token": "a", "logprob": -0.5, "top_logprobs": tops}]}
    raw = {"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": [{"a": -0.5, "b": -1.5}]}
    expected = (Token("a", -0.5, (("a", -0.5), ("b", -1.5))),)
    for logprobs, prompt in ((chat, HI), (raw, "hi")):
        answer = faults.document(faults.reply(faults.choice("a", logprobs=logprobs)))
        with faults.FaultServer(then=answer) as server:
            assert ask(server, Request(prompt, Sampling(logprobs=2)))[0].tokens == expected


@pytest.mark.parametrize("logprobs", [None, [], {"content": [{"token": 3}]}, {"tokens": ["a"]}, {"content": 5}])
def test_log_probabilities_that_are_not_offered_are_none(logprobs: Any, faults: ModuleType, ask: Ask) -> None:
    with faults.FaultServer(then=faults.document(faults.reply(faults.choice("a", logprobs=logprobs)))) as server:
        (outcome,) = ask(server, Request(HI, Sampling(logprobs=2)))
    assert (outcome.text, outcome.tokens) == ("a", ())


def started(settings: OpenAI, request: Request | None = None) -> Any:
    async def inside() -> Any:
        engine = await settings.start()
        try:
            return await engine.complete(request or Request("hi"))
        finally:
            await engine.close()

    return asyncio.run(inside())


def test_it_is_found_by_its_name(faults: ModuleType) -> None:
    assert registry.find("engines", "openai") is OpenAI  # type: ignore[arg-type]


def test_a_start_pays_for_nothing_and_a_run_works(faults: ModuleType, openai: Callable[..., OpenAI]) -> None:
    with faults.FaultServer() as server:
        (outcome,) = started(openai(server.url))
        assert outcome.text == "hi -> 0"
        assert (len(server.listed), len(server.requests)) == (1, 1)


def test_who_the_server_is_decides_what_it_is_told(faults: ModuleType, openai: Callable[..., OpenAI]) -> None:
    with faults.FaultServer(listing=faults.models("tiny", owned_by="vllm")) as server:
        started(openai(server.url))
        assert server.requests[0].payload["top_k"] == -1


@pytest.mark.parametrize("listing", [("tiny",), ("models/tiny",), ("other", "tiny:latest")])
def test_a_model_that_is_listed_by_a_longer_name_is_there(
    listing: tuple[str, ...], faults: ModuleType, openai: Callable[..., OpenAI]
) -> None:
    with faults.FaultServer(listing=faults.models(*listing)) as server:
        assert started(openai(server.url))


def test_a_model_that_is_not_there_is_said_at_the_start(faults: ModuleType, openai: Callable[..., OpenAI]) -> None:
    with faults.FaultServer(listing=faults.models("big", "small")) as server:
        with pytest.raises(Fatal, match="no model 'tiny'; it has: big, small") as error:
            started(openai(server.url))
        assert server.requests == []
    assert error.value.exit_code == 5


def test_a_server_that_lists_nothing_readable_is_asked_all_the_same(
    faults: ModuleType, openai: Callable[..., OpenAI]
) -> None:
    odd = (faults.document(value) for value in ([], {"data": [3]}, {"data": None}, 3))
    for listing in (faults.status(404), faults.status(501), faults.page(), *odd):
        with faults.FaultServer(listing=listing) as server:
            assert started(openai(server.url))[0].text == "hi -> 0"


def test_a_server_that_is_not_ready_is_waited_for(
    faults: ModuleType, openai: Callable[..., OpenAI], passing: Any
) -> None:
    """Else it would be told other things than when it is ready, and the answers would be stored as the same."""
    script = [faults.status(503, "Loading model"), faults.reset, faults.status(429), faults.short_body]

    async def listing(seen: Any, writer: Any) -> None:
        await (script.pop(0) if script else faults.models("tiny", owned_by="llamacpp"))(seen, writer)

    async def inside(url: str) -> str:
        client = Client(url, {}, 5)
        try:
            return await check(client, "tiny", Wait(Patience(60, client.origin, passing.clock)))
        finally:
            await client.close()

    with faults.FaultServer(listing=listing) as server:
        assert asyncio.run(inside(server.url)) == "llamacpp"
        assert len(server.listed) == 5
    with faults.FaultServer(listing=faults.status(500)) as server, pytest.raises(Unreachable, match="patience_s is 60"):
        asyncio.run(inside(server.url))


def test_a_login_that_is_refused_is_said_at_the_start(faults: ModuleType, openai: Callable[..., OpenAI]) -> None:
    with faults.FaultServer(listing=faults.status(401, "bad key")) as server:
        with pytest.raises(LoginRefused, match="api_key_env") as error:
            started(openai(server.url))
        assert server.requests == []
    assert error.value.exit_code == 4


def test_a_server_that_is_not_there_is_said_at_the_start(openai: Callable[..., OpenAI]) -> None:
    with pytest.raises(Unreachable, match=r"no connection.*start the server, or correct base_url"):
        started(openai("http://127.0.0.1:1/v1"))


def test_a_key_that_is_not_set_is_one_sentence(openai: Callable[..., OpenAI], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLANTED_KEY", raising=False)
    with pytest.raises(LoginRefused, match="PLANTED_KEY is not set") as error:
        started(openai(api_key_env="PLANTED_KEY"))
    assert error.value.exit_code == 4
    monkeypatch.setenv("PLANTED_KEY", "abc\ndef")
    with pytest.raises(LoginRefused, match="characters that no key has"):
        started(openai(api_key_env="PLANTED_KEY"))


def test_keys_reach_the_server_in_headers(
    faults: ModuleType, openai: Callable[..., OpenAI], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED_KEY", "first-key\n")
    monkeypatch.setenv("OTHER_KEY", "second-key")
    with faults.FaultServer() as server:
        started(openai(server.url + "?api-version=1", api_key_env="PLANTED_KEY", headers_env={"api-key": "OTHER_KEY"}))
        for seen in (*server.listed, *server.requests):
            assert (seen.headers["authorization"], seen.headers["api-key"]) == ("Bearer first-key", "second-key")
        assert server.requests[0].path == "/v1/completions?api-version=1"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"base_url": "http://user:hunter22@localhost/v1"}, "login"),
        ({"base_url": "ftp://localhost/v1"}, "not an address"),
        ({"base_url": "localhost:8000"}, "not an address"),
        ({"base_url": "file:///etc/passwd"}, "not an address"),
        ({"base_url": "http://localhost/v1?api_key=hunter22"}, "key in an address"),
        ({"api_key_env": "hunter22-and-more"}, "not the name"),
        ({"api_key_env": "sk_hunter22hunter22"}, "not the name"),
        ({"headers_env": {"api key": "A"}}, "HTTP header"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": "some"}, "concurrency"),
        ({"timeout_s": 0}, "timeout_s"),
    ],
)
def test_settings_that_are_wrong_are_refused_without_their_secrets(setting: dict[str, Any], words: str) -> None:
    whole = {"model": "m", "license": "mit", "base_url": "http://localhost/v1"} | setting
    with pytest.raises(RecipeError, match=words) as error:
        registry.build("engines", "openai", whole)  # type: ignore[arg-type]
    assert "hunter22" not in str(error.value)


def test_ways_are_no_part_of_what_answers_are_stored_under(openai: Callable[..., OpenAI]) -> None:
    here = openai("http://a/v1", timeout_s=1, concurrency=3)
    there = openai("http://b/v1", api_key_env="KEY", headers_env={"x": "Y"}, patience_s=3)
    assert here.identity() == there.identity()
    assert here.identity() != openai("http://a/v1", extra_body={"thinking": False}).identity()


def test_proxies_of_the_environment_are_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert proxy_for(URL("http://127.0.0.1:8000/v1")) is None
    assert proxy_for(URL("http://localhost/v1")) is None
    assert proxy_for(URL("http://[::1]:8000/v1")) is None
    assert proxy_for(URL("http://inside.example/v1")) is None
    assert proxy_for(URL("http://api.example/v1")) == "http://proxy.example:3128"
    monkeypatch.setenv("http_proxy", "socks5://proxy.example:1080")
    with pytest.raises(RecipeError, match="socks5 proxy"):
        proxy_for(URL("http://api.example/v1"))


def test_a_call_that_is_given_up_leaves_its_place(faults: ModuleType, within: Callable[..., Any]) -> None:
    async def use(engine: Any) -> Any:
        hanging = asyncio.create_task(engine.complete(Request("hi")))
        waiting = asyncio.create_task(engine.complete(Request("hi")))
        while not server.requests:
            await asyncio.sleep(0.01)
        waiting.cancel()
        hanging.cancel()
        await asyncio.wait({hanging, waiting})
        return await engine.complete(Request("ho"))

    with faults.FaultServer([faults.hang]) as server:
        assert within(server.url, use, concurrency=1)[0].text == "ho -> 0"


def test_one_outcome_is_unanswered_where_its_siblings_are_not(faults: ModuleType, ask: Ask) -> None:
    with faults.FaultServer(then=faults.ok("one", "", "three")) as server:
        outcomes = ask(server, Request(HI, n=3))
    assert [type(outcome) for outcome in outcomes] == [Completion, Completion, Completion]
    with faults.FaultServer(then=faults.ok("")) as server:
        assert isinstance(ask(server, Request(HI))[0], Unanswered)
