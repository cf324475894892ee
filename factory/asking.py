"""How components ask a model: among the stored answers first, then the engine; each outcome is stored and counted.

Equal requests that are in flight at once are asked once. What is counted for the dataset is every answer that went into
it, stored or fresh, so that a resumed run counts the same; what is counted for the run is what it asked and paid.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing import resource_tracker
from time import perf_counter
from typing import TYPE_CHECKING

from factory import memory
from factory.answers.key import Keys
from factory.component import Run
from factory.engine import Engine, ModelSettings, Outcome, Request, Unanswered
from factory.errors import EngineError
from factory.licence.book import book
from factory.licence.gate import of_model
from factory.memory import Held
from factory.spending import Usage

if TYPE_CHECKING:
    from factory.models import Models

CLOSE_S = 3.0
"""How long an engine may take to close."""
RELEASE_S = 60.0
"""The same where another one waits for its memory."""


class Asker:
    """One model as one item's components see it."""

    __slots__ = ("_model", "_run")

    def __init__(self, model: "Model", run: Run) -> None:
        """Ask the model on behalf of `run`."""
        self._model, self._run = model, run

    @property
    def label(self) -> str:
        """How rows name the model."""
        return self._model.label

    @property
    def tokenizer(self) -> tuple[str, str]:
        """The folder or Hub id of the model's tokenizer, and its revision, empty where none is named."""
        settings = self._model.settings
        own = getattr(settings, "tokenizer", None)
        return (own, "") if own else (settings.model, settings.revision)

    @property
    def license(self) -> str:
        """The licence under which the model's outputs may be used: what the recipe says, and the table of models."""
        return self._model.license

    async def complete(self, request: Request) -> list[Outcome]:
        """`request.n` outcomes, in the order of the samples.

        Raises:
            Fatal: the engine says never.
            Unreachable: the engine stayed away.
            BudgetSpent: the budget allows no further call.
            NotYet: it isn't the model's turn; not to be caught.
        """
        asking, model = self._run.asking, self._model
        outcomes = await (model.complete(request) if asking is None else asking.of(model, request))
        used = self._run.used.get(self._model.name)
        if used is None:
            used = self._run.used[self._model.name] = [0, 0, 0]
        for outcome in outcomes:
            if isinstance(outcome, Unanswered):
                self._run.unanswered.append((outcome, request, self._model.name))
            else:
                used[0] += 1
                used[1] += outcome.prompt_tokens
                used[2] += outcome.completion_tokens
        return outcomes


async def answer_text(asker: Asker, request: Request) -> str:
    """The text of the one answer to a request.

    Raises:
        Unanswered: there is none.
    """
    (outcome,) = await asker.complete(request)
    if isinstance(outcome, Unanswered):
        raise outcome
    return outcome.text


class Model:
    """One model of the recipe for the whole run: its engine, once it was asked, and what was asked."""

    def __init__(self, name: str, settings: ModelSettings, models: "Models") -> None:
        """Take its settings; the engine is started by the first call."""
        self.name, self.settings, self.label = name, settings, settings.label
        self.license = of_model(book(), settings.model, settings.license)[0]
        self.usage = Usage()
        fingerprint = settings.fingerprint()
        self._keys = Keys(settings.identity() | ({"data": fingerprint} if fingerprint else {}))
        self._models = models
        self._flying: dict[bytes, asyncio.Future[dict[bytes, Outcome]]] = {}
        self._starting: asyncio.Task[Engine] | None = None
        self._engine: Engine | None = None
        self._others: frozenset[int] = frozenset()
        self.in_flight = 0
        """Calls under way."""
        self.held = Held()
        """What its engine took of this machine."""

    @property
    def waiting(self) -> str:
        """Why the engine waits, where it says so."""
        if self._starting is not None and self._engine is None and self.settings.resident:
            return f"{self.name} is being loaded"
        return str(getattr(self._engine, "waiting", ""))

    async def complete(self, request: Request) -> list[Outcome]:
        """`request.n` outcomes, from the store as far as it has them."""
        keys = self._keys.of(request, range(request.n))
        found = self._models.found(keys)
        missing = [place for place, outcome in enumerate(found) if outcome is None]
        self.usage.replayed += len(found) - len(missing)
        if missing:
            if self._models.turns is not None:
                self._models.turns.demand(self.name)
            await self._complete(request, keys, missing, found)
        return [outcome for outcome in found if outcome is not None]

    async def close(self, limit_s: float = CLOSE_S) -> None:
        """End the engine, or its start; it is started again when it is asked again."""
        starting, self._starting, self._engine = self._starting, None, None
        if starting is None:
            return
        starting.cancel()
        (engine,) = await asyncio.gather(starting, return_exceptions=True)
        if not isinstance(engine, BaseException):
            await asyncio.wait_for(engine.close(), limit_s)

    async def release(self) -> bool:
        """End a running engine when its calls are done, and measure what it gives back; False where none runs."""
        while self.in_flight:
            await asyncio.sleep(0.02)
        if self._engine is None:
            return False
        own = memory.children() - self._others
        before = memory.used(own)
        await self.close(RELEASE_S)
        deadline = perf_counter() + RELEASE_S
        while (left := memory.children() & own) and perf_counter() < deadline:
            await asyncio.sleep(0.02)
        self.held.closed(before, memory.used(left))
        return True

    async def _complete(
        self, request: Request, keys: Sequence[bytes], missing: Sequence[int], found: list[Outcome | None]
    ) -> None:
        """Fill in what is missing: what nobody asked yet by a call, the rest when it comes."""
        others = {place: self._flying[keys[place]] for place in missing if keys[place] in self._flying}
        own = [place for place in missing if place not in others]
        if own:
            got = await self._asked(request, {place: keys[place] for place in own})
            for place in own:
                found[place] = got[keys[place]]
        for place, flight in others.items():
            try:
                found[place] = (await asyncio.shield(flight))[keys[place]]
            except asyncio.CancelledError:
                if not flight.cancelled():
                    raise
                found[place] = (await self.complete(request))[place]  # who asked was stopped: ask it here

    async def _asked(self, request: Request, own: Mapping[int, bytes]) -> dict[bytes, Outcome]:
        """The outcomes of one call, stored and counted."""
        flight: asyncio.Future[dict[bytes, Outcome]] = asyncio.get_running_loop().create_future()
        self._flying |= dict.fromkeys(own.values(), flight)
        admitted = False
        try:
            await self._models.admit()
            admitted = True
            self._models.in_flight += 1
            self.in_flight += 1
            engine = self._engine or await self._started()
            start = perf_counter()
            outcomes = await self._called(engine, request, list(own))
            got = dict(zip(own.values(), outcomes, strict=True))
            self.usage.count(outcomes, perf_counter() - start, self.settings.price)
            self._models.store(self.label, got)
        except BaseException as error:
            if isinstance(error, Exception):
                flight.set_exception(error)
                flight.exception()  # nobody may be waiting for it
            else:
                flight.cancel()
            raise
        finally:
            if admitted:
                self.in_flight -= 1
                self._models.ended()
            for key in own.values():
                del self._flying[key]
        flight.set_result(got)
        return got

    async def _called(self, engine: Engine, request: Request, places: Sequence[int]) -> list[Outcome]:
        """What the engine says of these samples."""
        if len(places) == request.n:
            return await self._outcomes(engine, request)
        outcomes: list[Outcome] = []
        for first, n in _ranges(places):
            sampling = request.sampling
            if sampling.seed is not None:  # an engine draws sample i of a request from seed + i
                sampling = sampling._replace(seed=sampling.seed + first)
            outcomes += await self._outcomes(engine, request._replace(n=n, sampling=sampling))
        return outcomes

    async def _outcomes(self, engine: Engine, request: Request) -> list[Outcome]:
        try:
            outcomes = await engine.complete(request)
        except Unanswered as error:
            return [error] * request.n
        if len(outcomes) != request.n:
            raise EngineError(f"model {self.name!r} gave {len(outcomes)} outcomes for {request.n} samples: a bug there")
        return list(outcomes)

    async def _started(self) -> Engine:
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._start())
        self._engine = await asyncio.shield(self._starting)
        return self._engine

    async def _start(self) -> Engine:
        if not self.settings.resident:
            return await self.settings.start()
        await self._models.make_room(self)
        # Python's tracker of shared memory begins with the first engine and outlives all: it is none of the engine's.
        resource_tracker.ensure_running()
        self._others, start = memory.children(), perf_counter()
        engine = await self.settings.start()
        self.held.started(perf_counter() - start)
        return engine


def _ranges(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First place and length of each unbroken run of ascending places."""
    start = before = places[0]
    for place in (*places[1:], -1):
        if place != before + 1:
            yield start, before - start + 1
            start = place
        before = place
