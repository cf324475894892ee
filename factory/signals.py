"""SIGINT and SIGTERM end a command cleanly: the first between two items, the second at once.

An exception out of a signal handler may surface inside a coroutine, a write or a `finally`, and leave a mess that
has nothing to do with the signal. So a long run is told to stop where it is safe, and only its patience is limited.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""

PATIENCE_S = 9.5
"""Seconds that everything may take to end after the first signal."""


class Stopped(KeyboardInterrupt):
    """A signal asked for the end; an event loop lets it through wherever it is raised."""

    def __init__(self, number: int) -> None:
        """Keep the exit code by which shells know the signal."""
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_code = 128 + number


@contextmanager
def at_once() -> Iterator[None]:
    """SIGTERM raises `Stopped`, so that files are closed and locks released on the way out."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(number)

    with _handled({signal.SIGTERM: stop}):
        yield


@contextmanager
def between_items(announce: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Gives the function to call between two items: after a first signal it raises `Stopped`.

    A second signal, or the end of patience, raises it wherever the run is.
    """
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if received:
            raise Stopped(received[0])
        received.append(number)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
        announce("stopping when the rows under way are done; once more to stop at once")

    def safe() -> None:
        if received:
            raise Stopped(received[0])

    with _handled({signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGALRM: stop}):
        try:
            yield safe
        except Exception as error:
            if received:  # what fails now fails because of the signal: a group's signal ends its other processes too
                raise Stopped(received[0]) from error
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


@contextmanager
def _handled(handlers: dict[signal.Signals, Any]) -> Iterator[None]:
    """These handlers, where Python lets this thread set any."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_with_parent() -> None:
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it died in between
        os._exit(1)


WITH_PARENT = _end_with_parent if sys.platform == "linux" else None
"""For `preexec_fn`: the kernel kills the process with its parent; one that outlived it would hold its folder."""
