"""Generators and a judge whose rows are plain to see, for the tests of the pipeline."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from factory.component import Generator, Item, Judge, Run
from factory.row import Message, Pair, Row, Verdict


class Sums(Generator):
    """Sums in two languages; item by item, so many of them repeated, so many bad."""

    in_processes: ClassVar[bool] = True

    rows_per_item: int = 50
    text: str = "So the answer is"
    padding: int = 1
    license: str = "apache-2.0"
    range: int = 10**9
    """The numbers are below it; small = duplicates."""
    die_once: str = ""
    """A file whose presence saves the process from SIGKILL on the third item."""
    breaks_on: str = ""
    surrogate: bool = False

    def items(self, run: Run) -> Iterator[Item]:
        for start in range(0, self.count, self.rows_per_item):
            rows = min(self.rows_per_item, self.count - start)
            yield Item(f"sums/{start}", rows, start)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        if item.key == self.breaks_on:
            raise ZeroDivisionError("the planted bug")
        if self.die_once and item.payload == 2 * self.rows_per_item and not Path(self.die_once).exists():
            Path(self.die_once).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        random = run.random(item.key)
        return [self._row(random.randrange(self.range), number) for number in range(item.rows)]

    def _row(self, a: int, number: int) -> Row:
        japanese = number % 2 == 1
        question = f"{a}に1を足すと、いくつですか。" if japanese else f"What is {a} plus one?"
        answer = " ".join([self.text] * self.padding) + f" ${a + 1}$" + ("\ud800" if self.surrogate and a % 7 == 0 else "")
        meta = {"family": "sums/ja" if japanese else "sums/en", "language": "ja" if japanese else "en", "a": a}
        verdicts = (Verdict("planted", number % 10 != 3, None, "" if number % 10 != 3 else "unlucky", "third | of ten"),)
        turns = (Message("user", question), Message("assistant", answer))
        return Row(turns, self.license, "generated", "sums", meta=meta, verdicts=verdicts)


class Slow(Sums):
    """The same rows as coroutines that end in another order."""

    in_processes: ClassVar[bool] = False

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        for _ in range(20 - item.payload // self.rows_per_item % 20):
            await asyncio.sleep(0)
        return await super().rows(item, run)


class Preferences(Sums):
    """Preference pairs."""

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        made = [row for row in await super().rows(item, run) if isinstance(row, Row)]
        return [
            Pair(row.prompt, row.messages[-1:], (Message("assistant", "?"),), row.license, "generated", "p", meta=row.meta)
            for row in made
        ]


class Odd(Judge):
    """Refuses even answers, and does not judge multiples of nine."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        verdicts = []
        for row in rows:
            a = row.meta["a"]
            passed = None if a % 9 == 0 else a % 2 == 0
            verdicts.append(Verdict("odd", passed, float(a % 9), "" if passed else "even", "by parity"))
        return verdicts
