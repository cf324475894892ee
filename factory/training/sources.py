"""The datasets of a training recipe, opened and let in or refused, before any model is loaded.

A folder has to be a finished dataset (a file without a manifest has been through no judge, no licence gate and no
search for benchmarks); of a Hub id only its card is known. Refused are rows of the wrong kind, licences that the
policy does not let into a model that is passed on, and data in which no benchmark was looked for.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, NoReturn

from factory.errors import DatasetError, LicenceError, RecipeError
from factory.licence import notice
from factory.licence.book import Book, book
from factory.licence.policy import CODES, REFUSED, Finding, findings, refused, training_set
from factory.manifest import MANIFEST, Manifest, read_manifest
from factory.source import mixture, sources
from factory.training.recipe import TrainingRecipe
from factory.training.settings import NOT_DECONTAMINATED, Portion, Stage

_OF_MAKERS = ("L005", "L007")
"""Findings that a maker's own models are free of: Llama's outputs may improve Llama."""
_RIGHT = {"rows": "sft", "pairs": "dpo or reward"}
_CALLED = {"conversations": "conversations", "pairs": "preference pairs", "prompts": "prompts alone"}


class Dataset(NamedTuple):
    """One dataset that may be trained on."""

    portion: Portion
    source: sources.Opened
    manifest: Manifest | None
    """Of a dataset made here."""
    sha256: str
    """Of its manifest, or of the commit and card of a Hub id."""
    tables: Book
    """The licences that it names."""

    @property
    def name(self) -> str:
        """As the card of the model says it."""
        return self.source.label

    @property
    def licenses(self) -> tuple[str, ...]:
        """Those of its rows."""
        if self.manifest is not None:
            return tuple(self.manifest.licences) or (self.manifest.computed_license or self.manifest.license,)
        return tuple(self.source.licenses)

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """Those that were looked for in it."""
        return tuple(self.manifest.benchmarks) if self.manifest is not None else ()

    @property
    def part(self) -> mixture.Part:
        """What it is to a mix."""
        return mixture.Part(self.source, self.portion.weight, None)


def opened(recipe: TrainingRecipe, own: frozenset[str] = frozenset()) -> list[list[Dataset]]:
    """The datasets of each stage.

    Args:
        recipe: the training recipe.
        own: the licences of the model that is trained; what its makers ask of others does not bind it.

    Raises:
        DatasetError: one is unfinished, damaged or can't be read.
        RecipeError: one is of the wrong kind, or was not decontaminated.
        LicenceError: the policy does not let one in.
    """
    return [
        [_admitted(recipe, own, stage, number, place) for place in range(len(stage.datasets))]
        for number, stage in enumerate(recipe.settings.parts)
    ]


def _admitted(recipe: TrainingRecipe, own: frozenset[str], stage: Stage, number: int, place: int) -> Dataset:
    portion = stage.datasets[place]
    steps = recipe.dataset_steps(number, place)
    try:
        found = _opened(portion, recipe.trainer.beside(portion.source))
        brings = found.source.reading.brings
    except (DatasetError, RecipeError) as error:
        raise type(error)(recipe.at(steps, str(error))) from error
    takes = recipe.settings.takes
    if (brings == "pairs") != (takes == "pairs") or brings == "prompts":
        right = f"; `use: {recipe.use}` takes {_CALLED['pairs' if takes == 'pairs' else 'conversations']}"
        other = {"pairs": f", {_RIGHT['pairs']} these", "conversations": f", {_RIGHT['rows']} these"}.get(brings, "")
        raise RecipeError(recipe.at(steps, f"{portion.source} holds {_CALLED[brings]}{right}{other}"))
    _licensed(recipe, own, steps, found)
    if NOT_DECONTAMINATED not in recipe.settings.allow and (fault := contaminated(found)):
        way = f"or set `allow: [{NOT_DECONTAMINATED}]`"
        raise RecipeError(recipe.at(steps, f"{portion.source}: {fault}, {way}"))
    return found


def _opened(portion: Portion, path: Path) -> Dataset:
    if not path.exists():
        found = sources.opened(portion, path, "train")
        if not found.listing.revision:
            raise DatasetError(f"{path} is no dataset; give the folder of a finished one, or a Hub id")
        return Dataset(portion, found, None, found.digest, book())
    if not path.is_dir():
        raise DatasetError(f"{path} is a file; make a dataset of it: factory gate {path} -r GATE.yaml -o FOLDER")
    manifest = read_manifest(path)
    for file in manifest.shards:
        if not file.whole(path):
            raise DatasetError(f"{path / file.file} is damaged or gone; make the dataset again")
    if not manifest.rows_kept:
        raise DatasetError(f"{path} holds no rows; nothing can be learnt from it")
    digest = sha256((path / MANIFEST).read_bytes()).hexdigest()
    tables = notice.of_settings(manifest.settings)
    return Dataset(portion, sources.opened(portion, path, "train"), manifest, digest, tables)


def contaminated(dataset: Dataset) -> str:
    """Why it may hold benchmarks, in words; empty where they were looked for and dropped."""
    if dataset.manifest is None:
        return (
            "nobody here looked for benchmarks in it; let it pass a gate with `decontaminate`: "
            "factory gate ID -r GATE.yaml -o FOLDER"
        )
    if not dataset.benchmarks:
        return "no benchmark was looked for when it was made; make it with `decontaminate` in its recipe"
    kept = [name for name, one in dataset.manifest.benchmarks.items() if sum(one.rows.values())]
    action = (dataset.manifest.settings.get("decontaminate") or {}).get("action")
    if kept and action != "reject":
        return (
            f"rows that hold texts of {kept[0]} were found and kept; make it with `decontaminate: {{action: reject}}`"
        )
    return ""


def _licensed(recipe: TrainingRecipe, own: frozenset[str], steps: tuple[str | int, ...], found: Dataset) -> None:
    policy = recipe.settings.policy
    for text, finding in _findings(found):
        if finding.code in _OF_MAKERS and finding.culprit in own:
            continue
        if refused(policy, [finding]):
            _refuse(recipe, steps, found, text, finding)


def _findings(found: Dataset) -> Iterator[tuple[str, Finding]]:
    """What holds against each licence of the rows; rows of one dataset may well differ."""
    for text in found.licenses:
        yield from ((text, finding) for finding in findings(found.tables, found.tables.ids(text)))
    names = [*(found.manifest.sources if found.manifest else ()), found.portion.source]
    yield from ((name, finding) for name in names if (finding := training_set(name)))


def _refuse(
    recipe: TrainingRecipe, steps: tuple[str | int, ...], found: Dataset, text: str, finding: Finding
) -> NoReturn:
    lets = [name for name, codes in REFUSED.items() if finding.code not in codes]
    other = f", or set `policy: {lets[0]}`" if lets else ""
    rows = found.manifest.licences.get(text) if found.manifest else None
    which = f"{rows:,} rows under {text}" if rows else text
    raise LicenceError(
        recipe.at(
            steps,
            f"{finding.code} ({CODES[finding.code]}): {found.portion.source}: {which}: {finding.why}; the policy "
            f"{recipe.settings.policy!r} lets no model that is passed on learn from it: make the dataset without "
            f"them{other}",
        )
    )
