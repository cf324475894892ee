"""Items in flight together that must meet what they share one after another, in their order.

What an item is compared with must not depend on which answer came first: a near duplicate is refused because of the
items before it, in every run, at every concurrency. So an item waits until all earlier ones have passed; only then does
it look and add.
"""

import asyncio


class InOrder:
    """A door that the items 0, 1, 2, ... pass one after another, each exactly once."""

    def __init__(self) -> None:
        """Nobody has passed."""
        self._next = 0
        self._passed: set[int] = set()
        self._waiting: dict[int, asyncio.Future[None]] = {}

    async def reached(self, place: int) -> None:
        """Wait until all items before this one have passed."""
        if place > self._next:
            self._waiting[place] = asyncio.get_running_loop().create_future()
            await self._waiting[place]

    def passed(self, place: int) -> None:
        """This item is done with what is shared. To be called in a `finally`, or the later ones wait for ever."""
        if place >= self._next:
            self._passed.add(place)
        while self._next in self._passed:
            self._passed.remove(self._next)
            self._next += 1
        waiting = self._waiting.pop(self._next, None)
        if waiting and not waiting.done():
            waiting.set_result(None)
