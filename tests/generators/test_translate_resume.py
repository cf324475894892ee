"""Translations that are killed on the way or run at another concurrency: the same bytes, no sentence paid twice."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factory import recipe as recipes
from factory.engine import Request
from factory.manifest import read_manifest

WHO = {
    "baker": "パン屋さん",
    "teacher": "先生",
    "farmer": "農家の人",
    "pilot": "操縦士",
    "nurse": "看護師さん",
    "painter": "画家",
    "tailor": "仕立屋さん",
    "miller": "粉屋さん",
}
DOES = {
    "reads a book every evening": "毎晩本を読みます",
    "walks to the old station": "古い駅まで歩きます",
    "sings in the warm kitchen": "暖かい台所で歌います",
    "waits for the first snow": "初雪を待っています",
    "sleeps under the apple tree": "りんごの木の下で眠ります",
}
CONCURRENCY = 8
RECIPE = """
name: translated
seed: 5
license: auto
shard_rows: 10
models:
  translator:
    use: scripted
    script: script.yaml
    license: apache-2.0
    concurrency: {concurrency}
generate:
  - use: translate
    model: translator
    dataset: {{source: rows.jsonl, license: apache-2.0}}
"""
RUN = """
import os, sys
from pathlib import Path
from factory import pipeline, recipe
from factory.engines import scripted

answered = os.open("answered", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
said = scripted._said

def counted(*what):
    os.write(answered, b".")  # at the engine: what is told of calls comes later, and a kill cuts it off
    return said(*what)

scripted._said = counted

def tell(now):
    print(now.calls, flush=True)

if __name__ == "__main__":
    options = pipeline.Options(answers=Path("answers.sqlite"), keep_going=True)
    pipeline.generate(recipe.load(Path("r.yaml")), Path(sys.argv[1]), workers=1, progress=tell, options=options)
"""


def sentences() -> dict[str, str]:
    return {f"The {who} {does}.": f"{ja}は{said}。" for who, ja in WHO.items() for does, said in DOES.items()}


def write(folder: Path, *, concurrency: int = CONCURRENCY, delay_s: float = 0.0) -> None:
    """Rows whose system prompt is the same; some sentences fail at first, some for good."""
    rng = random.Random(1)
    known = list(sentences())
    rows = []
    for number in range(40):
        said = [known[number], *rng.sample(known, 2)]
        turns = [
            {"role": role, "content": text} for role, text in zip(("user", "assistant", "user"), said, strict=True)
        ]
        rows.append({"messages": [{"role": "system", "content": "Speak slowly."}, *turns]})
    rules: list[dict[str, Any]] = [{"matches": r"<text-\w+>\nSpeak slowly", "say": ["ゆっくり話してください。"]}]
    for place, (text, said) in enumerate(sentences().items()):
        here = rf"<text-\w+>\n{text[:-1]}"
        if place % 7 == 0:
            rules.append({"when": "was refused", "matches": here, "say": [said]})
        if place % 20 == 13:
            rules.append({"matches": here, "fail": "truncated", "say": [said[:4]]})
        rules.append({"matches": here, "say": [text if place % 7 == 0 else said]})
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "script.yaml").write_text(json.dumps({"rules": [{**rule, "delay_s": delay_s} for rule in rules]}))
    (folder / "r.yaml").write_text(RECIPE.format(concurrency=concurrency))


@pytest.mark.parametrize("concurrency", [1, 3, 64])
def test_the_rows_do_not_depend_on_concurrency(
    tmp_path: Path,
    concurrency: int,
    run: Callable[..., Any],
    contents: Callable[[Path], dict[str, bytes]],
) -> None:
    write(tmp_path)
    manifest, rows = run(recipes.load(tmp_path / "r.yaml", []), tmp_path / "one")
    write(tmp_path, concurrency=concurrency)
    run(recipes.load(tmp_path / "r.yaml", []), tmp_path / "other", tmp_path / "others.sqlite")
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    assert manifest.rows_made == 40 == len(rows) + sum(manifest.dropped.values())
    assert manifest.dropped.keys() == {"translate: truncated"}
    assert {row.meta["attempts"] for row in rows} == {1, 2}


def test_no_question_is_asked_twice_and_what_many_rows_share_is_asked_once(
    tmp_path: Path, run: Callable[..., Any], sampled: list[Request]
) -> None:
    write(tmp_path)
    run(recipes.load(tmp_path / "r.yaml", []), tmp_path / "out", tmp_path / "answers.sqlite")
    assert max(Counter(map(repr, sampled)).values()) == 1
    shown = [request.prompt[-1].content for request in sampled if not isinstance(request.prompt, str)]
    assert sum("\nSpeak slowly.\n</text-" in text for text in shown) == 1
    before = len(sampled)
    run(recipes.load(tmp_path / "r.yaml", []), tmp_path / "again", tmp_path / "answers.sqlite")
    assert len(sampled) == before


def test_one_more_row_pays_for_one_and_another_seed_for_all(
    tmp_path: Path, run: Callable[..., Any], sampled: list[Request]
) -> None:
    write(tmp_path)
    changes = ["generate.0.count=10"]
    run(recipes.load(tmp_path / "r.yaml", changes), tmp_path / "ten", tmp_path / "answers.sqlite")
    before = len(sampled)
    changes = ["generate.0.count=11"]
    run(recipes.load(tmp_path / "r.yaml", changes), tmp_path / "eleven", tmp_path / "answers.sqlite")
    assert 0 < len(sampled) - before <= 9
    before = len(sampled)
    changes = ["generate.0.count=10", "seed=6"]
    run(recipes.load(tmp_path / "r.yaml", changes), tmp_path / "seed", tmp_path / "answers.sqlite")
    assert len(sampled) - before >= 20


def killed_after(command: list[str], folder: Path, calls: int) -> None:
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= calls:
                os.killpg(process.pid, signal.SIGKILL)
                return
    raise AssertionError("it ended before it was killed")


def test_killed_and_run_again_it_gives_the_same_bytes_and_pays_no_sentence_twice(
    tmp_path: Path, run: Callable[..., Any], sampled: list[Request], contents: Callable[[Path], dict[str, bytes]]
) -> None:
    write(tmp_path, delay_s=0.05)
    (tmp_path / "run.py").write_text(RUN)
    command = [sys.executable, "run.py", "killed"]
    kills = (15, 20)
    for calls in kills:
        killed_after(command, tmp_path, calls)
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    answered = (tmp_path / "answered").stat().st_size
    write(tmp_path, delay_s=0.0)
    recipe = recipes.load(tmp_path / "r.yaml", [])
    run(recipe, tmp_path / "whole", tmp_path / "whole.sqlite")
    assert {name: data for name, data in contents(tmp_path / "killed").items()} == contents(tmp_path / "whole")
    # What came so shortly before a kill that it was not yet on the disk is asked again.
    assert len(sampled) <= answered <= len(sampled) + len(kills) * 3 * CONCURRENCY
    assert read_manifest(tmp_path / "killed").rows_kept == read_manifest(tmp_path / "whole").rows_kept
