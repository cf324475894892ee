"""A model that vLLM runs, whatever is asked of it: bounded requests in flight, and a new start when it dies."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Protocol

from factory.engine import Outcome, Request, Unreachable
from factory.engines._vllm_process import Process, started
from factory.engines._vllm_settings import Local

logger = logging.getLogger(__name__)


class Asking(Protocol):
    """How requests are put in vLLM's words, and its answers in ours."""

    def prompt(self, request: Request) -> list[int]:
        """The tokens of the prompt.

        Raises:
            Unanswered: the request is refused.
            Fatal: none can be answered.
        """
        ...

    async def outcomes(self, llm: Any, prompt: list[int], request: Request) -> list[Outcome] | None:
        """What the engine says; None where it died.

        Raises:
            Unanswered: it refuses the request.
        """
        ...


class VllmEngine:
    """A running model, started anew when it dies."""

    def __init__(self, settings: Local, process: Process, requests: Asking) -> None:
        """Ask `process` from now on."""
        self._settings, self._process, self._requests = settings, process, requests
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._restarting = asyncio.Lock()
        self._deaths = 0
        self._closed = False

    @property
    def waiting(self) -> str:
        """Why nothing is answered just now; empty where all is well."""
        return f"vLLM starts {self._settings.label} anew" if self._restarting.locked() else ""

    async def complete(self, request: Request) -> Sequence[Outcome]:
        """The samples, in order.

        Raises:
            Unanswered: the prompt is too long, or the chat template or vLLM refuses the request.
            Fatal: the model has no chat template, or can't be started anew.
            Unreachable: the engine died once more than it may.
        """
        async with self._slots:
            prompt = self._requests.prompt(request)
            while True:
                process = self._process
                outcomes = await self._requests.outcomes(process.llm, prompt, request)
                if outcomes is not None:
                    return outcomes
                await self._start_anew(process)

    async def close(self) -> None:
        """End vLLM's processes."""
        self._closed = True
        await asyncio.to_thread(self._process.end)

    async def _start_anew(self, dead: Process) -> None:
        """A living engine in the place of the dead one: started by whoever notices first, awaited by the rest."""
        async with self._restarting:
            if self._process is not dead:
                return
            label = self._settings.label
            words = await asyncio.to_thread(dead.last_words)
            if self._closed or self._deaths >= self._settings.restarts:
                times = f"{self._deaths + 1} times" if self._deaths else "once"
                raise Unreachable(f"vLLM died {times} while it ran {label}: {words}; answers that came are kept")
            self._deaths += 1
            logger.warning(
                "vLLM died while it ran %s: %s; it is started anew (%d of %d)",
                *(label, words, self._deaths, self._settings.restarts),
            )
            await asyncio.to_thread(dead.end)
            self._process = await started(self._settings.arguments(), label)
