import asyncio
import importlib
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from factory.engine import Request, Sampling
from factory.engines._http import Client
from factory.engines._patience import Clock
from factory.engines._server import Server
from factory.engines.openai import OpenAI
from factory.row import Message


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of the fault server."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return importlib.import_module("fault_server")


class Passing:
    """A clock on which nobody waits: a sleep is over at once, but took its time."""

    def __init__(self) -> None:
        self.naps: list[float] = []

    def now(self) -> float:
        return time.monotonic() + sum(self.naps)

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        await asyncio.sleep(0)

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep)


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def openai() -> Callable[..., OpenAI]:
    """Settings for a server; what isn't said is short."""

    def build(url: str = "http://127.0.0.1:1/v1", **settings: Any) -> OpenAI:
        settings = {"model": "tiny", "license": "apache-2.0", "timeout_s": 5.0, "patience_s": 60.0} | settings
        return OpenAI(base_url=url, **settings)

    return build


@pytest.fixture
def within(openai: Callable[..., OpenAI], passing: Passing) -> Callable[..., Any]:
    """What `use(engine)` gives with an engine for that server, on the clock that passes."""

    def run(url: str, use: Callable[[Server], Coroutine[Any, Any, Any]], name: str = "", **settings: Any) -> Any:
        async def inside() -> Any:
            chosen = openai(url, **settings)
            engine = Server(chosen, Client(url, chosen._headers(), chosen.timeout_s), name, passing.clock)
            try:
                return await use(engine)
            finally:
                await engine.close()

        return asyncio.run(inside())

    return run


@pytest.fixture
def ask(within: Callable[..., Any]) -> Callable[..., Any]:
    """The outcomes of one request to a running fault server."""

    def run(server: Any, request: Request | None = None, **settings: Any) -> Any:
        wanted = request or Request((Message("user", "hi"),), Sampling(max_tokens=16))
        return within(server.url, lambda engine: engine.complete(wanted), **settings)

    return run
