"""Items as coroutines of this process: many under way at once, given out strictly in their order.

A fixed number of workers take items one after another, so that an item whose answers are all stored costs no task and
no turn of the event loop. An item that is late doesn't keep later ones from being begun: what they bring waits in the
window.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from sys import maxsize
from typing import TYPE_CHECKING

from factory.component import Item
from factory.spending import BudgetSpent
from factory.turns import NotYet
from factory.work import ComponentBroke, Judged, Work

if TYPE_CHECKING:
    from factory.models import Models

GROUP = 256
"""Rows that are given out together."""
TICK_S = 0.25
"""Seconds after which what is ready is given out, however little it is."""
WIDTH = 64
"""Items under way at once, at least."""
HELD = 20_000
"""Items under way and rows that wait for earlier ones, at most."""
GRACE_S = 4.0
"""Seconds that calls may take to end when the run is stopping."""
CANCEL_S = 2.0
"""Seconds that items may take to end when they are cancelled."""
TURN = 64
"""Items that a worker ends without letting others have a turn."""


def concurrent(
    work: Work, models: "Models", part: int, items: Iterator[Item], room: Callable[[], int]
) -> Iterator[list[Judged]]:
    """The judged rows of consecutive items, in groups of up to `room()` rows; an empty one tells that time passes.

    Args:
        work: what to do.
        models: what may be asked, and the loop.
        part: the place of the generator.
        items: what to run.
        room: how many rows the next group may have; its last item may exceed it.
    """
    window = Window(work, part, items, width=max(WIDTH, models.width * 5 // 4))
    loop = models.loop
    patience: float | None = GRACE_S
    try:
        window.open(loop)
        while (group := loop.run_until_complete(window.group(min(GROUP, room())))) is not None:
            yield group
        patience = None
    except KeyboardInterrupt:
        patience = 0.0  # who only asks for the end is heard between two groups
        raise
    except BudgetSpent:
        patience = None  # what is under way is paid as well
        raise
    finally:
        if not window.done:
            loop.run_until_complete(window.close(models, patience))


class Window:
    """The items under way and those that wait for their turn."""

    def __init__(self, work: Work, part: int, items: Iterator[Item], width: int) -> None:
        """Begin with nothing; `width` items are under way at once."""
        self._work, self._part, self._items, self._width = work, part, items, width
        self._ended: dict[int, Judged] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._begun = 0
        self._given = 0
        self._front = 0
        """The first item that is not ended, counted from 0; what lies between `_given` and it is ready."""
        self._ready = 0
        """Rows that are ready."""
        self._held = 0
        """Rows that are ended and not given out."""
        self._goal = 1
        self._over = False
        """Whether no further item is to be begun."""
        self._cut = maxsize
        """The first item that was turned away: neither it nor what comes after it is given out."""
        self._failures: dict[int, BaseException] = {}
        self._failed_s = 0.0
        self._news = asyncio.Event()
        self._space = asyncio.Event()

    @property
    def done(self) -> bool:
        """Whether every worker has ended."""
        return all(worker.done() for worker in self._workers)

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin."""
        self._workers = [loop.create_task(self._run()) for _ in range(self._width)]

    async def group(self, rows: int) -> list[Judged] | None:
        """The next items in order, until they hold so many rows; empty where none ended for a while; None at the end.

        Raises:
            FactoryError: an item failed, and its turn has come.
            ComponentBroke: the same.
        """
        self._goal = rows
        if self._ready < rows and not self.done:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._news.wait()
        group = self._taken(rows)
        if not group and self._failures and self._ripe():
            raise self._failures.get(self._front) or self._failures[min(self._failures)]
        return group if group or not self.done or self._front < self._begun else None

    async def close(self, models: "Models", patience_s: float | None) -> None:
        """Begin nothing, let calls end for a while, cancel the rest."""
        self._over = True
        await models.drain(patience_s)
        for worker in self._workers:
            worker.cancel()
        ended, _ = await asyncio.wait(self._workers, timeout=CANCEL_S)
        for worker in ended:
            if not worker.cancelled():
                worker.exception()  # told already, or the end itself

    def _taken(self, rows: int) -> list[Judged]:
        group: list[Judged] = []
        while self._given < min(self._front, self._cut) and rows > 0:
            judged = self._ended.pop(self._given)
            self._given += 1
            size = len(judged.rows)
            self._ready -= size
            self._held -= size
            rows -= size
            group.append(judged)
        if group:
            self._space.set()
        return group

    def _ripe(self) -> bool:
        """Whether a failure is to be told: it is the next item's, or the items before it take too long."""
        if self._front in self._failures or self.done:
            return True
        if any(isinstance(failure, BudgetSpent) for failure in self._failures.values()):
            return False
        return asyncio.get_running_loop().time() > self._failed_s + GRACE_S

    async def _run(self) -> None:
        """Take items and run them, one after another."""
        try:
            for turn in count(1):
                if turn % TURN == 0 or self._ready >= self._goal:
                    await asyncio.sleep(0)
                while not self._over and self._begun - self._front + self._held >= HELD:
                    self._space.clear()
                    await self._space.wait()
                if not await self._ran():
                    return
        finally:
            self._over = True
            self._news.set()
            self._space.set()

    async def _ran(self) -> bool:
        """Run the next item; False where there is none or it failed."""
        number = self._begun
        try:
            item = None if self._over else next(self._items, None)
            if item is None:
                return False
            self._begun += 1
            judged = await self._work.made(self._part, item)
        except NotYet as away:
            self._turn_away(number, away)
            return True
        except asyncio.CancelledError:
            self._fail(number, ComponentBroke(f"item {number} was cancelled from within"))
            raise
        except Exception as error:
            self._fail(number, error)
            return False
        self._end(number, judged)
        return True

    def _end(self, number: int, judged: Judged) -> None:
        self._ended[number] = judged
        self._held += len(judged.rows)
        while (ready := self._ended.get(self._front)) is not None:
            if self._front < self._cut:
                self._ready += len(ready.rows)
            else:
                self._held -= len(self._ended.pop(self._front).rows)
                self._space.set()
            self._front += 1
        if self._ready >= self._goal:
            self._news.set()

    def _turn_away(self, number: int, away: NotYet) -> None:
        """Let an item end with nothing; those behind it, which are run again after it, are only run for their calls."""
        if self._work.models is not None and self._work.models.turns is not None:
            self._work.models.turns.turned_away(number, away)
        self._cut = min(self._cut, number)
        self._end(number, Judged([], [], {}))

    def _fail(self, number: int, error: Exception) -> None:
        if not self._failures:
            self._failed_s = asyncio.get_running_loop().time()
        self._failures[number] = error
