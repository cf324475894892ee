"""Twins of benchmarks: their prompts in another language, so that copies in that language are found as well.

A recipe's `translate` does it, with its model, glossary and checks: the prompts go through it as rows. What it refuses
has no twin, and is counted by its reason. The file says of each prompt which benchmark's it is, so that
`decontaminate: {files: [twins.jsonl]}` and `factory leaks -f` tell a copy as that benchmark, `translated`.

What it leaves out: wordings other than the model's own; a copy that somebody else has translated is found as far as it
has the same words.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

import orjson

from factory import durable
from factory.component import Generator, Item, Part
from factory.decontaminate import prompts, registry
from factory.decontaminate.prompts import Prompt
from factory.errors import RecipeError
from factory.models import Models
from factory.passes import in_passes
from factory.recipe import Recipe
from factory.row import Message, Row
from factory.translation.settings import Translation
from factory.work import Work

GROUP = 256


class Twin(NamedTuple):
    """A prompt and its translation."""

    prompt: Prompt
    text: str
    """Empty where there is none."""
    reason: str = ""
    """Why there is none."""


def translation_of(recipe: Recipe) -> tuple[Part, Translation]:
    """What a recipe translates with.

    Raises:
        RecipeError: it translates nothing.
    """
    for part in recipe.generate:
        if isinstance(part.component, Translation):
            return part, part.component
    raise RecipeError(f"the recipe {recipe.name!r} translates nothing; give one with `use: translate` under generate")


def prompts_of(names: Sequence[str], folder: Path | None) -> list[Prompt]:
    """The prompts of benchmarks, by names and globs; not those of their twins.

    Raises:
        RecipeError: a name is not known.
        DatasetError: a benchmark can't be read.
    """
    chosen = [name for name, twin_of in registry.chosen(names).items() if not twin_of]
    return [prompt for name in chosen for prompt in prompts.of_benchmark(name, folder)]


def twins(recipe: Recipe, found: Sequence[Prompt], models: Models) -> Iterator[list[Twin]]:
    """The translations of prompts, in their order; some at a time.

    Raises:
        RecipeError: the recipe translates nothing.
        EngineError: the model can't be asked any more.
        BudgetSpent: the budget allows no further call; what was answered is stored.
    """
    part, _ = translation_of(recipe)
    groups = list(_conversations(found))
    work = Work(recipe.seed, (Part(part.name, cast(Generator, part.component)),), (), models)
    place = 0
    for group in in_passes(work, models, 0, partial(_items, groups), lambda: GROUP):
        done: list[Twin] = []
        for judged in group:
            row = cast(Row, judged.rows[0])
            said = row.verdicts[-1]
            texts = [turn.content if said.passed else "" for turn in row.messages]
            done += [Twin(*both, said.reason) for both in zip(groups[place], texts, strict=True)]
            place += 1
        yield done


def write(path: Path, found: Sequence[Twin], language: str) -> None:
    """The twins as a benchmark's file, whole or not at all.

    Raises:
        DatasetError: it can't be written.
    """
    lines = [
        orjson.dumps({
            "benchmark": prompt.benchmark, "id": prompt.id, "prompt": text, "answers": prompt.answers,
            "follow_up": prompt.follow_up, prompts.TWIN_OF: prompt.benchmark, "language": language,
        }, option=orjson.OPT_APPEND_NEWLINE)
        for prompt, text, _ in found if text
    ]  # fmt: skip
    with durable.disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write(path, b"".join(lines))


def _conversations(found: Sequence[Prompt]) -> Iterator[list[Prompt]]:
    """Prompts with the follow-ups that come after them."""
    group: list[Prompt] = []
    for prompt in found:
        if group and not prompt.follow_up:
            yield group
            group = []
        group.append(prompt)
    if group:
        yield group


def _items(groups: Sequence[Sequence[Prompt]]) -> Iterator[Item]:
    for number, group in enumerate(groups):
        benchmark = group[0].benchmark
        turns = tuple(Message("user", prompt.text) for prompt in group)
        license = registry.table()[benchmark.removesuffix(registry.TRAIN)].licence
        yield Item(f"{number}/{benchmark}/{group[0].id}", 1, Row(turns, license, benchmark, "benchmark"))
