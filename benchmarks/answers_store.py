"""Measures the store of paid answers: what a stored answer costs to find, and a new one to keep.

    python benchmarks/answers_store.py [--answers 100000] [--folder DIR]

CPU microseconds per answer; the folder should be on the disk that will be used, since commits wait for it. The answers
are 1,000 letters, half of them Japanese, to prompts of 500.
"""

import argparse
import asyncio
import json
import platform
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from factory.answers.store import NAME, Answers, Keys
from factory.engine import Completion, Request, Sampling
from factory.row import Message

ENGLISH = "We add the two parts and simplify, step by step, until nothing is left to do. "
JAPANESE = "まず、条件を式に表します。次に、両辺を整理して計算します。"
IDENTITY = {"model": "organisation/model-8b-instruct", "revision": "0" * 40, "max_model_len": 8192, "dtype": "auto"}
AT_ONCE = 8
PACE = 32
"""Answers put between two turns of the event loop, as when many coroutines get theirs at once."""


def text(rng: random.Random, letters: int) -> str:
    return "".join(rng.choice((ENGLISH, JAPANESE * 3)) for _ in range(letters // 60))[:letters]


def exchange(i: int) -> tuple[Request, Completion]:
    """One question and its answer, alike in every run; nothing of them is in any cache when they are measured."""
    rng = random.Random(f"answers/{i}")
    prompt = (Message("system", "You are a careful assistant."), Message("user", f"{i}: {text(rng, 500)}"))
    return Request(prompt, Sampling(temperature=0.7, seed=i)), Completion(text(rng, 1000), 180, 260)


def per_answer(count: int, work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    start = clock()
    work()
    return (clock() - start) / count * 1e6


def put(path: Path, exchanges: list[tuple[Request, Completion]], keys: list[bytes]) -> dict[str, float]:
    """The cost of keeping new answers: of the caller, of the whole process with its writer, and on the clock."""

    async def main() -> None:
        for i, (key, (_, answer)) in enumerate(zip(keys, exchanges, strict=True)):
            start = time.thread_time()
            store.put([(key, "model", answer)], "run")
            spent.append(time.thread_time() - start)
            if i % PACE == PACE - 1:
                await asyncio.sleep(0.002)
        await store.flush()

    spent: list[float] = []
    wall = time.perf_counter()
    with Answers(path) as store:
        process = per_answer(len(keys), lambda: asyncio.run(main()))
    wall = (time.perf_counter() - wall) / len(keys) * 1e6
    return {"caller": sum(spent) / len(keys) * 1e6, "with the writer": process, "wall": wall}


def replay(path: Path, exchanges: list[tuple[Request, Completion]]) -> dict[str, float]:
    """The cost of finding stored ones: key and look-up, in the order of payment, in any order, several at once."""
    maker = Keys(IDENTITY)
    mixed = random.Random("order").sample(exchanges, len(exchanges))

    def one_by_one(some: list[tuple[Request, Completion]]) -> None:
        for request, answer in some:
            if store.found(maker.of(request, (0,)), "run") != [answer]:
                raise SystemExit("a stored answer was not found")

    def several(some: list[tuple[Request, Completion]]) -> None:
        for at in range(0, len(some), AT_ONCE):
            store.found([maker.of(request, (0,))[0] for request, _ in some[at : at + AT_ONCE]], "run")

    def unknown() -> None:
        for request, _ in exchanges:
            store.found(maker.of(request, (1,)), "run")

    count = len(exchanges)
    with Answers(path) as store:
        return {
            "key": per_answer(count, lambda: [maker.of(request, (0,)) for request, _ in exchanges]),
            "key and found, in order": per_answer(count, lambda: one_by_one(exchanges)),
            "key and found, any order": per_answer(count, lambda: one_by_one(mixed)),
            f"key and found, {AT_ONCE} at once": per_answer(count, lambda: several(exchanges)),
            "key and not found": per_answer(count, unknown),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / NAME
        exchanges = [exchange(i) for i in range(options.answers)]
        keys = [Keys(IDENTITY).of(request, (0,))[0] for request, _ in exchanges]
        kept = put(path, exchanges, keys)
        found = replay(path, exchanges)
        size = path.stat().st_size / options.answers
    payload = sum(len(answer.text.encode()) for _, answer in exchanges) / options.answers
    print(f"{'CPU µs an answer':36}{'µs':>10}{'answers/s':>14}")
    for name, cost in [*((f"put, {name}", cost) for name, cost in kept.items()), *found.items()]:
        print(f"{name:36}{cost:>10.1f}{1e6 / cost:>14,.0f}")
    print(f"on disk {size:,.0f} bytes an answer, of which {payload:,.0f} are text")
    result = {"put_us": kept, "found_us": found, "bytes": size, "text_bytes": payload, "answers": options.answers}
    result |= {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    out = Path(__file__).parent / "results" / "answers_store.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
