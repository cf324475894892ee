"""Generators and a judge whose rows are plain to see, for the tests of the pipeline."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import ClassVar

from factory.component import Generator, Item, Judge, Run
from factory.row import Message, Pair, Row, Verdict
from factory.sample import Sample


class Sums(Generator):
    """Sums in two languages; one row of ten comes with a verdict against it."""

    in_processes: ClassVar[bool] = True

    rows_per_item: int = 50
    padding: int = 1
    range: int = 10**9
    """The numbers are below it; small = duplicates."""
    license: str = "apache-2.0"
    family: str = "sums"
    killed_once: str = ""
    """A file: while it is absent, the third item kills its process."""
    breaks_on: str = ""
    surrogates: bool = False

    def items(self, run: Run) -> Iterator[Item]:
        for start in range(0, self.count, self.rows_per_item):
            yield Item(f"sums/{start}", min(self.rows_per_item, self.count - start), start)
        if self.count == 999:
            run.short("sums", 1000, 999)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        if item.key == self.breaks_on:
            raise ZeroDivisionError("the planted bug")
        if self.killed_once and item.payload == 2 * self.rows_per_item and not Path(self.killed_once).exists():
            Path(self.killed_once).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        random = run.random(item.key)
        return [self._row(random.randrange(self.range), number) for number in range(item.rows)]

    def _row(self, a: int, number: int) -> Row:
        language = "ja" if number % 2 else "en"
        question = f"{a}に1を足すと、いくつですか。" if language == "ja" else f"What is {a} plus one?"
        answer = "So the answer is " * self.padding + f"${a + 1}$"
        if self.surrogates and number % 10 == 0:
            answer += "\ud800"
        bad = number % 10 == 3
        verdict = Verdict("planted", not bad, None, "unlucky" if bad else "", "a | note")
        turns = (Message("user", question), Message("assistant", answer))
        meta = {"family": f"{self.family}/{language}", "language": language, "a": a}
        return Row(turns, self.license, "generated", "sums", meta=meta, verdicts=(verdict,))


class Unlicensed(Sums):
    """The same rows under a licence that nobody knows, of which the settings say nothing."""

    def _row(self, a: int, number: int) -> Row:
        return super()._row(a, number)._replace(license="mine-1.0")


class Coroutines(Sums):
    """The same rows from coroutines that end in another order than they begin."""

    in_processes: ClassVar[bool] = False

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        for _ in range(20 - item.payload // self.rows_per_item % 20):
            await asyncio.sleep(0)
        return await super().rows(item, run)


class Preferences(Sums):
    """Preference pairs."""

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        made = [row for row in await super().rows(item, run) if isinstance(row, Row)]
        worse = (Message("assistant", "?"),)
        return [
            Pair(row.prompt, row.messages[-1:], worse, row.license, row.source, row.generator, meta=row.meta)
            for row in made
        ]


class Sampled(Sums):
    """The same rows, for each of which two answers were sampled, and something was counted."""

    in_processes: ClassVar[bool] = False

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        made = await super().rows(item, run)
        run.count("sums", "asked", 2 * len(made))
        for row in made:
            for number in range(2):
                said = (Verdict("planted", True, float(number)),)
                text = f"{row.messages[-1].content} ({number})\ud800" if self.surrogates else f"{number}"
                run.keep_sample(Sample(row.id, row.prompt, number, text, "m", "", said, float(number), "", row.id))
        return made


class Answered(Sums):
    """The same rows, which say their answer."""

    def _row(self, a: int, number: int) -> Row:
        row = super()._row(a, number)
        return row._replace(meta={**row.meta, "answer": str(a + 1)})


SYLLABLES = ["ka", "ri", "mo", "ten", "sul", "va", "dor", "pel", "ni", "gus", "cho", "bra"]


def words(topic: str, count: int) -> list[str]:
    """Invented words, the same ones for the same topic."""
    random = Random(topic)
    return ["".join(random.choices(SYLLABLES, k=3)) for _ in range(count)]


class Alike(Sums):
    """Questions on a few topics, in other words at their ends; each with a score, under one of two licences."""

    topics: int = 40

    def _row(self, a: int, number: int) -> Row:
        topic = a % self.topics
        about, end = " ".join(words(f"topic {topic}", 12)), words(f"end {a // self.topics % 9}", 3)
        question = f"Tell of {about}; end with {' '.join(end)}."
        turns = (
            Message("system", "Answer as a poet."),
            Message("user", question),
            Message("assistant", f"Once upon a time, {a}."),
            Message("user", f"Now shorter{'!' * (a % 3)}"),
            Message("assistant", f"{a}."),
        )
        license = self.license if a % 2 or self.license != "apache-2.0" else "cc0-1.0"
        meta = {"family": f"topic{topic % 5}", "topic": topic}
        verdict = Verdict("planted", True, a % 7 / 7)
        return Row(turns, license, "generated", "alike", meta=meta, verdicts=(verdict,))


class Templated(Alike):
    """Every second question is cut from one template."""

    def _row(self, a: int, number: int) -> Row:
        row = super()._row(a, number)
        text = f"Schreibe eine Vorstellung der Firma {' '.join(words(str(a), 2))} in drei Absätzen mit Zahlen."
        free = " ".join(words(f"free {a}", 14))
        turns = (Message("user", text if number % 2 else free), row.messages[-1])
        return row._replace(messages=turns, meta={"family": "template" if number % 2 else "free"})


class AlikePairs(Alike):
    """Preference pairs of them."""

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        made = [row for row in await super().rows(item, run) if isinstance(row, Row)]
        worse = (Message("assistant", "?"),)
        return [
            Pair(row.prompt, row.messages[-1:], worse, row.license, row.source, row.generator, meta=row.meta)
            for row in made
        ]


class Long(Sums):
    """Questions long enough to be known again."""

    def _row(self, a: int, number: int) -> Row:
        row = super()._row(a, number)
        text = f"In the town of Kamari there are {a} bakers, who bake {a} loaves on each day of the whole week."
        return row._replace(messages=(Message("user", text), row.messages[1]))


class Nothing(Judge):
    """Refuses everything."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        return [Verdict("nothing", False, None, "never", "not good enough") for _ in rows]


class Few(Judge):
    """Refuses every fifth number."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        return [self._verdict(len(row.id.strip("0123"))) for row in rows]

    def _verdict(self, length: int) -> Verdict:
        bad = length % 5 == 0
        return Verdict("few", not bad, None, "fifth" if bad else "", "too many" if bad else "")


class Even(Judge):
    """Refuses odd numbers, and can't tell of multiples of nine."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        return [self._verdict(row.meta["a"]) for row in rows]

    def _verdict(self, a: int) -> Verdict:
        passed = None if a % 9 == 0 else a % 2 == 0
        return Verdict("even", passed, a % 9 / 9, "" if passed else "odd", "by parity")
