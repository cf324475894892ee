"""Texts that are far too long, from a source or from a model: refused for that, in bounded time and space."""

import asyncio
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from factory.component import Run
from factory.engine import Completion, Request
from factory.row import Pair, Row
from generators.translate import Translate

POEM_JA = "冬の海についての詩を書いてください。"
TEN_MEGABYTES = 10_000_000


class Told:
    """A model that says one thing, and counts how often it was asked."""

    label, license = "told@1", "apache-2.0"

    def __init__(self, said: str) -> None:
        self.said, self.asked = said, list[Request]()

    async def complete(self, request: Request) -> list[Completion]:
        self.asked.append(request)
        return [Completion(self.said)]


def translated(asker: Told, folder: Path, *rows: dict[str, Any], **settings: Any) -> Row | Pair:
    """What comes of the last row."""
    (folder / "source.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))

    class TheRun(Run):
        def engine(self, name: str) -> Any:
            return asker

    run = TheRun(1)
    source = {"source": str(folder / "source.jsonl"), "license": "cc-by-4.0"}
    generator = Translate(model="m", dataset=source, **settings)
    (*_, item) = generator.items(run)
    (made,) = asyncio.run(generator.rows(item, run))
    return made


@pytest.mark.parametrize("unit", ["Write a poem. ", "```\nx = 1\n```\n", "`a` ", "spell "])
@pytest.mark.parametrize(("size", "judge"), [(900_000, "translate"), (TEN_MEGABYTES, "read")])
@pytest.mark.parametrize("side", ["prompt", "rejected"])
def test_a_row_with_a_text_that_is_far_too_long_is_refused_and_nothing_is_asked(
    tmp_path: Path, side: str, size: int, judge: str, unit: str
) -> None:
    asker = Told(POEM_JA)
    row = {"prompt": "Write a poem.", "chosen": "The waves are grey.", "rejected": "The sea is wet."}
    made = translated(asker, tmp_path, row, {**row, side: unit * (size // len(unit))})
    (verdict,) = made.verdicts
    assert (verdict.judge, verdict.passed, verdict.reason) == (judge, False, "too_long")
    assert len(verdict.note) < 11_000
    assert asker.asked == []


def test_a_reply_of_ten_megabytes_is_refused_as_too_long_and_kept_in_part(tmp_path: Path) -> None:
    asker = Told(POEM_JA * (TEN_MEGABYTES // len(POEM_JA)))
    made = translated(asker, tmp_path, {"messages": [{"role": "user", "content": "Write a poem."}]})
    (verdict,) = made.verdicts
    assert (verdict.passed, verdict.reason) == (False, "too_long")
    assert len(verdict.note) <= 10_000
    assert len(asker.asked) == 3
    assert max(len(repr(request.prompt)) for request in asker.asked) < 10_000


@pytest.mark.parametrize("unit", ["`a` b ", "b $x$ ", "b <b> ", "b {c} "])
def test_a_sentence_of_nothing_but_spans_is_asked_in_time_that_grows_with_its_length(tmp_path: Path, unit: str) -> None:
    asker = Told("はい。")
    start = time.process_time()
    text = "Tell me: " + unit * (90_000 // len(unit))
    made = translated(asker, tmp_path, {"messages": [{"role": "user", "content": text}]}, attempts=1)
    assert made.verdicts[0].reason == "mark_lost"
    assert len(asker.asked) == 1
    # Taking out mark by mark takes minutes; this is no timing but a limit that nothing linear comes near.
    assert time.process_time() - start < 20
