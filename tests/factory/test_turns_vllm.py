"""Two real models under vLLM on the CPU that take turns: one's processes are gone before the other starts."""

import json
import multiprocessing
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copytree
from typing import Literal

import pytest

from factory import pipeline
from factory.component import Generator, Item, Part, Run
from factory.engine import Completion, Request, Sampling
from factory.engines.vllm import Vllm, VllmEngine
from factory.recipe import Recipe
from factory.row import Message, Pair, Row

pytestmark = [pytest.mark.xdist_group("vllm"), pytest.mark.slow]

STARTED: list[tuple[str, int]] = []
"""Each model that was started, and how many processes of vLLM there were."""


class Watched(Vllm):
    """vLLM, with a look at what runs when it starts."""

    async def start(self) -> VllmEngine:
        STARTED.append((self.label, processes()))
        return await super().start()


def processes() -> int:
    return sum(child.name.startswith("EngineCore") for child in multiprocessing.active_children())


class Rated(Generator):
    """Answers of one model, each with what another says of it."""

    def items(self, run: Run) -> Iterator[Item]:
        for number in range(self.count):
            yield Item(str(number), 1, number)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        texts = [f"What is {item.payload} plus four?"]
        for name, choices in (("policy", ["three", "four", "five"]), ("judge", ["good", "bad"])):
            sampling = Sampling(max_tokens=32, seed=item.payload)
            (outcome,) = await run.engine(name).complete(
                Request((Message("user", "\n".join(texts)),), sampling, schema={"enum": choices})
            )
            assert isinstance(outcome, Completion)
            texts.append(outcome.text)
        turns = (Message("user", texts[0]), Message("assistant", texts[1]))
        return [Row(turns, "apache-2.0", "s", "rated", run.engine("policy").label, {"said": texts[2]})]


def plan(folders: Sequence[Path], resident: Literal["one", "all"]) -> Recipe:
    engines = [
        Watched(
            model=str(folder),
            license="apache-2.0",
            dtype="float32",
            max_model_len=512,
            kv_cache_gib=0.25,
            enforce_eager=True,
            concurrency=1,
        )
        for folder in folders
    ]
    return Recipe(
        name="rated",
        license="apache-2.0",
        seed=1,
        resident=resident,
        generate=(Part("rated", Rated(count=8)),),
        models={name: Part("vllm", engine) for name, engine in zip(("policy", "judge"), engines, strict=True)},
    )


def test_the_processes_of_one_model_are_gone_before_the_next_starts_and_the_rows_are_those_of_both_at_once(
    tiny_model: Path, tmp_path: Path
) -> None:
    pytest.importorskip("vllm")
    folders = [copytree(tiny_model, tmp_path / "models" / name) for name in ("policy", "judge")]
    said: list[str] = []
    made = {}
    which: tuple[Literal["one", "all"], ...] = ("one", "all")
    for resident in which:
        options = pipeline.Options(answers=tmp_path / f"{resident}.sqlite", tell=said.append)
        out = tmp_path / resident / "rated"
        pipeline.generate(plan(folders, resident), out, workers=1, progress=lambda now: None, options=options)
        made[resident] = (out / "data/train-00000.parquet").read_bytes()
    assert STARTED == [("policy", 0), ("judge", 0), ("policy", 0), ("judge", 1)]
    assert processes() == 0
    assert made["one"] == made["all"]
    engines = json.loads((tmp_path / "one/rated/timing.json").read_text())["engines"]
    for name in ("policy", "judge"):
        assert engines[name]["starts"] == 1
        assert engines[name]["peak_mb"] >= engines[name]["returned_mb"] > 100
    assert [line.split()[0] for line in said] == ["policy", "judge"]  # where all are loaded at once nothing is told
