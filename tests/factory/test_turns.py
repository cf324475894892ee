"""Models that take turns: one engine at a time, and the same rows as with all of them at once."""

import asyncio
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest

from factory import pilot, pipeline, recipe, window
from factory.component import Generator, Item, Judge, ModelName, Part, Run
from factory.engine import Completion, Engine, ModelSettings, Outcome, Request, Sampling, Unanswered
from factory.engines._vllm_process import advice
from factory.errors import RecipeError
from factory.pipeline import Options
from factory.progress import Progress
from factory.recipe import Recipe
from factory.row import Message, Pair, Row, Verdict
from factory.spending import Budget, BudgetSpent

EVENTS: list[str] = []
"""Starts and ends of engines."""
ASKED: Counter[tuple[str, str, int]] = Counter()
"""Samples that engines were asked for."""
ANSWERED: Counter[tuple[str, str, int]] = Counter()
"""Samples that engines answered."""
STOP_AT: list[int] = []
"""After how many answers a signal comes, where one comes."""

Files = Callable[[Path], dict[str, bytes]]


class Stop(BaseException):
    """As a signal would."""


def stop_when_it_is_time(now: Progress) -> None:
    if STOP_AT and sum(ANSWERED.values()) >= STOP_AT[0]:
        STOP_AT.clear()
        raise Stop


class Oven(ModelSettings):
    """An engine that takes the memory of the machine."""

    resident: ClassVar[bool] = True
    ways: ClassVar[frozenset[str]] = ModelSettings.ways | {"holds_mb"}

    license: str = "mit"
    concurrency: int = 8
    fails: str = ""
    """Prompts that hold this get no answer."""
    holds_mb: int = 0
    """What a process of its own holds."""

    async def start(self) -> Engine:
        EVENTS.append(f"start {self.model}")
        return Baking(self)


class Baking:
    def __init__(self, settings: Oven) -> None:
        self.settings, self.slots = settings, asyncio.Semaphore(settings.concurrency)
        self.process = None
        if settings.holds_mb:
            code = f"held = bytearray({settings.holds_mb} << 20); print(); input()"
            self.process = subprocess.Popen(
                [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert self.process.stdout is not None
            self.process.stdout.readline()

    async def complete(self, request: Request) -> Sequence[Outcome]:
        settings = self.settings
        text = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
        first = request.sampling.seed or 0
        samples = [(settings.model, text, first + place) for place in range(request.n)]
        ASKED.update(samples)
        async with self.slots:
            for _ in range(len(text) % 4):
                await asyncio.sleep(0)
        if STOP_AT and sum(ANSWERED.values()) >= STOP_AT[0]:
            await asyncio.sleep(3600)  # it is under way when the signal comes
        ANSWERED.update(samples)
        if settings.fails and settings.fails in text:
            return [Unanswered("truncated", text="so far")] * request.n
        return [Completion(f"{settings.model} on {text} #{seed}", 5, 7) for _, _, seed in samples]

    async def close(self) -> None:
        if self.process is not None:
            self.process.communicate("\n")
        EVENTS.append(f"end {self.settings.model}")


class Remote(Oven):
    """One that runs elsewhere."""

    resident: ClassVar[bool] = False


class Talk(Generator):
    """What models say, one after another, each on what the one before said."""

    models: list[ModelName]
    """Who speaks."""
    samples: int = 2
    together: Literal["", "gather", "whatever", "group"] = ""
    """How it asks about several samples at once."""
    careless: bool = False
    """Whether it asks something else each time."""

    def items(self, run: Run) -> Iterator[Item]:
        run.short("bread", 1, 0)
        for number in range(self.count):
            yield Item(str(number), 1, f"loaf {number}")

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        texts = [item.payload]
        if self.careless:
            texts = [f"{item.payload} {run.shared(lambda: random.Random(1)).random()}"]
        for name in self.models:
            texts = await self.said(name, texts, run)
        await asyncio.sleep(0)
        turns = (Message("user", item.payload), Message("assistant", "\n".join(texts)))
        return [Row(turns, "mit", "s", "talk", run.engine(self.models[-1]).label)]

    async def said(self, name: str, texts: list[str], run: Run) -> list[str]:
        calls = [self.one(name, text, len(texts), run) for text in texts]
        if self.together == "group":
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(call) for call in calls]
            return [text for task in tasks for text in task.result()]
        found = await asyncio.gather(*calls, return_exceptions=self.together == "whatever")
        return [text for one in found for text in (one if isinstance(one, list) else ["nothing"])]

    async def one(self, name: str, text: str, others: int, run: Run) -> list[str]:
        request = Request((Message("user", text),), Sampling(seed=0), n=1 if others > 1 else self.samples)
        outcomes = await run.engine(name).complete(request)
        for outcome in outcomes:
            if isinstance(outcome, Unanswered):
                raise outcome
        return [outcome.text for outcome in outcomes if isinstance(outcome, Completion)]


class Chain(Talk):
    """Items that go on from those before."""

    replays: ClassVar[bool] = True

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        from factory.in_order import InOrder

        order, said = run.shared(lambda: (InOrder(), []))
        try:
            rows = list(await super().rows(item, run))
            await order.reached(int(item.key))
            said.append(item.key)
            return [row._replace(meta={"before": len(said)}) for row in rows]
        finally:
            order.passed(int(item.key))


class Taste(Judge):
    """A score that a model gives."""

    model: ModelName

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        return list(await asyncio.gather(*(self.one(row, run) for row in rows)))

    async def one(self, row: Row | Pair, run: Run) -> Verdict:
        assert isinstance(row, Row)
        (outcome,) = await run.engine(self.model).complete(Request(f"rate {row.messages[-1].content}"))
        if isinstance(outcome, Unanswered):
            return Verdict("taste", None, reason=outcome.reason)
        return Verdict("taste", "7" not in row.messages[0].content, float(len(outcome.text)))


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "TICK_S", 0.02)
    monkeypatch.setattr(window, "GRACE_S", 0.02)
    for seen in (EVENTS, ASKED, ANSWERED, STOP_AT):
        seen.clear()


def plan(
    *models: str,
    judges: Sequence[str] = (),
    resident: Literal["one", "all"] = "one",
    engines: dict[str, ModelSettings] | None = None,
    use: type[Talk] = Talk,
    **settings: Any,
) -> Recipe:
    """A recipe in which these models speak, and those judge."""
    generator = use(models=list(models), **{"count": 150, **settings})
    engines = {name: Oven(model=name) for name in dict.fromkeys([*models, *judges])} | (engines or {})
    return Recipe(
        name="bread",
        license="mit",
        seed=1,
        shard_rows=40,
        resident=resident,
        generate=(Part("talk", generator),),
        judge=tuple(Part("taste", Taste(model=name)) for name in judges),
        models={name: Part("oven", engine) for name, engine in engines.items()},
    )


def make(
    what: Recipe, out: Path, seen: list[Progress] | None = None, said: list[str] | None = None, **options: Any
) -> dict[str, Any]:
    """What the run wrote of its time."""
    progress = stop_when_it_is_time if seen is None else seen.append
    tell = (lambda sentence: None) if said is None else said.append
    pipeline.generate(what, out, workers=1, progress=progress, options=Options(**options, tell=tell))
    facts: dict[str, Any] = json.loads((out / pipeline.TIMING).read_text())
    return facts


def one_at_a_time() -> bool:
    """Whether each start comes after the end of the one before."""
    return all(
        one.replace("start", "end") == two for one, two in zip(EVENTS[::2], EVENTS[1::2], strict=True)
    ) and not any(event.startswith("end") for event in EVENTS[::2])


def starts() -> list[str]:
    return [event.split()[1] for event in EVENTS if event.startswith("start")]


def test_a_recipe_of_two_stages_starts_each_engine_once_and_its_rows_are_those_of_all_at_once(
    tmp_path: Path, files: Files
) -> None:
    make(plan("policy", judges=["judge"], resident="all"), tmp_path / "all/a")
    assert EVENTS[:2] == ["start policy", "start judge"]
    before = ASKED.copy()
    ASKED.clear()
    EVENTS.clear()
    make(plan("policy", judges=["judge"]), tmp_path / "one/a")
    assert EVENTS == ["start policy", "end policy", "start judge", "end judge"]
    assert before == ASKED
    assert set(ASKED.values()) == {1}
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


def test_a_judge_inside_an_item_and_a_jury_take_a_turn_each(tmp_path: Path, files: Files) -> None:
    make(plan("policy", "rater", judges=["critic", "second"], resident="all"), tmp_path / "all/a")
    EVENTS.clear()
    make(plan("policy", "rater", judges=["critic", "second"]), tmp_path / "one/a")
    assert starts() == ["policy", "rater", "critic", "second"]
    assert one_at_a_time()
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


def test_models_that_speak_in_turn_take_a_pass_per_turn(tmp_path: Path, files: Files) -> None:
    make(plan("a", "b", "a", "b", resident="all"), tmp_path / "all/a")
    EVENTS.clear()
    make(plan("a", "b", "a", "b"), tmp_path / "one/a")
    assert starts() == ["a", "b", "a", "b"]
    assert one_at_a_time()
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


@pytest.mark.parametrize("together", ["gather", "whatever", "group"])
def test_however_a_component_asks_at_once_nothing_is_asked_twice(tmp_path: Path, files: Files, together: str) -> None:
    make(plan("a", "b", "a", together=together, samples=3, resident="all"), tmp_path / "all/a")
    before = ASKED.copy()
    ASKED.clear()
    EVENTS.clear()
    make(plan("a", "b", "a", together=together, samples=3), tmp_path / "one/a")
    assert before == ASKED
    assert starts() == ["a", "b", "a"]
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


@pytest.mark.parametrize("stages", [("policy", "rater"), ("a", "b", "a")])
def test_stopped_anywhere_it_goes_on_to_the_same_bytes_and_pays_nothing_twice(
    tmp_path: Path, files: Files, stages: tuple[str, ...]
) -> None:
    make(plan(*stages, judges=["judge"], resident="all"), tmp_path / "all/a")
    total = sum(ANSWERED.values())
    ANSWERED.clear()
    rng = random.Random(5)
    for target in sorted(rng.sample(range(total), 12)):
        STOP_AT[:] = [target]
        with pytest.raises(Stop):
            make(plan(*stages, judges=["judge"]), tmp_path / "one/a")
        assert not (tmp_path / "one/a/manifest.json").exists()
    EVENTS.clear()
    make(plan(*stages, judges=["judge"]), tmp_path / "one/a")
    assert one_at_a_time()
    assert set(ANSWERED.values()) == {1}
    assert sum(ANSWERED.values()) == total
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


def test_a_run_that_was_stopped_while_it_sampled_samples_the_rest_before_it_judges(tmp_path: Path) -> None:
    STOP_AT[:] = [100]
    with pytest.raises(Stop):
        make(plan("policy", judges=["judge"]), tmp_path / "a")
    EVENTS.clear()
    make(plan("policy", judges=["judge"]), tmp_path / "a")
    assert starts() == ["policy", "judge"]


def test_a_run_that_was_stopped_while_it_judged_samples_nothing(tmp_path: Path) -> None:
    STOP_AT[:] = [2 * 150 + 70]
    with pytest.raises(Stop):
        make(plan("policy", judges=["judge"]), tmp_path / "a")
    EVENTS.clear()
    make(plan("policy", judges=["judge"]), tmp_path / "a")
    assert starts() == ["judge"]


def test_another_judge_samples_nothing_and_what_is_all_stored_starts_nothing(tmp_path: Path) -> None:
    make(plan("policy", judges=["judge"]), tmp_path / "a")
    EVENTS.clear()
    make(plan("policy", judges=["other"]), tmp_path / "b")
    assert starts() == ["other"]
    EVENTS.clear()
    make(plan("policy", judges=["other", "judge"]), tmp_path / "c")
    assert EVENTS == []


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_budget_stops_it_in_any_pass_and_the_same_command_goes_on(tmp_path: Path, files: Files, share: float) -> None:
    what = plan("policy", judges=["judge"])
    make(plan("policy", judges=["judge"], resident="all"), tmp_path / "all/a")
    tokens = 12 * sum(ANSWERED.values())
    ANSWERED.clear()
    EVENTS.clear()
    with pytest.raises(BudgetSpent, match=r"rows are made: run the same command again"):
        make(what, tmp_path / "one/a", budget=Budget(share * tokens, money=False))
    assert starts() == (["policy"] if share < 0.5 else ["policy", "judge"])
    assert 12 * sum(ANSWERED.values()) <= share * tokens
    make(what, tmp_path / "one/a")
    assert set(ANSWERED.values()) == {1}
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


def test_what_gets_no_answer_is_asked_once_and_is_a_row_of_the_rejects(tmp_path: Path, files: Files) -> None:
    fails: dict[str, ModelSettings] = {
        "policy": Oven(model="policy", fails="loaf 1"),
        "judge": Oven(model="judge", fails="loaf 22"),
    }
    make(plan("policy", judges=["judge"], resident="all", engines=fails), tmp_path / "all/a")
    ASKED.clear()
    EVENTS.clear()
    make(plan("policy", judges=["judge"], engines=fails), tmp_path / "one/a")
    assert set(ASKED.values()) == {1}
    assert starts() == ["policy", "judge"]
    dropped = json.loads((tmp_path / "one/a/manifest.json").read_text())["dropped"]
    assert dropped["talk: truncated"] == 61
    assert dropped["taste: unjudged"] == 1
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


def test_models_elsewhere_may_be_asked_in_every_turn(tmp_path: Path, files: Files) -> None:
    engines: dict[str, ModelSettings] = {"server": Remote(model="server")}
    make(plan("server", "a", "server", "b", resident="all", engines=engines), tmp_path / "all/a")
    EVENTS.clear()
    make(plan("server", "a", "server", "b", engines=engines), tmp_path / "one/a")
    assert [name for name in starts() if name != "server"] == ["a", "b"]
    assert EVENTS.index("end a") < EVENTS.index("start b")
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


def test_one_model_or_two_that_fit_take_no_turns(tmp_path: Path) -> None:
    seen: list[Progress] = []
    make(plan("policy", judges=["policy"]), tmp_path / "a", seen)
    assert not any(now.turn for now in seen)


def test_generators_with_models_of_their_own_follow_one_another(tmp_path: Path, files: Files) -> None:
    def two(resident: Literal["one", "all"]) -> Recipe:
        one = plan("a", resident=resident, count=50)
        more = plan("b", count=50, samples=3)
        return one.model_copy(update={"generate": one.generate + more.generate, "models": one.models | more.models})

    make(two("all"), tmp_path / "all/a")
    EVENTS.clear()
    make(two("one"), tmp_path / "one/a")
    assert EVENTS == ["start a", "end a", "start b", "end b"]
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


@pytest.mark.parametrize("stop", [0, 130, 350])
def test_items_that_go_on_from_those_before_are_judged_in_turn_too(tmp_path: Path, files: Files, stop: int) -> None:
    make(plan("writer", judges=["judge", "other"], use=Chain, resident="all"), tmp_path / "all/a")
    ANSWERED.clear()
    EVENTS.clear()
    what = plan("writer", judges=["judge", "other"], use=Chain)
    if stop:
        STOP_AT[:] = [stop]
        with pytest.raises(Stop):
            make(what, tmp_path / "one/a")
    make(what, tmp_path / "one/a")
    assert set(ANSWERED.values()) == {1}
    assert starts()[-1] == "other"
    assert files(tmp_path / "one/a") == files(tmp_path / "all/a")


def test_an_item_that_asks_something_else_each_time_is_a_bug_and_no_endless_run(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"asks '.' something else each time"):
        make(plan("a", "b", careless=True, count=20), tmp_path / "a")


def test_progress_says_whose_turn_it_is(tmp_path: Path) -> None:
    seen: list[Progress] = []
    make(plan("policy", judges=["judge"]), tmp_path / "a", seen)
    assert any(now.turn.startswith("pass 1 (policy): ") for now in seen)
    assert any(now.turn == "pass 2 (judge): 150 of 150 items" for now in seen)
    assert all(not now.rows_made for now in seen if now.turn.startswith("pass 1"))


def test_a_preview_and_an_estimate_take_turns(tmp_path: Path) -> None:
    what = plan("policy", judges=["judge"])
    rows = pipeline.preview(what, 5)
    assert rows == pipeline.preview(what.model_copy(update={"resident": "all"}), 5)
    assert len(rows) > 2
    EVENTS.clear()
    found = pilot.estimated(what, 20, tmp_path / "answers.sqlite")
    assert one_at_a_time()
    assert (found.pilot_asked, found.pilot_stored) == (60, 0)
    assert found.answers.expected == 450
    assert pilot.estimated(what, 20, tmp_path / "answers.sqlite").pilot_stored == 60


def test_what_an_engine_gave_back_is_measured_and_told(tmp_path: Path) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("needs /proc")
    engines: dict[str, ModelSettings] = {"policy": Oven(model="policy", holds_mb=64)}
    said: list[str] = []
    facts = make(plan("policy", judges=["judge"], engines=engines), tmp_path / "a", said=said)["engines"]
    assert (facts["policy"]["starts"], facts["judge"]["starts"]) == (1, 1)
    assert facts["policy"]["peak_mb"] >= facts["policy"]["returned_mb"] >= 64
    assert facts["judge"]["returned_mb"] < 1
    assert any(line.startswith("policy (policy) gave back ") and " MB of memory" in line for line in said)


LOADED = """\
name: bread
seed: 1
license: apache-2.0
generate:
- use: {use}
models:
  a: {{use: vllm, model: org/a, license: apache-2.0}}
  b: {{use: vllm, model: org/b, license: apache-2.0}}
"""

GROWING = """bakery.chain
  count: 9
  models: [a, b]"""


def test_a_generator_that_goes_on_from_item_to_item_can_not_have_its_own_models_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).with_name("others"))
    path = tmp_path / "r.yaml"
    path.write_text(LOADED.format(use=GROWING))
    with pytest.raises(RecipeError, match=r"r.yaml:5: generate.0: .*a and b can't be loaded in turn.*resident: all"):
        recipe.load(path)
    both = recipe.load(path, ["resident=all"])
    assert both.resident == "all"
    assert "resident" not in both.settings
    assert both.digest == both.model_copy(update={"resident": "one"}).digest


def test_any_other_word_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(LOADED.format(use=GROWING) + "resident: both\n")
    with pytest.raises(RecipeError, match=r"resident: 'both' is not one of 'one' or 'all'"):
        recipe.load(path)


@pytest.mark.parametrize(
    "why",
    [
        "ValueError: Free memory on device cuda:0 (9.1/139.8 GiB) on startup is less than desired",
        "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
        "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization`",
        "ValueError: Available memory on node 0 (17.34/19.09 GiB) on kv cache allocation is less than requested",
        "one of its processes was ended by signal 9",
    ],
)
def test_an_engine_that_finds_too_little_memory_says_what_to_do(why: str) -> None:
    assert "resident: one" in advice(why)
    assert "gpu_memory_utilization" in advice(why)


def test_any_other_failure_gets_no_such_advice() -> None:
    assert advice("OSError: org/a is not a valid model identifier") == ""
    assert advice("one of its processes was ended by signal 4") == ""
