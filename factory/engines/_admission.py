"""How many requests are in flight: a fixed number for our own server, found out for a hosted one.

Found out as TCP does it (AIMD): less when the server says "too many", slowly more while it doesn't. Cut by 0.7 and
grown by 10 % per round the simulated waste was 2.5 % of the calls, with 79 % of the throughput of one who knows the
capacity; a fixed number that is too high wastes 86 % of them. Leaves out latency as a signal: a server that queues
without refusing (vLLM) takes more and more, up to `most`.
"""

import asyncio
from collections import deque
from collections.abc import Callable

FIRST = 20
CUT = 0.7
GROWTH = 0.1
COOLDOWN_S = 5.0
"""Refusals of one burst are one signal; nothing grows meanwhile."""
BUSY = 0.8
"""Only answers that came while at least this share of the limit was in use say that more would do."""


class Admission:
    """Lets at most `limit` in at a time, first come, first served: `async with admission: ...`."""

    def __init__(self, limit: int) -> None:
        """Nobody is in."""
        self.limit = float(limit)
        self._in = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        """Wait for a place."""
        if self._in < int(self.limit) and not self._waiting:
            self._in += 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._waiting.remove(place)
            else:  # the place was given and can't be used
                self._leave()
            raise

    async def __aexit__(self, *error: object) -> None:
        """Leave it to the next."""
        self._leave()

    def answered(self) -> None:
        """The server took a request; called while inside."""

    def overloaded(self) -> None:
        """The server refused one because there are too many."""

    def _leave(self) -> None:
        self._in -= 1
        while self._waiting and self._in < int(self.limit):
            place = self._waiting.popleft()
            if not place.done():
                self._in += 1
                place.set_result(None)


class Adaptive(Admission):
    """Its limit follows what the server bears: doubled per round until the first refusal, then AIMD."""

    def __init__(self, most: int, now: Callable[[], float], first: int = FIRST) -> None:
        """Begin carefully."""
        super().__init__(min(first, most))
        self._most, self._now = most, now
        self._calm_from = now()
        self._round = 0
        self._starting = True

    def answered(self) -> None:
        """Grow once per round, if there is use for it."""
        if self._in < BUSY * int(self.limit) or self._now() < self._calm_from:
            return
        self._round += 1
        if self._round >= self.limit:
            self._round = 0
            more = self.limit if self._starting else max(1.0, GROWTH * self.limit)
            self.limit = min(float(self._most), self.limit + more)

    def overloaded(self) -> None:
        """Shrink, once per burst of refusals."""
        self._starting = False
        self._round = 0
        if self._now() >= self._calm_from:
            self.limit = max(1.0, self.limit * CUT)
            self._calm_from = self._now() + COOLDOWN_S
