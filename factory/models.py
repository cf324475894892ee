"""The models of a recipe while it runs: engines, the store of answers, the budget, and the event loop they live in."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Self

from factory.answers.file import NAME
from factory.asking import Asker, Model
from factory.component import Run
from factory.engine import ModelSettings, Outcome
from factory.errors import EngineError, RecipeError
from factory.memory import Held
from factory.spending import Budget, Usage
from factory.turns import Turns

if TYPE_CHECKING:
    from factory.answers.store import Answers


AUTO = 200
"""Requests in flight that items are begun for where an engine finds out for itself how many it can have."""


def at_once(settings: ModelSettings) -> int:
    """How many requests its engine may have in flight."""
    return settings.concurrency if isinstance(settings.concurrency, int) else AUTO


class Models:
    """The models of a recipe while it runs, with the event loop that they live in. Use as a context."""

    def __init__(
        self,
        settings: Mapping[str, ModelSettings],
        *,
        run: str = "",
        answers: Path | None = None,
        budget: Budget | None = None,
        turns: Sequence[str] = (),
        tell: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        """Start nothing yet.

        Args:
            settings: each model by its name in the recipe.
            run: the recipe's digest; failures are stored for it alone.
            answers: the file of stored answers, which is made where it is missing; None stores nothing, or nothing for
                longer than this where models take turns.
            budget: what may be spent from now on.
            turns: the models of which only one may be loaded at a time (`factory.turns.of`).
            tell: is told what engines gave back.

        Raises:
            RecipeError: the budget is money and a model has no price.
        """
        self._models = {name: Model(name, model, self) for name, model in settings.items()}
        priceless = [name for name, model in settings.items() if model.price is None]
        if budget and budget.money and priceless:
            raise RecipeError(
                f"--budget {budget}: models.{priceless[0]} has no price; "
                "write price: [prompt, completion] in US dollars per million tokens"
            )
        self._run, self._path, self._budget, self._tell = run, answers, budget, tell
        self.turns = Turns(turns) if turns else None
        """Whose turn it is; None where all models may be asked at any time."""
        self._room = asyncio.Lock()
        self._folder = ExitStack()
        self._answers: Answers | None = None
        self._runner = asyncio.Runner()
        self._leaving = False
        self.in_flight = 0
        """Calls under way."""
        self._end = asyncio.Event()

    def __enter__(self) -> Self:
        """Open the store and the loop."""
        if self.turns and self._path is None:  # what is asked in one turn must be found in the next
            self._path = Path(self._folder.enter_context(TemporaryDirectory())) / NAME
        if self._models and self._path is not None:
            from factory.answers.store import Answers

            self._answers = Answers(self._path)
        self.loop = self._runner.get_loop()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the engines and the store, whatever happened; what happened before is told first."""
        try:
            closed = self.loop.run_until_complete(self._close())
        finally:
            try:
                if self._answers is not None:
                    self._answers.close()
            finally:
                self._runner.close()
                self._folder.close()
        problems = [problem for problem in closed if isinstance(problem, Exception)]
        if problems and error is None:
            raise EngineError(f"a model did not close: {problems[0]!r}") from problems[0]

    @property
    def usage(self) -> dict[str, Usage]:
        """What this run asked, by model."""
        return {name: model.usage for name, model in self._models.items()}

    @property
    def width(self) -> int:
        """How many requests the engines take at once."""
        names = self.turns.models if self.turns else ()
        shared = max((self._models[name].settings.width for name in names), default=0)
        return shared + sum(model.settings.width for name, model in self._models.items() if name not in names)

    @property
    def held(self) -> dict[str, Held]:
        """What the engines took that run on this machine, by model."""
        return {name: model.held for name, model in self._models.items() if model.held.starts}

    @property
    def waiting(self) -> str:
        """Why engines wait, where they do."""
        return "; ".join(model.waiting for model in self._models.values() if model.waiting)

    def asker(self, name: str, run: Run) -> Asker:
        """The model of that name, asked on behalf of `run`.

        Raises:
            LookupError: the recipe has none of that name.
        """
        if name not in self._models:
            raise LookupError(f"no model {name!r}: the setting that names it must have the type ModelName")
        return Asker(self._models[name], run)

    def found(self, keys: Sequence[bytes]) -> list[Outcome | None]:
        """What is stored under the keys."""
        return list(self._answers.found(keys, self._run)) if self._answers is not None else [None] * len(keys)

    def store(self, label: str, got: Mapping[bytes, Outcome]) -> None:
        """Store outcomes; they are durable some milliseconds later."""
        if self._answers is not None:
            self._answers.put([(key, label, outcome) for key, outcome in got.items()], self._run)

    @property
    def remarks(self) -> list[str]:
        """What the store has to say to the user."""
        return self._answers.remarks if self._answers is not None else []

    def forget_failures(self) -> int:
        """Let what got no answer in this run be asked again; how many requests that were."""
        return self._answers.forget_failures(self._run) if self._answers is not None else 0

    def flush(self) -> None:
        """Wait until every outcome so far is durable."""
        if self._answers is not None:
            self.loop.run_until_complete(self._answers.flush())

    async def make_room(self, wanted: Model) -> None:
        """Where models take turns, end the engines of all others, before `wanted` starts."""
        async with self._room:
            for name in self.turns.models if self.turns else ():
                if name != wanted.name:
                    await self._release(self._models[name])

    def release(self) -> None:
        """End the engines that run on this machine, for nothing is asked any more."""
        for model in self._models.values():
            if model.settings.resident:
                self.loop.run_until_complete(self._release(model))

    async def _release(self, model: Model) -> None:
        if await model.release() and self.turns:
            self._tell(f"{model.name} ({model.label}) gave back {model.held.returned()}")

    async def admit(self) -> None:
        """Let one more call begin, when the budget allows it.

        Raises:
            BudgetSpent: it does not, and no call under way may turn out to be cheap.
            CancelledError: the run is stopping.
        """
        while not self._leaving:
            if self._budget is None or self._budget.allows(self.usage.values(), self.in_flight):
                return
            if not self.in_flight:
                raise self._budget.spent(self.usage.values())
            self._end.clear()
            await self._end.wait()
        raise asyncio.CancelledError

    def ended(self) -> None:
        """One call less is under way."""
        self.in_flight -= 1
        self._end.set()

    async def drain(self, patience_s: float | None) -> None:
        """Begin no further call, and wait some time (None: any) for those under way, so that what is paid is stored."""
        self._leaving = True
        self._end.set()
        deadline = perf_counter() + (inf if patience_s is None else patience_s)
        while self.in_flight and perf_counter() < deadline:
            await asyncio.sleep(0.02)

    async def _close(self) -> list[BaseException | None]:
        self._leaving = True
        return await asyncio.gather(*(model.close() for model in self._models.values()), return_exceptions=True)
