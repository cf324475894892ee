"""A stage's process: its output passes through, signals are handed on to it, and it ends with this process.

It is in a process group of its own, since the terminal's Ctrl-C reaches every process of a group: with what is handed
on it would come twice, and the second signal stops a command at once.
"""

import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

from factory import signals


class Ended(NamedTuple):
    """How a process ended."""

    code: int
    """As a shell gives it: 128 + n for the signal n."""
    received: int
    """The first signal that was handed on to it; 0 for none."""


def run(words: Sequence[str], *, quiet: bool = False) -> Ended:
    """Run a command to its end."""
    received: list[int] = []
    with _handed_on(received) as child:
        child.append(
            subprocess.Popen(
                list(words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if quiet else None,
                process_group=0,
                preexec_fn=signals.WITH_PARENT,
            )
        )
        for number in received:  # one that came before there was a process
            child[0].send_signal(number)
        code = child[0].wait()
    return Ended(code if code >= 0 else 128 - code, received[0] if received else 0)


@contextmanager
def _handed_on(received: list[int]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """While it lasts, SIGINT and SIGTERM go to the process in the list that this gives."""
    child: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if child and child[0].poll() is None:
            child[0].send_signal(number)

    if threading.current_thread() is not threading.main_thread():
        yield child
        return
    before = {number: signal.signal(number, hand_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield child
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
