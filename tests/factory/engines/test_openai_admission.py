"""How many requests are in flight, and how long is waited between two."""

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from factory.engine import Request
from factory.engines._admission import COOLDOWN_S, Adaptive, Admission
from factory.engines._patience import FIRST_DELAY_S, MOST_DELAY_S, Clock, Patience, Trouble


class Hands:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


async def _round(admission: Admission, places: int) -> None:
    """As many answers as there are places, while so many are in use."""
    answers = int(admission.limit) + 1
    for _ in range(places):
        await admission.__aenter__()
    for _ in range(answers):
        admission.answered()
    for _ in range(places):
        await admission.__aexit__()


def test_no_more_than_the_limit_are_in_and_they_come_in_order() -> None:
    inside, most, order = 0, 0, []

    async def call(number: int, admission: Admission) -> None:
        nonlocal inside, most
        async with admission:
            inside += 1
            most = max(most, inside)
            order.append(number)
            await asyncio.sleep(0)
            inside -= 1

    async def run() -> None:
        admission = Admission(3)
        await asyncio.gather(*(call(number, admission) for number in range(20)))

    asyncio.run(run())
    assert (most, order) == (3, list(range(20)))


@pytest.mark.parametrize("given", [False, True])
def test_who_gives_up_waiting_takes_no_place(given: bool) -> None:
    async def run() -> None:
        admission = Admission(1)
        await admission.__aenter__()
        waiting = asyncio.create_task(admission.__aenter__())
        await asyncio.sleep(0)
        if given:  # the place comes in the very moment in which it is no longer wanted
            await admission.__aexit__()
        waiting.cancel()
        await asyncio.wait({waiting})
        if not given:
            await admission.__aexit__()
        async with asyncio.timeout(5), admission:
            pass

    asyncio.run(run())


def test_it_doubles_until_the_first_refusal_and_grows_slowly_after_it() -> None:
    async def run() -> None:
        time = Hands()
        admission = Adaptive(512, time)
        limits = [admission.limit]
        for _ in range(2):
            await _round(admission, int(admission.limit))
            limits.append(admission.limit)
        assert limits == [20, 40, 80]
        admission.overloaded()
        admission.overloaded()  # of the same burst
        assert admission.limit == pytest.approx(56)
        await _round(admission, 56)
        assert admission.limit == pytest.approx(56), "nothing grows so soon"
        time.time += COOLDOWN_S
        await _round(admission, 56)
        assert admission.limit == pytest.approx(56 * 1.1)
        admission.overloaded()
        assert admission.limit == pytest.approx(56 * 1.1 * 0.7)

    asyncio.run(run())


def test_it_never_falls_below_one_nor_rises_above_the_most() -> None:
    async def run() -> None:
        time = Hands()
        admission = Adaptive(30, time)
        for _ in range(5):
            await _round(admission, int(admission.limit))
        assert admission.limit == 30
        for _ in range(50):
            admission.overloaded()
            time.time += COOLDOWN_S
        assert admission.limit == 1
        await _round(admission, 1)
        assert admission.limit == 2

    asyncio.run(run())


def test_it_does_not_grow_where_there_is_no_use_for_more() -> None:
    async def run() -> None:
        admission = Adaptive(512, Hands())
        for _ in range(100):
            await _round(admission, 5)
        assert admission.limit == 20

    asyncio.run(run())


def test_a_server_that_refuses_too_many_is_learnt_and_every_request_is_answered(
    faults: ModuleType, within: Callable[..., Any]
) -> None:
    inside = refused = 0

    async def play(seen: Any, writer: Any) -> None:
        nonlocal inside, refused
        inside += 1
        if inside > 8:
            refused += 1
            await faults.status(429)(seen, writer)
        else:
            await asyncio.sleep(0.01)
            await faults.echo(seen, writer)
        inside -= 1

    async def use(engine: Any) -> Any:
        answers = await asyncio.gather(*(engine.complete(Request(str(number))) for number in range(200)))
        return [answer[0].text for answer in answers], engine.admission.limit

    with faults.FaultServer(then=play) as server:
        texts, limit = within(server.url, use, patience_s=1e6)
    assert texts == [f"{number} -> 0" for number in range(200)]
    assert refused > 0
    assert limit < 20


def test_a_fixed_number_stays_whatever_the_server_says(faults: ModuleType, within: Callable[..., Any]) -> None:
    async def use(engine: Any) -> Any:
        await engine.complete(Request("hi"))
        return engine.admission.limit

    with faults.FaultServer([faults.status(429)] * 3) as server:
        assert within(server.url, use, concurrency=7) == 7


def test_what_is_in_flight_is_what_the_settings_say(faults: ModuleType, within: Callable[..., Any]) -> None:
    inside = most = 0

    async def play(seen: Any, writer: Any) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.01)
        inside -= 1
        await faults.echo(seen, writer)

    async def use(engine: Any) -> Any:
        await asyncio.gather(*(engine.complete(Request(str(number))) for number in range(50)))

    with faults.FaultServer(then=play) as server:
        within(server.url, use, concurrency=7)
    assert most == 7


def test_delays_grow_with_full_jitter_up_to_a_cap() -> None:
    patience = Patience(1e9, "http://x", Clock(Hands()))
    for tries, most in ((0, FIRST_DELAY_S), (3, 8 * FIRST_DELAY_S), (10, MOST_DELAY_S), (10**6, MOST_DELAY_S)):
        delays = [patience.delay(tries, Trouble("x")) for _ in range(300)]
        assert max(delays) <= most
        assert max(delays) > 0.8 * most
        assert min(delays) < 0.2 * most


def test_why_nothing_is_answered_is_told_until_something_is(faults: ModuleType, within: Callable[..., Any]) -> None:
    async def use(engine: Any) -> Any:
        asking = asyncio.create_task(engine.complete(Request("hi")))
        while not engine.waiting:
            await asyncio.sleep(0)
        told = engine.waiting
        await asking
        return told, engine.waiting

    with faults.FaultServer([faults.status(503, "loading model")] * 3) as server:
        told, after = within(server.url, use)
        assert told == f"{server.url[:-3]}: 503: loading model"
    assert after == ""
