"""A secret goes to the server, and nowhere else: no error, no log line at any level, no repr."""

import asyncio
import io
import logging
import traceback
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from factory.engine import Request
from factory.engines.openai import OpenAI
from factory.errors import EngineError

KEY, HEADER, QUERY = "correct-horse-battery", 'sta"ple/ü'.replace("ü", "u") + "-header", "planted-in-the-query"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, at every level, by whatever library."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    logging.setLogRecordFactory(factory)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        yield from chain(error.__cause__)
        error = error.__context__


def told(error: BaseException) -> str:
    parts = ["".join(traceback.format_exception(error))]
    parts += [f"{one} {one!r} {one.args!r} {vars(one)!r}" for one in chain(error)]
    return "\n".join(parts)


def echoed(faults: ModuleType, status: int) -> Any:
    """An error that holds all that the server was sent."""

    async def play(seen: Any, writer: Any) -> None:
        await faults.status(status, f"you sent {seen.path} with {dict(seen.headers)}")(seen, writer)

    return play


FAULTS: dict[str, Callable[[ModuleType], Any]] = {
    "401": lambda f: echoed(f, 401),
    "400": lambda f: echoed(f, 400),
    "404": lambda f: echoed(f, 404),
    "503": lambda f: echoed(f, 503),
    "a redirect": lambda f: f.status(302, Location=f"http://other/v1?session={QUERY}&key={KEY}"),
    "reset": lambda f: f.reset,
    "short body": lambda f: f.short_body,
    "hang": lambda f: f.hang,
    "no HTTP": lambda f: f.no_http,
    "a page": lambda f: f.page(title=f"denied: {KEY}", Via=HEADER),
    "another model": lambda f: f.document(f.reply(f.choice("hello"), model=f"tiny {KEY}")),
}


@pytest.mark.parametrize("where", ["listing", "then"])
@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_brings_a_secret_to_light(
    name: str, where: str, faults: ModuleType, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    monkeypatch.setenv("PLANTED_KEY", KEY)
    monkeypatch.setenv("PLANTED_HEADER", HEADER)
    seen: list[str] = []

    async def run(settings: OpenAI) -> None:
        asyncio.get_running_loop().set_debug(True)
        try:
            engine = await settings.start()
            seen.extend((repr(engine), str(engine), repr(vars(engine)), engine.waiting))
            try:
                await engine.complete(Request("hi"))
            finally:
                seen.append(engine.waiting)
                await engine.close()
        except EngineError as error:
            seen.append(told(error))
            logging.getLogger("elsewhere").exception("it failed")

    with faults.FaultServer(**{where: FAULTS[name](faults)}) as server:
        settings = OpenAI(
            model="tiny",
            license="mit",
            base_url=f"{server.url}?session={QUERY}",
            api_key_env="PLANTED_KEY",
            headers_env={"x-more": "PLANTED_HEADER"},
            timeout_s=0.3,
            patience_s=0.2,
        )
        seen.extend((repr(settings), str(settings), repr(settings.identity())))
        asyncio.run(run(settings), debug=True)
        assert any(KEY in one.headers.get("authorization", "") for one in (*server.listed, *server.requests))
    text = "\n".join(seen) + logged.getvalue()
    assert logged.getvalue()
    for secret in (KEY, HEADER, QUERY):
        assert secret not in text
