"""Items pass a shared door in their order, however they come."""

import asyncio
from random import Random

import pytest

from factory.in_order import InOrder


def test_items_pass_in_their_order_whatever_their_pace():
    passed: list[int] = []

    async def item(order: InOrder, place: int, pause: int) -> None:
        try:
            for _ in range(pause):
                await asyncio.sleep(0)
            await order.reached(place)
            passed.append(place)
        finally:
            order.passed(place)

    async def run() -> None:
        order, draw = InOrder(), Random("pace")
        await asyncio.gather(*(item(order, place, draw.randrange(40)) for place in range(200)))

    asyncio.run(run())
    assert passed == list(range(200))


def test_an_item_that_fails_or_is_stopped_lets_the_later_ones_pass():
    async def item(order: InOrder, place: int) -> str:
        try:
            if place == 0:
                await asyncio.sleep(0)
                raise ValueError(place)
            await order.reached(place)
            return "passed"
        finally:
            order.passed(place)

    async def run() -> list[str | BaseException]:
        order = InOrder()
        tasks = [asyncio.create_task(item(order, place)) for place in range(4)]
        await asyncio.sleep(0)
        tasks[2].cancel()
        return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)

    first, second, third, last = asyncio.run(run())
    assert isinstance(first, ValueError)
    assert isinstance(third, asyncio.CancelledError)
    assert (second, last) == ("passed", "passed")


def test_nobody_overtakes_one_who_has_not_passed():
    async def run() -> None:
        order = InOrder()
        order.passed(1)
        await order.reached(0)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(order.reached(2), 0.01)

    asyncio.run(run())
