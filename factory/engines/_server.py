"""The engine that asks a server: tried until answered, refused, or patience ends.

What a server may do instead of answering, and what follows from it, is in `_refusals` (its errors), `_replies` (odd
answers) and `_patience` (its absence).
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from factory.engine import Completion, Outcome, Request, Unanswered
from factory.engines._admission import Adaptive, Admission
from factory.engines._http import Broken, Client, Reply
from factory.engines._patience import Clock, Patience, Trouble, Wait
from factory.engines._payload import Dialect, body, path
from factory.engines._refusals import broken, complaint, in_body, raise_or_wait, unreadable
from factory.engines._replies import AGAIN, outcomes, parsed

if TYPE_CHECKING:
    from factory.engines.openai import OpenAI

ATTEMPTS = 3
"""How often a sample is asked for that comes empty or malformed: those are paid."""

_FURTHER = 2**20
"""How far the seed moves for what is asked again."""

_log = logging.getLogger("factory.engines.openai")


class Server:
    """Requests in, outcomes out."""

    def __init__(self, settings: "OpenAI", client: Client, name: str = "", clock: Clock | None = None) -> None:
        """Ready to be asked; `name` is who the server says it is."""
        clock = clock or Clock()
        adaptive = not isinstance(settings.concurrency, int)
        self.admission = Adaptive(settings.width, clock.now) if adaptive else Admission(settings.width)
        self.dialect = Dialect(name)
        self._settings, self._client = settings, client
        self._patience = Patience(settings.patience_s, client.origin, clock)
        self._other_names: set[str] = set()

    def __repr__(self) -> str:
        """The model and the server, and nothing of how it is entered."""
        return f"Server({self._settings.model!r}, {self._client.origin!r})"

    @property
    def waiting(self) -> str:
        """Why nothing is answered just now; empty where something is."""
        return self._patience.trouble

    async def complete(self, request: Request) -> Sequence[Outcome]:
        """As `factory.engine.Engine` has it; a sample that came whole stays, only what is missing is asked again."""
        if request.n > 1 and self.dialect.singly:
            return await self._singly(request)
        return await self._samples(request, request.n, 0)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _singly(self, request: Request) -> list[Outcome]:
        """The samples in as many calls at once, for a server that gives one each."""
        calls = (self._samples(request, 1, shift) for shift in range(request.n))
        found: list[Outcome] = []
        for result in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(result, Unanswered):
                found.append(result)
            elif isinstance(result, BaseException):
                raise result
            else:
                found += result
        return found

    async def _samples(self, request: Request, n: int, shift: int) -> list[Outcome]:
        """`n` samples; `shift` is the place of the first among all.

        A server gives sample i the seed + i, so what is asked again goes on from a seed that no sample has.
        """
        samples: list[Outcome | None] = [None] * n
        spent = 0
        while (missing := [at for at, sample in enumerate(samples) if _again(sample)]) and spent < ATTEMPTS:
            try:
                found = await self._reply(request, len(missing), shift)
            except Unanswered as refusal:
                if len(missing) == n:
                    raise
                return [refusal if at in missing else sample or refusal for at, sample in enumerate(samples)]
            shift += _FURTHER
            for at, outcome in zip(missing, found, strict=False):
                samples[at] = _with_tokens_of(samples[at], outcome)
            if len(found) == 1 < len(missing):
                self.dialect.singly = True
            spent += all(map(_again, found))
        return [sample or Unanswered("malformed", f"no choices in {ATTEMPTS} replies") for sample in samples]

    async def _reply(self, request: Request, n: int, shift: int) -> list[Outcome]:
        """The outcomes that one reply brings; fewer than `n` where it has fewer choices."""
        settings, sampling = self._settings, request.sampling
        # A token is a few bytes, in JSON up to six times that; its log-probabilities are as many entries.
        most_bytes = 2**24 + n * sampling.max_tokens * (128 + 256 * sampling.logprobs)
        wait = Wait(self._patience)
        while True:
            sent = body(settings.model, settings.extra_body, self.dialect, request, n, shift)
            async with self.admission:
                reply = await self._client.post(path(request), sent, most_bytes)
                found = self._read(reply, request, n)
            if isinstance(found, list):
                return found
            if found is not None:
                await wait.after(found)

    def _read(self, reply: Reply | Broken, request: Request, n: int) -> list[Outcome] | Trouble | None:
        """Outcomes, or why none came; None where the server said how to ask it instead."""
        if isinstance(reply, Broken):
            return broken(self._client.origin, reply)
        if reply.status == 200:
            try:
                value = parsed(reply.body)
            except ValueError:
                return unreadable(reply, self._client.proxy)
            if not isinstance(value, dict) or not value.get("error"):
                self._patience.answered()
                self.admission.answered()
                found = outcomes(value, request, n, self._settings.model) if isinstance(value, dict) else []
                self._note_names(found)
                return found
            error = in_body(200, value)
        else:
            error = complaint(reply)
        if self.dialect.learn(error.status, error.param, error.message):
            return None
        try:
            trouble = raise_or_wait(self._client.origin, error, reply.headers)
        except Unanswered:
            self._patience.answered()
            raise
        if trouble.overload:
            self.admission.overloaded()
        return trouble

    def _note_names(self, found: Sequence[Outcome]) -> None:
        for outcome in found:
            if isinstance(outcome, Completion) and outcome.model and outcome.model not in self._other_names:
                self._other_names.add(outcome.model)
                _log.warning("%s answers for %s as %r", self._client.origin, self._settings.model, outcome.model[:200])


def _again(outcome: Outcome | None) -> bool:
    return outcome is None or (isinstance(outcome, Unanswered) and outcome.reason in AGAIN)


def _with_tokens_of(before: Outcome | None, outcome: Outcome) -> Outcome:
    """The outcome with what the earlier try cost."""
    if before is None:
        return outcome
    paid = before.prompt_tokens + outcome.prompt_tokens, before.completion_tokens + outcome.completion_tokens
    if isinstance(outcome, Completion):
        return outcome._replace(prompt_tokens=paid[0], completion_tokens=paid[1])
    outcome.prompt_tokens, outcome.completion_tokens = paid
    return outcome
