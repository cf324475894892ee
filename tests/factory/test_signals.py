import os
import signal
from collections.abc import Callable

import pytest

from factory import signals
from factory.errors import Interrupted

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


def stopped(work: Callable[[Callable[[], None]], None]) -> int:
    """The exit code of work that a signal stops."""
    try:
        with signals.between_items(lambda text: None) as safe:
            work(safe)
    except signals.Stopped as error:
        return error.exit_code
    return 0


def send(number: int) -> None:
    os.kill(os.getpid(), number)


def test_the_first_signal_waits_for_a_safe_place() -> None:
    reached = []

    def work(safe: Callable[[], None]) -> None:
        safe()
        send(signal.SIGTERM)
        reached.append("the end of the item")
        safe()
        reached.append("too far")

    assert stopped(work) == 143
    assert reached == ["the end of the item"]


def test_the_second_signal_does_not_wait() -> None:
    reached = []

    def work(safe: Callable[[], None]) -> None:
        send(signal.SIGINT)
        send(signal.SIGINT)
        reached.append("too far")

    assert stopped(work) == 130
    assert reached == []


def test_patience_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "PATIENCE_S", 0.01)

    def work(safe: Callable[[], None]) -> None:
        send(signal.SIGTERM)
        signal.pause()

    assert stopped(work) == 143


def test_what_fails_after_a_signal_fails_because_of_it() -> None:
    def work(safe: Callable[[], None]) -> None:
        send(signal.SIGTERM)
        raise Interrupted("a worker process was killed")

    assert stopped(work) == 143


def test_without_a_signal_errors_are_themselves_and_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in HANDLED]
    with pytest.raises(Interrupted), signals.between_items(lambda text: None):
        raise Interrupted("a worker process was killed")
    assert [signal.getsignal(number) for number in HANDLED] == before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
