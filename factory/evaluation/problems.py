"""Problems with gold answers, from any source of rows or from the recipe that makes them.

Of rows made here the gold answer is in their meta; of others it is a column that `keep` names, the `answer` beside a
`prompt`, `question` or `problem`, the number behind `####`, or the one short line that answers the question.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from factory.errors import DatasetError, FactoryError, RecipeError
from factory.evaluation.task import DUPLICATE
from factory.preferences import prompts
from factory.preferences.prompts import Prompt
from factory.row import Pair, Row
from factory.source import files, formats, rows
from factory.source.settings import Source

RECIPES = (".yaml", ".yml")
ANSWER = "answer"
"""Where gold answers are, in meta and in files."""
ASKED = ("prompt", "question", "problem")
SHORT = 100
"""Characters of an answer that is a result and no working."""
MOST = 100_000
"""Problems of one task, at most: they are all kept in memory."""


def read(
    settings: Source, path: Path, count: int | None, by: Sequence[str], who: str
) -> tuple[tuple[Prompt, ...], Counter[str]]:
    """The problems, each once, and how many records are left out, by reason.

    Args:
        settings: the source; of one that is a recipe its `source` alone matters.
        path: that `source`, from the evaluation's folder on.
        count: how many to take, at most.
        by: columns that are kept where they are there, so that figures can be told apart by them.
        who: the task, for errors.

    Raises:
        FactoryError: they can't be read, there are none, or too many.
    """
    if path.suffix in RECIPES:
        found: Iterator[Prompt] | list[Prompt] = [prompts.prompt_of(made) for made in _made(path, count)]
    else:
        found = (
            _with_answer(item.payload) for item in prompts.read(_filled(settings, path, by), path, who).items(count)
        )
    kept: dict[str, Prompt] = {}
    refused: list[str] = []
    left_out: Counter[str] = Counter()
    for prompt in found:
        if prompt.refused:
            refused.append(prompt.refused[0].reason)
            left_out["unreadable_record"] += 1
        else:
            left_out[DUPLICATE] += int(prompt.id in kept)
            kept.setdefault(prompt.id, prompt)
        if len(kept) > MOST:
            raise RecipeError(f"source: {settings.source} holds more than {MOST:,} questions; set `count`")
    if not kept:
        why = f": {len(refused):,} records can't be read ({refused[0]})" if refused else ""
        raise DatasetError(f"source: {settings.source} holds no question{why}")
    return tuple(kept.values()), +left_out


def _filled(settings: Source, path: Path, by: Sequence[str]) -> Source:
    """The settings with what goes without saying of a file of problems and answers."""
    settings = settings.model_copy(update={"license": settings.license or "other"})  # nothing here is passed on
    if not path.is_file() or not files.suffix_of(path.name):
        return settings
    there = files.head(path).columns
    own = set(there) >= rows.OWN  # rows made here bring their meta along
    keep = [*settings.keep, *(kind for kind in by if kind in there and not own)]
    asked = next((name for name in ASKED if name in there), "")
    columns = settings.columns
    if ANSWER in there and asked and not (settings.format or columns or formats.recognised(there)):
        keep, columns = [*keep, ANSWER], {"prompt": asked}
    return settings.model_copy(update={"columns": columns, "keep": tuple(dict.fromkeys(keep))})


def _with_answer(problem: Prompt) -> Prompt:
    """The problem, whose gold answer may be the short line behind it."""
    if ANSWER in problem.meta or len(problem.answer) != 1:
        return problem
    text = problem.answer[0].content.strip()
    if not text or "\n" in text or len(text) > SHORT:
        return problem
    return problem._replace(meta={**problem.meta, ANSWER: text})


def fingerprint(problems: tuple[Prompt, ...]) -> str:
    """A hash of what is asked, and of all that is known of it."""
    digest = sha256()
    for problem in problems:
        digest.update(json.dumps([problem.id, dict(problem.meta)], sort_keys=True, default=str).encode())
    return digest.hexdigest()


@lru_cache(maxsize=8)
def _made(path: Path, count: int | None) -> list[Row | Pair]:
    """What a recipe makes; it asks no model, so that the problems are the same each time."""
    from factory import pipeline, recipe

    try:
        plan = recipe.load(path)
        if plan.models:
            raise RecipeError("it asks models; make the dataset first, and name its folder")
        return list(pipeline.preview(plan, count or recipe.rows_asked(plan)))
    except FactoryError as error:
        raise type(error)(f"source: {path}: {error}") from error
