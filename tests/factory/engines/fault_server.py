"""An OpenAI-compatible server on loopback that misbehaves to order, over real HTTP, and counts what it is asked.

In a test: `with FaultServer([reset, ok("hello")]) as server:` plays the script, one entry per POST, and `then` after
it. As a process of its own (for measurements and kills): `python fault_server.py`, which writes its port, answers
instantly, and ends with its standard input; `GET /count` says how many completions it was asked.
"""

import asyncio
import json
import socket
import struct
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, Self

MODEL = "tiny"


class Seen(NamedTuple):
    """A request as the server got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


Play = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]
"""Replies to one request, or fails to."""


def http(status: int, body: bytes, kind: str = "application/json", **headers: str) -> bytes:
    """A whole reply."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def sends(reply: bytes) -> Play:
    async def play(seen: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    return play


def status(code: int, error: Any = "planted", **headers: str) -> Play:
    """An error; the text or mapping stands under `error`."""
    error = {"message": error} if isinstance(error, str) else error
    return sends(http(code, json.dumps({"error": error}).encode(), **headers))


def page(code: int = 200, title: str = "Sign in", **headers: str) -> Play:
    """HTML, as from a proxy."""
    body = f"<html><title>{title}</title><body>no JSON</body></html>".encode()
    return sends(http(code, body, "text/html; charset=utf-8", **headers))


def document(value: Any) -> Play:
    """A 200 with this JSON value, or with these bytes."""
    return sends(http(200, value if isinstance(value, bytes) else json.dumps(value).encode()))


def choice(text: Any, finish: Any = "stop", **more: Any) -> dict[str, Any]:
    """One choice that both kinds of completion can read."""
    return {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "text": text,
        "finish_reason": finish,
        **more,
    }


def reply(*choices: Any, model: str = MODEL, prompt_tokens: int = 5, completion_tokens: int = 7) -> dict[str, Any]:
    usage = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens}
    return {"id": "x", "model": model, "choices": list(choices), "usage": usage}


def ok(*texts: str) -> Play:
    """Whole answers."""
    return document(reply(*map(choice, texts)))


async def echo(seen: Seen, writer: asyncio.StreamWriter) -> None:
    """Answers instantly, as many as asked; each text depends on the prompt, the seed and the sample."""
    asked = seen.payload
    prompt = asked["messages"][-1]["content"] if "messages" in asked else asked["prompt"]
    seed = asked.get("seed", 0)
    choices = [choice(f"{prompt} -> {seed + sample}") for sample in range(asked.get("n", 1))]
    writer.write(http(200, json.dumps(reply(*choices, completion_tokens=7 * len(choices))).encode()))


async def hang(seen: Seen, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def hang_after_headers(seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
    await asyncio.sleep(3600)


async def trickle(seen: Seen, writer: asyncio.StreamWriter) -> None:
    """A byte now and then: no read ever times out."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await asyncio.sleep(0.02)


async def endless(seen: Seen, writer: asyncio.StreamWriter) -> None:
    """A body without end, as fast as it is read."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
        await writer.drain()


async def reset(seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def reset_mid_body(seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"choices"')
    await writer.drain()
    await reset(seen, writer)


async def short_body(seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"choices"')
    await writer.drain()
    writer.close()


async def no_http(seen: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
    await writer.drain()
    writer.close()


cut_json = document(json.dumps(reply(choice("hello"))).encode()[:-20])


def models(*names: str, owned_by: str = "test") -> Play:
    return document({"object": "list", "data": [{"id": name, "owned_by": owned_by} for name in names]})


class FaultServer:
    """The server, in a thread of its own; `requests` are the POSTs so far."""

    def __init__(self, script: Sequence[Play] = (), *, then: Play = echo, listing: Play | None = None) -> None:
        self.script, self.then = list(script), then
        self.listing = listing or models(MODEL)
        self.requests: list[Seen] = []
        self.listed: list[Seen] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._connection, "127.0.0.1", self.port))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing() and (seen := await _request(reader)) is not None:
                await self._play(seen)(seen, writer)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client gave up, as it should, or the test is over
        finally:
            writer.close()

    def _play(self, seen: Seen) -> Play:
        if seen.path.startswith("/count"):
            return document({"count": len(self.requests)})
        if seen.method == "GET":
            self.listed.append(seen)
            return self.listing
        self.requests.append(seen)
        return self.script.pop(0) if self.script else self.then


async def _request(reader: asyncio.StreamReader) -> Seen | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Seen(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))


if __name__ == "__main__":
    with FaultServer() as running:
        print(running.port, flush=True)
        sys.stdin.read()
