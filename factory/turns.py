"""Models that take turns on a machine that can't hold them all: who may be asked now, which items have to come again.

Every answer is stored, so running an item again is going on with it. An item that asks a model whose turn it isn't is
turned away; it is run again when that model has its turn, and finds all it was answered before. Which model is next
depends on the items alone: it is the one that the item wants that has got least far, so that in a recipe of two stages
every answer is sampled before the first is judged, also where an earlier run was killed half-way.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from factory.component import Run, models_named
from factory.errors import EngineError, Interrupted

if TYPE_CHECKING:
    from factory.asking import Model
    from factory.engine import Outcome, Request
    from factory.recipe import Recipe

T = TypeVar("T")

HOPS = 8
"""Turns of the event loop until a task that was waited for has let those go on that wait for it, and until calls are
under way that an item begins at once, however many tasks deep."""


class NotYet(BaseException):
    """It isn't this model's turn. No `Exception`: a component that takes errors for answers must not take this one."""

    def __init__(self, wanted: frozenset[str], answers: int) -> None:
        """Keep which models are wanted, and after how many answers of the item."""
        super().__init__(f"not yet the turn of {', '.join(sorted(wanted))}")
        self.wanted, self.answers = wanted, answers


class TurnedAway(NamedTuple):
    """The item that has got least far, and what it wants; ordered by how far."""

    answers: int
    item: int
    wanted: frozenset[str]


class Turns:
    """Whose turn it is. Before the first turn nobody is asked anything: the items say what they want."""

    def __init__(self, models: Sequence[str]) -> None:
        """Let these models take turns."""
        self.models = tuple(models)
        self.number = 0
        """How many turns there were for the generator at work."""
        self.now = ""
        """Whose turn it is; empty where whoever asks first takes it."""
        self.items = 0
        """How many items are to be run in this turn."""
        self.ended = 0
        """How many of them ended."""
        self._surveying = False
        self._least: TurnedAway | None = None
        self._before: tuple[int, list[str]] = (0, [])

    def begin(self, *, survey: bool) -> None:
        """Begin with a generator: with a look at what its items want, or with the turn of whoever asks first."""
        self.number, self.now, self._surveying = 0, "", survey
        self.items = self.ended = 0
        self._least, self._before = None, (0, [])

    def demand(self, model: str) -> None:
        """Let the model be asked now.

        Raises:
            NotYet: it has to wait.
        """
        if self._surveying:
            raise NotYet(frozenset([model]), 0)
        if model in self.models:
            self.now = self.now or model
            if model != self.now:
                raise NotYet(frozenset([model]), 0)

    def turned_away(self, item: int, away: NotYet) -> None:
        """Note that an item has to come again."""
        this = TurnedAway(away.answers, item, away.wanted)
        if self._least is None or this[:2] < self._least[:2]:
            self._least = this

    async def finished(self, made: Awaitable[T], run: Run) -> T:
        """What an item comes to, which is made on behalf of `run`.

        Raises:
            NotYet: it asked a model whose turn it isn't, whatever a component made of that.
        """
        asking = run.asking = Asking()
        try:
            result = await made
        except (EngineError, Interrupted):
            raise
        except (Exception, BaseExceptionGroup, NotYet) as error:
            if asking.wanted:
                raise NotYet(frozenset(asking.wanted), _answers(run)) from error
            raise
        finally:
            self.ended += 1
        if asking.wanted:
            raise NotYet(frozenset(asking.wanted), _answers(run))
        return result

    def next(self, given: int) -> bool:
        """Give the turn to the model that is wanted next; False where no item has to come again.

        Args:
            given: how many items were given out since the last turn began, so that they don't come again.

        Raises:
            RuntimeError: items ask otherwise when they are run again: a component's bug, and it would never end.
        """
        least, self._least = self._least, None
        if least is None:
            return False
        self.now = next((model for model in self.models if model in least.wanted), "")
        if not self._surveying:
            answers, had = self._before
            had = had if least.answers == answers else []
            if least.answers < answers or self.now in had:
                raise RuntimeError(
                    f"an item asks {self.now!r} something else each time it is run; it may only depend on the item"
                )
            self._before = (least.answers, [*had, self.now])
        self._surveying = False
        self.number += 1
        self.items, self.ended = self.ended - given, 0
        return True

    def __str__(self) -> str:
        if self._surveying:
            return f"looking what {self.ended:,} items want"
        whose = f" ({self.now})" if self.now else ""
        return f"pass {self.number}{whose}: {self.ended:,} of {self.items:,} items" if self.number else ""


class Asking:
    """What one item asks while models take turns."""

    __slots__ = ("_over", "_quiet", "_under_way", "wanted")

    def __init__(self) -> None:
        """Nothing is asked."""
        self.wanted: set[str] = set()
        """Models that it asked when it wasn't their turn."""
        self._under_way = 0
        self._quiet: asyncio.Event | None = None
        self._over = False

    async def of(self, model: "Model", request: "Request") -> "list[Outcome]":
        """What comes of one call.

        Raises:
            NotYet: it isn't the model's turn. Told when no other call of the item is under way any more, so that what
                is paid gets in, however the component treats calls beside one that fails; from then on it is told to
                every call.
        """
        if self._over:
            raise NotYet(frozenset(self.wanted), 0)
        self._under_way += 1
        try:
            return await model.complete(request)
        except NotYet as error:
            self.wanted.add(model.name)
            away = error
        finally:
            self._under_way -= 1
            if self._quiet is not None and not self._under_way:
                self._quiet.set()
                self._quiet = None
        await self._silence()
        self._over = True
        raise away

    async def _silence(self) -> None:
        """Wait until no call is under way, nor comes of one that just ended or is just beginning."""
        for _ in range(HOPS):
            await asyncio.sleep(0)
        while self._under_way:
            self._quiet = self._quiet or asyncio.Event()
            await self._quiet.wait()
            for _ in range(HOPS):
                await asyncio.sleep(0)


def _answers(run: Run) -> int:
    return sum(used[0] for used in run.used.values()) + len(run.unanswered)


def of(recipe: "Recipe") -> list[str]:
    """The models of the recipe that take turns: those that hold this machine's memory, where they are several."""
    holding = [name for name, model in recipe.engines.items() if model.resident]
    return holding if recipe.resident == "one" and len(holding) > 1 else []


def faults(recipe: "Recipe") -> Iterator[tuple[int, str]]:
    """The generators whose models can't take turns, and why.

    One that goes on from what its earlier items left can't be turned away half-way: it would leave something else.
    """
    taking = of(recipe)
    for place, part in enumerate(recipe.generate):
        asked = {model for _, model in models_named(part.component)}
        own = [model for model in taking if model in asked]
        if len(own) > 1 and getattr(part.component, "replays", False):
            yield (
                place,
                f"items of {part.name} go on from those before, so {' and '.join(own)} can't be loaded in turn; "
                "let one model do all, or write resident: all where they fit together",
            )
