"""The floor: aiohttp alone, 64 requests in flight, the same requests; nothing is kept. Arguments: port, rows."""

import asyncio
import sys

import aiohttp
import orjson

from engine_parts.question import SYSTEM, TEXT

PORT, ROWS = map(int, sys.argv[1:3])


async def main():
    numbers = iter(range(ROWS))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:

        async def work():
            for number in numbers:
                body = {
                    "model": "constant",
                    "messages": [SYSTEM._asdict(), {"role": "user", "content": f"Question {number}: {TEXT}"}],
                    "max_tokens": 1024,
                    "seed": number,
                }
                async with session.post(
                    f"http://127.0.0.1:{PORT}/v1/chat/completions",
                    data=orjson.dumps(body),
                    headers={"Content-Type": "application/json"},
                ) as reply:
                    if not orjson.loads(await reply.read())["choices"][0]["message"]["content"]:
                        raise ValueError("no answer")

        await asyncio.gather(*[work() for _ in range(64)])


asyncio.run(main())
