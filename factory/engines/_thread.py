"""Work that may take minutes, beside the event loop."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` gives. The program's end doesn't wait for it, as it would for an executor's thread."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def deliver(settle: Callable[[], None]) -> None:
        if not result.done():
            settle()

    def run() -> None:
        settle: Callable[[], None]
        try:
            found = work()
        except Exception as error:  # whatever it is, it is raised where the work is awaited
            failure = error
            settle = lambda: result.set_exception(failure)  # noqa: E731 - it closes over what came of it
        else:
            settle = lambda: result.set_result(found)  # noqa: E731
        if not loop.is_closed():
            loop.call_soon_threadsafe(deliver, settle)

    threading.Thread(target=run, daemon=True, name="factory-load").start()
    return await result
