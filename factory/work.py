"""One item's rows: made, judged and gated, wherever the item runs.

What needs no other row is decided here, so that the main process only has to look for duplicates and write. The
licence gate therefore comes before the duplicates: a row that may not be kept never displaces one that may.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from factory.component import Generator, Item, Judge, Part, Run, Shortfall, models_named
from factory.engine import Unanswered
from factory.errors import FactoryError, JudgeError
from factory.licence.gate import Gate
from factory.part import numbered
from factory.row import Message, Pair, Row, Verdict, called
from factory.sample import Sample

if TYPE_CHECKING:
    from factory.leaks import Leaks
    from factory.models import Models


class ComponentBroke(RuntimeError):
    """A component raised what it should not: a bug, to be shown with its traceback."""


@dataclass(slots=True)
class Judged:
    """An item's rows with what was said of them."""

    rows: list[Row | Pair]
    verdicts: list[tuple[Verdict, ...]]
    fates: dict[int, tuple[str, str]]
    """Stage and reason of each row that is dropped, by its place."""
    shortfalls: list[Shortfall] = field(default_factory=list)
    used: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Answers, prompt tokens and completion tokens, by the model's name in the recipe."""
    leaks: Counter[str] = field(default_factory=Counter)
    """Rows in which a benchmark was found, by `benchmark: kind`."""
    tallies: Counter[str] = field(default_factory=Counter)
    """What components counted, by `component: what`."""
    samples: list[Sample] = field(default_factory=list)
    """Sampled answers, whatever became of them."""

    def good(self) -> list[Row | Pair]:
        """The rows that passed, carrying their verdicts."""
        return [
            row._replace(verdicts=said)
            for place, (row, said) in enumerate(zip(self.rows, self.verdicts, strict=True))
            if place not in self.fates
        ]


@dataclass(frozen=True, slots=True)
class Work:
    """What is needed to work on any item."""

    seed: int
    generators: tuple[Part, ...]
    judges: tuple[Part, ...]
    models: "Models | None" = None
    """The models that may be asked; none in worker processes."""
    state: dict[tuple[str, int], Any] = field(default_factory=dict)
    """What components share between items."""
    gate: Gate = field(default_factory=Gate)
    """What the licences of rows have to pass."""
    leaks: "Leaks | None" = None
    """Benchmarks whose texts no row may hold."""

    def plan(self) -> "Work":
        """The same for another process."""
        return Work(self.seed, self.generators, self.judges, gate=self.gate, leaks=self.leaks)

    def in_processes(self, part: int) -> bool:
        """Whether the items of a generator can run in worker processes."""
        generator = cast(Generator, self.generators[part].component)
        asked = any(True for one in (self.generators[part], *self.judges) for _ in models_named(one.component))
        return generator.in_processes and not generator.replays and not asked

    async def made(self, part: int, item: Item) -> Judged:
        """One item's rows, judged and gated; one row of the rejects where a model did not answer.

        Raises:
            ComponentBroke: the generator or a judge has a bug.
            NotYet: a model was asked whose turn it isn't.
        """
        run = Run(self.seed, part, models=self.models, state=self.state, owner=("generate", part))
        if self.models is None or self.models.turns is None:
            return await self._made(part, item, run)
        return await self.models.turns.finished(self._made(part, item, run), run)

    async def _made(self, part: int, item: Item, run: Run) -> Judged:
        try:
            judged = await self.judged(part, item, run)
        except Unanswered as error:
            judged = _unanswered(self.generators[part], item, run, error)
        except FactoryError:
            raise
        except Exception as error:
            name = self.generators[part].name
            message = f"item {item.key!r} of {name!r} broke: {type(error).__name__}: {error}"
            raise ComponentBroke(message) from error
        judged.shortfalls, judged.used = run.shortfalls, run.used
        judged.tallies, judged.samples = run.tallies, run.samples
        return judged

    async def judged(self, part: int, item: Item, run: Run) -> Judged:
        """One item's rows, judged and gated.

        Raises:
            Unanswered: a model did not answer the generator.
        """
        generator = cast(Generator, self.generators[part].component)
        rows = list(await generator.rows(item, run))
        judged = Judged(rows, [row.verdicts for row in rows], {})
        for place, said in enumerate(judged.verdicts):
            for verdict in said:
                if verdict.passed is not True:
                    judged.fates.setdefault(place, (verdict.judge, _reason(verdict)))
        if self.leaks is not None:  # before the judges, which may have to be paid
            self.leaks.look(judged)
        for place, (judge, run.number) in enumerate(zip(self.judges, numbered(self.judges), strict=True)):
            run.owner = ("judge", place)
            await _judge(judge.name, cast(Judge, judge.component), judged, run)
        _gate(judged, self.gate)
        return judged


async def _judge(name: str, judge: Judge, judged: Judged, run: Run) -> None:
    """Let one judge speak of the rows that are still in, and change them."""
    places = [place for place in range(len(judged.rows)) if place not in judged.fates]
    rows: Sequence[Row | Pair] = [judged.rows[place] for place in places]
    try:
        rows, verdicts = await judge.revise(rows, run)
    except Unanswered as error:
        verdicts = [Verdict(name, None, reason=error.reason, note=_note(error)) for _ in places]
    if not len(rows) == len(verdicts) == len(places):
        given = f"{len(verdicts)} verdicts" + (f" and {len(rows)} rows" if len(rows) != len(places) else "")
        raise JudgeError(f"judge {name!r} gave {given} for {len(places)} rows; it owes one per row")
    for place, row, verdict in zip(places, rows, verdicts, strict=True):
        judged.rows[place] = row
        judged.verdicts[place] = (*judged.verdicts[place], verdict._replace(judge=called(verdict.judge, run.number)))
        if verdict.passed is not True:
            judged.fates[place] = (called(name, run.number), _reason(verdict))


def _gate(judged: Judged, gate: Gate) -> None:
    """Give rows the licence that what wrote them comes to, and drop those that the policy refuses."""
    changed, codes = gate.passed(judged.rows)
    for place, row in changed.items():
        judged.rows[place] = row
    for place, code in codes.items():
        judged.fates.setdefault(place, ("licence", code))


def _reason(verdict: Verdict) -> str:
    if verdict.passed is None:
        return "unjudged"
    return verdict.reason or "failed"


def _unanswered(part: Part, item: Item, run: Run, error: Unanswered) -> Judged:
    """The row that stands in the rejects for an item without an answer: what was asked, why, and the raw text."""
    asked = [entry for entry in run.unanswered if entry[0] is error] or run.unanswered[-1:]
    turns: tuple[Message, ...] = ()
    license, model = "unknown", ""
    for _, request, name in asked:
        prompt = request.prompt
        turns = (Message("text", prompt),) if isinstance(prompt, str) else tuple(prompt)
        asker = run.engine(name)
        license, model = asker.license, asker.label
    said = (Verdict(part.name, False, reason=error.reason, note=_note(error)),)
    meta = {"item": item.key}
    row: Row | Pair = Row(turns, license, "generated", part.name, model, meta, said)
    if cast(Generator, part.component).pairs:
        row = Pair(turns, (), (), license, "generated", part.name, model, meta, said)
    return Judged([row], [said], {0: (part.name, error.reason)})


def _note(error: Unanswered) -> str:
    return "\n".join(text for text in (error.note, error.text) if text)
