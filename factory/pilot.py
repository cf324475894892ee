"""What a recipe would take, from some of its rows made first: tokens, money and time, each with a 90 % interval.

Items spread evenly over each generator's work list are run, their answers stored like any others, so that the long run
doesn't pay for them again. The interval is a bootstrap over the items of each generator (2,000 draws, seeded). Leaves
out that later items may be unlike earlier ones where a generator grows its own pool: such a one is only seen at its
beginning.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from factory import turns
from factory.component import Generator, Item, Run
from factory.licence.plan import check_recipe
from factory.models import Models, at_once
from factory.passes import in_passes
from factory.pipeline import need_libraries
from factory.recipe import rows_asked
from factory.spending import Usage, amount_text
from factory.work import Work

if TYPE_CHECKING:
    from factory.recipe import Recipe

DRAWS = 2000
_LOW, _HIGH = 5, 95


class Range(NamedTuple):
    """An expected number and its 90 % interval."""

    expected: float
    low: float
    high: float


class Estimate(NamedTuple):
    """What the whole recipe would take if nothing of it were stored."""

    rows_asked: int
    rows_kept: Range
    pilot_rows: int
    """Rows that were made for this."""
    pilot_stored: int
    """Answers of the pilot that were stored before."""
    pilot_asked: int
    """Answers of the pilot that were asked for it."""
    answers: Range
    prompt_tokens: Range
    completion_tokens: Range
    dollars: Range | None
    """None where a model has no price."""
    seconds: Range | None
    """None where every answer of the pilot was stored, so that nothing was timed."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        facts = self._asdict()
        return {name: value._asdict() if isinstance(value, Range) else value for name, value in facts.items()}

    def lines(self) -> list[str]:
        """What people read."""
        said = [
            f"{self.rows_asked:,} rows asked; estimated from {self.pilot_rows:,} (90 % intervals by bootstrap)",
            _line("rows kept", self.rows_kept),
        ]
        if not self.answers.expected:
            return [*said, "  no model is asked"]
        said += [
            f"  of the {self.pilot_stored + self.pilot_asked:,} answers of these {self.pilot_stored:,} were stored",
            _line("answers", self.answers),
            _line("prompt tokens", self.prompt_tokens),
            _line("completion tokens", self.completion_tokens),
        ]
        if self.dollars is None:
            said.append("  money: unknown; give each model a price: [prompt, completion] in dollars per million tokens")
        else:
            said.append(_line("money", self.dollars, lambda dollars: amount_text(dollars, money=True)))
        if self.seconds is None:
            said.append("  time: unknown, for every answer was stored already; a larger --pilot asks some")
        else:
            said.append(_line("time", self.seconds, _duration))
        return said


class _Part(NamedTuple):
    """What the pilot saw of one generator."""

    items: int
    """In its whole work list."""
    seen: npt.NDArray[np.float64]
    """Per item run: rows kept, answers, prompt tokens, completion tokens, dollars."""
    rows: int
    answers: Counter[str]
    """That went into them, by model."""


def estimated(recipe: "Recipe", rows: int, answers: Path) -> Estimate:
    """Run some `rows` rows of the recipe and say what all of it would take.

    Raises:
        DependencyError: a library is missing.
        EngineError: a model can't be asked.
    """
    need_libraries(recipe)
    asked = rows_asked(recipe)
    with Models(recipe.engines, run=recipe.digest, answers=answers, turns=turns.of(recipe)) as models:
        work = Work(recipe.seed, recipe.generate, recipe.judge, models, gate=check_recipe(recipe).gate)
        parts = []
        for part, one in enumerate(recipe.generate):
            share = ceil(rows * cast(Generator, one.component).asked() / asked)
            parts.append(_seen(recipe, work, models, part, share))
        usages = models.usage
        models.flush()
    priced = all(model.price is not None for model in recipe.engines.values())
    totals = _totals(parts, Run(recipe.seed).random("estimate").getrandbits(64))
    fresh = sum(usage.answers + usage.unanswered for usage in usages.values())
    used = sum((part.answers for part in parts), Counter[str]())
    return Estimate(
        rows_asked=asked,
        rows_kept=totals[0],
        pilot_rows=sum(part.rows for part in parts),
        pilot_stored=sum(max(0, used[name] - usage.answers) for name, usage in usages.items()),
        pilot_asked=fresh,
        answers=totals[1],
        prompt_tokens=totals[2],
        completion_tokens=totals[3],
        dollars=totals[4] if priced and recipe.engines else None,
        seconds=_seconds(recipe, usages, used, totals[1]),
    )


def _seen(recipe: "Recipe", work: Work, models: Models, part: int, rows: int) -> _Part:
    """Run items of one generator that bring some `rows` rows."""
    generator = cast(Generator, recipe.generate[part].component)
    sizes = [item.rows for item in generator.items(Run(recipe.seed, part))]
    chosen = _places(sizes, rows, spread=not generator.replays)

    def items() -> Iterator[Item]:
        return _at(generator.items(Run(recipe.seed, part)), chosen)

    seen, made, answers = [], 0, Counter[str]()
    for group in in_passes(work, models, part, items, lambda: 1):
        for judged in group:
            made += len(judged.rows)
            used = np.array([*judged.used.values()], float).reshape(-1, 3).sum(axis=0)
            dollars = 0.0
            for name, (given, prompt, completion) in judged.used.items():
                answers[name] += given
                if price := recipe.engines[name].price:
                    dollars += (prompt * price.prompt + completion * price.completion) / 1e6
            seen.append([len(judged.rows) - len(judged.fates), *used, dollars])
    return _Part(len(sizes), np.array(seen, float).reshape(-1, 5), made, answers)


def _places(sizes: Sequence[int], rows: int, *, spread: bool) -> list[int]:
    """Which items to run: as many as bring the rows, evenly spread, or the first where each needs those before it."""
    mean = sum(sizes) / len(sizes) if sizes else 1.0
    number = min(len(sizes), max(2, ceil(rows / max(mean, 1e-9))))
    return [place * len(sizes) // number for place in range(number)] if spread else list(range(number))


def _at(items: Iterator[Item], places: Sequence[int]) -> Iterator[Item]:
    before = -1
    for place in places:
        yield from islice(items, place - before - 1, place - before)
        before = place


def _totals(parts: Sequence[_Part], seed: int) -> list[Range]:
    """Each column's total over all items, with what bootstrapped pilots would have said."""
    random = np.random.Generator(np.random.PCG64(seed))
    expected, drawn = np.zeros(5), np.zeros((DRAWS, 5))
    for items, seen, *_ in parts:
        if not len(seen):
            continue
        expected += seen.mean(axis=0) * items
        if items == len(seen):  # all of it was run: nothing is left to chance
            drawn += seen.sum(axis=0)
        else:
            picks = random.integers(len(seen), size=(DRAWS, len(seen)))
            mean = seen.mean(axis=0)
            # Means of draws from n items vary too little by this factor.
            wider = sqrt(len(seen) / max(len(seen) - 1, 1))
            drawn += (mean + (seen[picks].mean(axis=1) - mean) * wider) * items
    drawn = np.maximum(drawn, 0)
    low, high = np.percentile(drawn, [_LOW, _HIGH], axis=0)
    return [Range(*map(float, numbers)) for numbers in zip(expected, low, high, strict=True)]


def _seconds(recipe: "Recipe", usages: Mapping[str, Usage], used: Mapping[str, int], answers: Range) -> Range | None:
    """The slowest model's calls, one after another in as many lanes as it has, as quick as in the pilot.

    Models that take turns follow one another. What it takes to load them is left out: it doesn't grow with the rows.
    """
    lanes = {}
    for name, usage in usages.items():
        if new := usage.answers + usage.unanswered:
            share = max(used[name], new) / max(sum(used.values()), 1)
            lanes[name] = share * usage.seconds / new / at_once(recipe.engines[name])
    if not lanes:
        return None
    taking = turns.of(recipe)
    each = max(sum(lanes.get(name, 0.0) for name in taking), *lanes.values())
    return Range(*(each * number for number in answers))


def _line(what: str, numbers: Range, say: Callable[[float], str] = lambda number: f"{number:,.0f}") -> str:
    return f"  {what}: {say(numbers.expected)} ({say(numbers.low)} to {say(numbers.high)})"


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:,.1f} s"
