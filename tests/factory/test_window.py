"""Items as coroutines: order, bounds, failures; and generators whose items depend on earlier ones."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from factory import dataset, pipeline, recipe, window
from factory.component import Generator, Item, Judge, ModelName, Run
from factory.engine import Completion, Request, Unanswered
from factory.errors import DatasetError
from factory.manifest import Manifest
from factory.models import Models
from factory.pipeline import Options
from factory.recipe import Part, Recipe
from factory.row import Message, Pair, Row, Verdict
from factory.work import ComponentBroke, Judged, Work

POOL = """\
name: pool
seed: 1
license: apache-2.0
shard_rows: 7
generate:
- use: bakery.questions
  count: 10
- use: bakery.pool
  count: 40
models:
  baker: {use: scripted, license: apache-2.0, rules: [{say: ["bread {{n}}"]}]}
"""


class Stop(BaseException):
    """As a signal would."""


@pytest.fixture(autouse=True)
def _others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(Path(__file__).with_name("others"))
    monkeypatch.chdir(tmp_path)


class Naps(Generator):
    """Items that sleep for some turns of the loop."""

    naps: list[int] = []  # noqa: RUF012 - pydantic copies it
    cancels: bool = False
    pairs_too: bool = False

    def items(self, run: Run) -> Iterator[Item]:
        for index in range(self.count):
            yield Item(str(index), 1, index)
        if self.cancels:
            raise ZeroDivisionError("items broke")

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        under_way = run.shared(lambda: [0, 0])
        under_way[0] += 1
        under_way[1] = max(under_way)
        nap = self.naps[item.payload] if item.payload < len(self.naps) else item.payload % 3
        for _ in range(nap):
            await asyncio.sleep(0)
        under_way[0] -= 1
        return [Row((Message("user", item.key),), "mit", "s", "naps", meta={"most": under_way[1]})]


def groups(generator: Generator, room: Callable[[], int] = lambda: 256) -> list[list[Judged]]:
    with Models({}) as models:
        work = Work(1, (Part("naps", generator),), (), models)
        found = window.concurrent(work, models, 0, generator.items(Run(1)), room)
        return [group for group in found if group]


def keys(found: list[list[Judged]]) -> list[str]:
    return [
        row.messages[0].content for group in found for judged in group for row in judged.rows if isinstance(row, Row)
    ]


@pytest.mark.parametrize("naps", [[], [500], [0, 300, 0, 100], [3, 2, 1] * 300])
def test_items_end_in_any_order_and_are_given_out_in_theirs(naps: list[int]) -> None:
    assert keys(groups(Naps(count=900, naps=naps))) == [str(number) for number in range(900)]


def test_a_group_is_no_larger_than_its_room() -> None:
    sizes = [len(group) for group in groups(Naps(count=100), lambda: 7)]
    assert max(sizes) == 7
    assert sum(sizes) == 100


def test_a_late_item_does_not_keep_others_from_being_begun_but_the_window_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(window, "HELD", 300)
    begun: list[int] = []

    class Late(Naps):
        async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
            begun.append(item.payload)
            if item.payload == 0:
                before = -1
                while before < len(begun):  # until nothing more is begun
                    before = len(begun)
                    for _ in range(1000):
                        await asyncio.sleep(0)
                assert window.WIDTH < len(begun) <= 300 + window.WIDTH
            return await super().rows(item, run)

    assert len(keys(groups(Late(count=2000)))) == 2000


def test_a_failure_is_told_when_its_turn_has_come() -> None:
    class Broken(Naps):
        async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
            if item.payload == 20:
                raise ZeroDivisionError("the planted bug")
            return await super().rows(item, run)

    seen: list[str] = []
    with Models({}) as models:
        broken = Broken(count=100, naps=[50] * 10)
        work = Work(1, (Part("broken", broken),), (), models)
        results = window.concurrent(work, models, 0, broken.items(Run(1)), lambda: 256)
        with pytest.raises(ComponentBroke, match="item '20' of 'broken' broke: ZeroDivisionError"):
            seen += keys(list(results))
    found = keys(groups(Naps(count=20)))
    assert found == [str(number) for number in range(20)]


def test_a_work_list_that_breaks_is_an_error() -> None:
    with pytest.raises(ZeroDivisionError, match="items broke"):
        groups(Naps(count=5, cancels=True))


def test_an_item_that_is_cancelled_from_within_is_a_bug_and_no_hang() -> None:
    class Cancelled(Naps):
        async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
            raise asyncio.CancelledError

    with pytest.raises(ComponentBroke, match="was cancelled from within"):
        groups(Cancelled(count=5))


def load(count: int = 40) -> Recipe:
    Path("r.yaml").write_text(POOL.replace("count: 40", f"count: {count}"))
    return recipe.load(Path("r.yaml"))


def make(out: str, count: int = 40, stop_at: int = 0, **options: Any) -> Manifest:
    def progress(now: pipeline.Progress) -> None:
        if stop_at and now.rows_made >= stop_at:
            raise Stop

    return pipeline.generate(load(count), Path(out), workers=1, progress=progress, options=Options(**options))


@pytest.mark.parametrize("stop_at", [5, 12, 30, 49])
def test_items_that_depend_on_earlier_ones_resume_to_the_same_bytes(
    stop_at: int, files: Callable[[Path], dict[str, bytes]]
) -> None:
    make("plain/a")
    with pytest.raises(Stop):
        make("out/a", stop_at=stop_at)
    make("out/a")
    assert files(Path("out/a")) == files(Path("plain/a"))


def test_a_replay_that_differs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Stop):
        make("out/a", stop_at=40)
    from factory.engines import scripted

    said = scripted._said
    monkeypatch.setattr(scripted, "_said", lambda *given: said(*given)._replace(text="other"))  # type: ignore[union-attr]
    with pytest.raises(DatasetError, match=r"finished items come out otherwise now.*--answers.*--fresh"):
        make("out/a", answers=Path("elsewhere.sqlite"))


def test_answers_are_never_stored_in_the_dataset_folder() -> None:
    with pytest.raises(DatasetError, match="is in the dataset folder, which is published"):
        make("out/a", answers=Path("out/a/answers.sqlite"))
    assert not Path("out").exists()


class Asks(Judge):
    """A judge that asks a model."""

    model: ModelName = "baker"
    fails: bool = False

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        outcomes = [await run.engine(self.model).complete(Request(f"good? {row.id}")) for row in rows]
        if self.fails:
            raise Unanswered("truncated", "too much to say", "it is")
        return [Verdict("asks", isinstance(outcome, Completion)) for (outcome,) in outcomes]


@pytest.mark.parametrize("fails", [False, True])
def test_a_judge_may_ask_a_model_of_rows_that_are_bound_by_the_cpu(
    fails: bool, sums: Callable[..., Recipe], tmp_path: Path
) -> None:
    models = load().models
    plan = sums(100).model_copy(update={"judge": (Part("asks", Asks(fails=fails)),), "models": models})
    manifest = pipeline.generate(plan, tmp_path / "out" / "a", workers=2, progress=lambda now: None)
    assert manifest.models["baker"].answers == 90
    assert manifest.dropped == {"planted: unlucky": 10} | ({"asks: unjudged": 90} if fails else {})
    for reject in dataset.read_rejects(tmp_path / "out" / "a"):
        if reject.stage == "asks":
            assert (reject.row.verdicts[-1].reason, reject.row.verdicts[-1].note) == (
                "truncated",
                "too much to say\nit is",
            )
