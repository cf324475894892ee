"""The client for OpenAI-compatible servers against the real one: vLLM's server with the tiny model, on loopback."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from factory.engine import Completion, Fatal, Outcome, Request, Sampling, Unanswered
from factory.engines.openai import OpenAI
from factory.row import Message

pytestmark = [pytest.mark.xdist_group("vllm"), pytest.mark.slow]

CHAT = (Message("user", "三足す四はいくつですか。"),)
SCHEMA = {
    "type": "object",
    "properties": {"kind": {"enum": ["open", "list"]}},
    "required": ["kind"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def server(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of vLLM's own server."""
    pytest.importorskip("vllm")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "FACTORY_VLLM_LOG": "",  # its processes end with it
    }
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(tiny_model)]
    command += ["--served-model-name", "tiny", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--max-model-len", "512", "--enforce-eager"]
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"vLLM's server doesn't come up:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.2)


def asked(server: str, *requests: Request, **settings: Any) -> list[Sequence[Outcome]]:
    async def ask() -> list[Sequence[Outcome]]:
        engine = await OpenAI(**{"model": "tiny", "license": "apache-2.0", "base_url": server, **settings}).start()
        try:
            return await asyncio.gather(*map(engine.complete, requests))
        finally:
            await engine.close()

    return asyncio.run(ask())


def test_conversations_and_raw_texts_are_answered(server: str) -> None:
    requests = [Request(prompt, Sampling(max_tokens=40, seed=seed)) for prompt in (CHAT, "7") for seed in range(20)]
    outcomes = [outcome for (outcome,) in asked(server, *requests)]
    assert {type(outcome) for outcome in outcomes[:20]} == {type(outcome) for outcome in outcomes[20:]}
    assert any(isinstance(outcome, Completion) for outcome in asked(server, Request(CHAT, Sampling(400), n=8))[0])
    assert all(outcome.completion_tokens for outcome in outcomes)


def test_an_answer_that_reaches_its_limit_is_unanswered(server: str) -> None:
    ((outcome,),) = asked(server, Request(CHAT, Sampling(max_tokens=3, temperature=0)))
    assert isinstance(outcome, Unanswered)
    assert outcome.reason == "truncated"
    assert outcome.text


def test_a_prompt_that_is_too_long_is_unanswered(server: str) -> None:
    with pytest.raises(Unanswered) as caught:
        asked(server, Request("@" * 2000, Sampling(max_tokens=3)))
    assert caught.value.reason == "too_long"


def test_a_schema_gives_json_that_fits(server: str) -> None:
    (outcomes,) = asked(server, Request(CHAT, Sampling(max_tokens=300, seed=1), 4, SCHEMA))
    whole = [outcome for outcome in outcomes if isinstance(outcome, Completion)]
    assert whole
    assert all('"kind"' in outcome.text for outcome in whole)


def test_a_model_that_is_not_there_is_fatal(server: str) -> None:
    with pytest.raises(Fatal, match="other"):
        asked(server, Request(CHAT), model="other")
