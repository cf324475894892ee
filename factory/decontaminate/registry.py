"""The benchmarks that are known by name: what `factory/benchmarks.yaml` says of each.

A name is a benchmark's test set; `NAME:train` is its training set, for those who may not train on it either (GENIAC
forbade Jaster's). A glob such as `j*` names several test sets.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from factory import strict_yaml
from factory.errors import RecipeError

TRAIN = ":train"
_TABLE = Path(__file__).parent.parent / "benchmarks.yaml"


class HubSplit(BaseModel):
    """Where a set lies on the Hub."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    config: str = "default"
    """The configuration, or a glob of several."""
    split: str = "test"
    train: str = ""
    """The split of the training set; empty where there is none."""


class Columns(BaseModel):
    """Where a record says what; a path as `turns.content` goes into records and into each of a list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: tuple[str, ...] = ()
    """Joined by `/`; empty = the record's number."""
    prompt: tuple[str, ...] = ()
    """Texts that make one prompt together."""
    turns: tuple[str, ...] = ()
    """Or where to look for a list of texts, each a prompt of its own; all but the first are follow-ups."""
    answers: tuple[str, ...] = ()
    """What near a short prompt proves that it is no coincidence."""
    cut: tuple[str, ...] = ()
    """Frames around the prompt, cut off before it is compared."""


class Benchmark(BaseModel):
    """One benchmark."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    licence: str
    """Its Hub id."""
    url: str
    hub: HubSplit | None = None
    files: tuple[str, ...] = ()
    """Globs below a folder of benchmarks; all files that match are the test set."""
    train_files: tuple[str, ...] = ()
    columns: Columns
    twins: tuple[str, ...] = ()
    """Benchmarks that are its translations, or of which it is one."""


@cache
def table() -> dict[str, Benchmark]:
    """Every benchmark by its name."""
    document = strict_yaml.load(_TABLE)
    return {name: Benchmark.model_validate(facts) for name, facts in document.data.items()}


def chosen(names: Sequence[str]) -> dict[str, str]:
    """The benchmarks that names and globs mean, in order of their names, then the twins that they don't mean.

    Returns:
        By name (`gsm8k`, `gsm8k:train`) the benchmark whose translation it was added as, or `""`.

    Raises:
        RecipeError: a name means nothing.
    """
    found: dict[str, str] = {}
    for asked in names:
        plain = asked.removesuffix(TRAIN)
        matches = [name for name in table() if fnmatchcase(name, plain)]
        if asked.endswith(TRAIN):
            matches = [name + TRAIN for name in matches if _trains(table()[name])]
        if not matches:
            raise RecipeError(_unknown(asked))
        found |= dict.fromkeys(matches, "")
    found = dict(sorted(found.items()))
    for name in list(found):
        for twin in table()[name].twins if name in table() else ():
            found.setdefault(twin, name)
    return found


def training_set(repository: str, split: str) -> str | None:
    """The benchmark whose training set is that split of that dataset of the Hub."""
    for name, benchmark in table().items():
        hub = benchmark.hub
        if hub and hub.train and hub.id.lower() == repository.lower() and split == hub.train:
            return name
    return None


def _trains(benchmark: Benchmark) -> bool:
    return bool(benchmark.train_files or (benchmark.hub and benchmark.hub.train))


def _unknown(asked: str) -> str:
    from difflib import get_close_matches

    plain = asked.removesuffix(TRAIN)
    if plain in table():
        return f"benchmark {asked!r}: no training set of {plain} is known; give its file instead"
    near = get_close_matches(plain, table(), n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are: {', '.join(table())}"
    return f"benchmark {asked!r} is not known; {hint}"
