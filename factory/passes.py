"""A generator's items in as many passes as its models need turns, where this machine can't hold them all at once.

A pass runs every item that isn't finished as far as it comes with the models that may be asked now; what it was
answered is stored, so that the next pass goes on from there. Items that get to their end are given out as soon as all
before them are. A recipe that samples and then judges takes two passes: each engine is started once, however many rows
there are. Models that speak in turn within one item, such as two that talk with each other, take a pass per turn: for
those it is better when they fit together. Generators and judges without a model run once per pass.
"""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, cast

from factory.component import Generator, Item, Run, models_named
from factory.window import TICK_S, concurrent
from factory.work import Judged, Work

if TYPE_CHECKING:
    from factory.models import Models


def in_passes(
    work: Work, models: "Models", part: int, items: Callable[[], Iterator[Item]], room: Callable[[], int]
) -> Iterator[list[Judged]]:
    """The judged rows of consecutive items, as `factory.window.concurrent` gives them out.

    Args:
        work: what to do.
        models: what may be asked, and the loop.
        part: the place of the generator.
        items: gives what to run, the same each time it is called.
        room: how many rows the next group may have; its last item may exceed it.

    Raises:
        RuntimeError: an item asks otherwise when it is run again.
    """
    turns = models.turns
    if turns is None:
        yield from concurrent(work, models, part, items(), room)
        return
    generator = cast(Generator, work.generators[part].component)
    named = {name for one in (work.generators[part], *work.judges) for _, name in models_named(one.component)}
    turns.begin(survey=len(named.intersection(turns.models)) > 1)
    given = before = 0
    while True:
        again = given if generator.replays else 0
        if generator.replays:
            work.state.pop(("generate", part), None)
        for group in concurrent(work, models, part, islice(items(), given - again, None), room):
            rest = group[again:]
            again -= len(group) - len(rest)
            given += len(rest)
            yield rest
        while models.in_flight:  # calls of items that were turned away
            models.loop.run_until_complete(asyncio.sleep(TICK_S / 5))
            yield []
        if not turns.next(0 if generator.replays else given - before):
            return
        before = given


def work_lists(items: Iterator[Item], generator: Generator, run: Run, passed: int) -> Iterator[Iterator[Item]]:
    """The work list, whose beginning is passed over, and the same again as often as it is needed."""
    yield items
    while True:
        yield islice(generator.items(run), passed, None)


def skipped(items: Iterator[Item], skip: int) -> int:
    """Pass over that many items; how many are still to be skipped when there were fewer."""
    while skip and next(items, None) is not None:
        skip -= 1
    return skip
