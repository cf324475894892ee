"""An OpenAI-compatible server that answers 2 KB at once, as cheaply as Python can.

It prints its port and ends with stdin.
"""

import asyncio
import json
import sys

BODY = json.dumps(
    {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "constant",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "An answer. " * 186}}
        ],
        "usage": {"prompt_tokens": 250, "completion_tokens": 512, "total_tokens": 762},
    }
).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
MODELS = json.dumps({"object": "list", "data": [{"id": "constant", "object": "model", "owned_by": "nobody"}]}).encode()


class Constant(asyncio.Protocol):
    """Answers each request of a connection."""

    def connection_made(self, transport):
        self.transport, self.got = transport, b""

    def data_received(self, data):
        self.got += data
        while (end := self.got.find(b"\r\n\r\n")) >= 0:
            head = self.got[:end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.got) < end + 4 + size:
                return
            body = MODELS if head.startswith(b"get ") else BODY
            self.transport.write(HEAD % len(body) + body)
            self.got = self.got[end + 4 + size :]


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Constant, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
