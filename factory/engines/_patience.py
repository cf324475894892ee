"""How long a server may be away, and when it is asked again.

The server is one for all requests: as long as it answers any of them it is there, and one that still fails then is to
blame itself (a prompt that crashes the server must not end the run). When nothing is answered for `patience_s`, the
run ends so that it can go on later. No failure of transport spends an attempt.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import NamedTuple

from factory.engine import Unanswered, Unreachable

FIRST_DELAY_S = 0.5
MOST_DELAY_S = 30.0

_log = logging.getLogger("factory.engines.openai")


class Clock(NamedTuple):
    """Time as the engine sees it; a test brings its own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Trouble(NamedTuple):
    """One call that brought nothing, while the next may."""

    note: str
    refused: bool = False
    """The server itself said so, as an HTTP error."""
    overload: bool = False
    """There are too many requests: nothing is wrong with this one."""
    retry_after_s: float | None = None


class Patience:
    """What is known of the server's absence, for all its requests."""

    def __init__(self, patience_s: float, origin: str, clock: Clock) -> None:
        """Remember no answer yet."""
        self.patience_s, self.origin, self.clock = patience_s, origin, clock
        self.trouble = ""
        """What was the matter last; empty once anything was answered since."""
        self._answered_at = float("-inf")
        self._jitter = Random()  # no row depends on it: two processes must not knock in step

    def answered(self) -> None:
        """The server answered someone."""
        self._answered_at = self.clock.now()
        self.trouble = ""

    def silent_since(self, moment: float) -> float:
        """Since when nobody was answered, as seen by a call that failed first at that moment."""
        return max(moment, self._answered_at)

    def delay(self, tries: int, trouble: Trouble) -> float:
        """Seconds to wait before the next try: as the server says, else a backoff with full jitter."""
        if trouble.retry_after_s is not None:
            return trouble.retry_after_s + self._jitter.uniform(0, FIRST_DELAY_S)
        return self._jitter.uniform(0, min(MOST_DELAY_S, FIRST_DELAY_S * 2 ** min(tries, 16)))


class Wait:
    """The waiting of one call."""

    def __init__(self, patience: Patience) -> None:
        """Nothing failed yet."""
        self._patience = patience
        self._since: float | None = None
        self._tries = 0

    async def after(self, trouble: Trouble) -> None:
        """Wait until the call may be tried again.

        Raises:
            Unreachable: the server answered nobody for as long as patience lasts.
            Unanswered: it answers others, but not this.
        """
        patience = self._patience
        now = patience.clock.now()
        self._since = now if self._since is None else self._since
        delay = patience.delay(self._tries, trouble)
        left = patience.patience_s - (now - patience.silent_since(self._since))
        if trouble.retry_after_s is None:
            delay = min(delay, left)  # the last try is made when patience ends, not before
        self._tries += 1
        if left <= 0 or delay > left:
            asked = "" if trouble.retry_after_s is None else f" and asks to wait {trouble.retry_after_s:g} s"
            raise Unreachable(
                f"{patience.origin}: {trouble.note}{asked}; asked {self._tries} times in {now - self._since:.0f} s, "
                f"and patience_s is {patience.patience_s:g}; run the same command again when the server is back"
            )
        if not trouble.overload and now - self._since > patience.patience_s:
            raise Unanswered("refused" if trouble.refused else "malformed", f"{trouble.note} ({self._tries} times)")
        patience.trouble = f"{patience.origin}: {trouble.note}"
        _log.info("%s: %s; asking again in %.1f s", patience.origin, trouble.note, delay)
        await patience.clock.sleep(delay)
