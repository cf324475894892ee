import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from factory.component import Run
from factory.engine import Completion, Engine, Fatal, ModelSettings, Outcome, Request, Sampling, Unanswered
from factory.errors import EngineError
from factory.models import Models
from factory.row import Message

ASKED: list[Request] = []


class Echo(ModelSettings):
    """Answers what it is asked, after a turn of the loop, and remembers it."""

    ways: ClassVar[frozenset[str]] = ModelSettings.ways | {"wrong"}

    model: str = "echo"
    license: str = "mit"
    wrong: str = ""

    async def start(self) -> Engine:
        if self.wrong == "start":
            raise Fatal("it does not start")
        return Echoing(self.wrong)


class Echoing:
    def __init__(self, wrong: str) -> None:
        self.wrong = wrong
        self.waiting = "for the oven"

    async def complete(self, request: Request) -> Sequence[Outcome]:
        ASKED.append(request)
        await asyncio.sleep(0)
        if self.wrong == "fatal":
            raise Fatal("never")
        if self.wrong == "refused":
            raise Unanswered("too_long", "by far")
        if self.wrong == "short":
            return []
        seed = request.sampling.seed or 0
        samples: list[Outcome] = [Completion(f"{request.prompt}/{seed + i}", 2, 3) for i in range(request.n)]
        if self.wrong == "second" and request.n > 1:
            samples[1] = Unanswered("empty")
        return samples

    async def close(self) -> None:
        if self.wrong == "close":
            raise OSError("stuck")


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    ASKED.clear()


Ask = Callable[..., list[Any]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Ask some requests at once, in a run of its own; an exception is an outcome."""

    def asked(*requests: Request, wrong: str = "", run: str = "run", store: bool = True, to: Run | None = None) -> Any:
        path = tmp_path / "answers.sqlite" if store else None
        with Models({"a": Echo(wrong=wrong)}, run=run, answers=path) as models:
            item = to or Run(1, models=models)
            item.models = models
            calls = [item.engine("a").complete(request) for request in requests]

            async def all_of_them() -> list[Any]:
                return await asyncio.gather(*calls, return_exceptions=True)

            return models.loop.run_until_complete(all_of_them())

    return asked


def texts(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.text for outcome in outcomes]


def test_only_the_samples_that_are_missing_are_asked(ask: Ask) -> None:
    four = Request("x", Sampling(seed=10), n=4)
    (first,) = ask(four)
    assert texts(first) == ["x/10", "x/11", "x/12", "x/13"]
    (eight,) = ask(four._replace(n=8))
    assert [(request.n, request.sampling.seed) for request in ASKED] == [(4, 10), (4, 14)]
    assert texts(eight) == [f"x/{seed}" for seed in range(10, 18)]
    (again,) = ask(four._replace(n=2))
    assert len(ASKED) == 2
    assert texts(again) == ["x/10", "x/11"]


def test_a_gap_between_stored_samples_is_filled(ask: Ask) -> None:
    three = Request("x", Sampling(seed=0), n=3)
    (first,) = ask(three, wrong="second", run="other")
    assert isinstance(first[1], Unanswered)
    (whole,) = ask(three)
    assert texts(whole) == ["x/0", "x/1", "x/2"]
    assert [(request.n, request.sampling.seed) for request in ASKED] == [(3, 0), (1, 1)]


def test_equal_requests_at_once_are_one_call(ask: Ask) -> None:
    one, two = Request("x"), Request("x", n=2)
    a, b, c = ask(one, two, one)
    assert texts(a) == texts(c) == texts(b)[:1]
    assert sum(request.n for request in ASKED) == 2


@pytest.mark.parametrize("store", [True, False])
def test_who_waits_for_anothers_call_fails_with_it(ask: Ask, store: bool) -> None:
    outcomes = ask(Request("x"), Request("x"), wrong="fatal", store=store)
    assert [type(outcome) for outcome in outcomes] == [Fatal, Fatal]
    assert len(ASKED) == 1


def test_who_waits_for_a_call_that_is_cancelled_asks_it_itself(tmp_path: Path) -> None:
    with Models({"a": Echo()}, answers=tmp_path / "a.sqlite") as models:

        async def cancelled() -> list[Outcome]:
            tasks = [asyncio.create_task(Run(1, models=models).engine("a").complete(Request("x"))) for _ in range(2)]
            while not ASKED:
                await asyncio.sleep(0)
            tasks[0].cancel()
            return await tasks[1]

        assert texts(models.loop.run_until_complete(cancelled())) == ["x/0"]
    assert len(ASKED) == 2


def test_a_refused_request_is_a_failure_of_each_sample_in_this_run_alone(ask: Ask) -> None:
    two = Request((Message("user", "hello"),), n=2)
    (refused,) = ask(two, wrong="refused")
    assert [outcome.reason for outcome in refused] == ["too_long", "too_long"]
    ask(two)
    assert len(ASKED) == 1
    (answered,) = ask(two, run="another")
    assert len(ASKED) == 2
    assert all(isinstance(outcome, Completion) for outcome in answered)


def test_what_went_into_an_item_is_counted_whoever_paid(ask: Ask) -> None:
    for _ in range(2):
        item = Run(1)
        ask(Request("x", n=3), Request("y"), to=item)
        assert item.used == {"a": [4, 8, 12]}


@pytest.mark.parametrize(("wrong", "sentence"), [("start", "it does not start"), ("short", "gave 0 outcomes for 1")])
def test_an_engine_that_breaks_is_an_error(ask: Ask, wrong: str, sentence: str) -> None:
    (error,) = ask(Request("x"), wrong=wrong)
    assert isinstance(error, EngineError)
    assert sentence in str(error)


def test_an_engine_that_does_not_close_is_told_but_hides_nothing(ask: Ask) -> None:
    with pytest.raises(EngineError, match="did not close: OSError"):
        ask(Request("x"), wrong="close")
    with pytest.raises(Fatal, match="the first trouble"):
        _trouble_in_a_run()


def _trouble_in_a_run() -> None:
    with Models({"a": Echo(wrong="close")}) as models:
        models.loop.run_until_complete(Run(1, models=models).engine("a").complete(Request("x")))
        assert models.waiting == "for the oven"
        raise Fatal("the first trouble")


def test_a_model_that_the_recipe_lacks_is_named() -> None:
    with Models({}) as models, pytest.raises(LookupError, match="no model 'b'"):
        Run(1, models=models).engine("b")
    with pytest.raises(LookupError, match="ModelName"):
        Run(1).engine("b")
