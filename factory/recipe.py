"""The recipe: one validated object that says what to make, from a YAML file and the flags that change it.

Everything that can be known before the first row is checked here: every setting of every component and model, the
licences, and what the components themselves say of their settings. An error is one sentence that begins with file and
line.
"""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, NonNegativeInt, PositiveInt, ValidationError

from factory import registry, strict_yaml, turns
from factory.component import Component, Generator, Part, models_named, nested
from factory.document import Document, Steps
from factory.engine import ModelSettings
from factory.errors import RecipeError
from factory.gate_settings import Decontaminate, Duplicates, NearDuplicates
from factory.leaks import Leaks
from factory.licence import written as licence_check
from factory.licence.book import Own
from factory.licence.policy import Policy
from factory.near.keys import Key
from factory.overrides import Given, overridden
from factory.part import described, misasked, misplaced
from factory.registry import Kind
from factory.settings import nearest, validated

KINDS: dict[str, Kind] = {"generate": "generators", "judge": "judges"}
"""Which components the lists of a recipe hold."""
MODELS = "models"


class Head(BaseModel):
    """What a recipe says beside its components."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-][a-z0-9._-]{0,95}$")]
    """The dataset's name: lower-case letters, digits, `.`, `_`, `-`; at most 96, the first no dot."""
    description: str = ""
    """What the dataset is for; a sentence or two for its card."""
    seed: NonNegativeInt
    """The seed of all randomness: same seed, same rows; the next seed shares none."""
    license: str
    """The Hub's licence id, such as apache-2.0 or cc-by-4.0; `auto` takes what sources and models come to."""
    policy: Policy = "open"
    """What may go in: `permissive` (no share-alike, no terms on models), `open`, `plamo`, `research` (also what may not
    be used commercially)."""
    duplicates: Duplicates = "exact"
    """Which rows are dropped as duplicates: `exact`, those with the same prompt, of pairs with the same answers too;
    `off`, none; {near: 0.8}, also those whose prompts are so similar, unless answers or numbers differ."""
    template_cap: PositiveInt | None = None
    """How many rows that are cut from one template stay, the best of them; all where nothing is said."""
    decontaminate: Decontaminate | None = None
    """Benchmarks whose texts no row may hold: {benchmarks: [mt_bench, "j*"], files: [mine.jsonl], action: reject}."""
    shard_rows: PositiveInt = 20_000
    """How many rows a Parquet file holds."""
    resident: Literal["one", "all"] = "one"
    """Which of the models that this machine runs are loaded at once: `one`, each in its turn; `all`, since they fit."""

    @property
    def near(self) -> float | None:
        """From which similarity on rows are duplicates; None where only equal ones are."""
        return self.duplicates.near if isinstance(self.duplicates, NearDuplicates) else None

    @property
    def duplicates_key(self) -> Key:
        """What of rows is compared."""
        return self.duplicates.key if isinstance(self.duplicates, NearDuplicates) else "user"

    @property
    def settles(self) -> bool:
        """Whether what stays depends on all rows, so that it is decided when all are made."""
        return self.near is not None or self.template_cap is not None


class Recipe(Head):
    """A recipe whose components are built."""

    generate: tuple[Part, ...]
    """What makes the rows, in this order."""
    judge: tuple[Part, ...] = ()
    """What says which rows are good, in this order."""
    models: dict[str, Part] = {}
    """What the components ask, by the name that they use."""
    licences: Own = Own()
    """Licences of its own."""
    folder: Path = Path()
    """Where it lies; no row and no digest depends on it."""

    @property
    def engines(self) -> dict[str, ModelSettings]:
        """The settings of each model."""
        return {name: part.component for name, part in self.models.items() if isinstance(part.component, ModelSettings)}

    @property
    def leaks(self) -> Leaks | None:
        """What looks for benchmarks."""
        return Leaks(self.decontaminate, self.folder) if self.decontaminate is not None else None

    @property
    def settings(self) -> dict[str, Any]:
        """All settings on which rows depend, as plain JSON values, defaults filled in.

        Of a model it is what it is, not how it is reached: no address, no name of a key.
        """
        unused = {name for name in ("template_cap", "decontaminate") if getattr(self, name) is None}
        unused |= {"folder", "resident"}  # where it lies and how it is run are no part of it
        unused |= set() if self.licences != Own() else {"licences"}
        head = self.model_dump(mode="json", exclude={*KINDS, MODELS} | unused)
        if self.decontaminate is not None:
            del head["decontaminate"]["folder"]  # where the benchmarks are read from, not which they are
        if self.models:
            engines = self.engines.items()
            head[MODELS] = {
                name: {"use": self.models[name].name, "license": model.license, **model.identity()}
                for name, model in engines
            }
        return head | {key: [described(part) for part in getattr(self, key)] for key in KINDS}

    @property
    def digest(self) -> str:
        """SHA-256 of the settings and of the components' data: equal for recipes that make the same rows."""
        parts = [part.component for key in KINDS for part in getattr(self, key)]
        data = [component.fingerprint() for component in parts]
        data += [inner.component.fingerprint() for component in parts for _, inner in nested(component)]
        data += [model.fingerprint() for model in self.engines.values()]
        data += [self.leaks.benchmarks.fingerprint()] if self.leaks else []
        text = json.dumps([self.settings, data], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()


class Use(BaseModel):
    """One entry of a list as written: the component's name and its settings."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    use: str
    """A file name of the folder, or their_package.module."""


class Written(Head):
    """A recipe as written."""

    generate: Annotated[list[Use], Field(min_length=1)]
    """What makes the rows, in order: a list of `use: name` with the settings of each; only factory gate needs none."""
    judge: list[Use] = []
    """What says which rows are good, in order: a list of `use: name` with the settings of each."""
    models: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")], Use] = {}
    """What the components ask: `name: {use: engine, model: id, license: id}` with the settings of the engine."""
    licences: Annotated[str, Field(min_length=1)] | Own = Own()
    """Licences that the tables lack: a YAML file beside the recipe with `licences:` and `models:`, or these here."""


def load(
    path: Path,
    overrides: Sequence[str] = (),
    given: Given | None = None,
    *,
    folder: Path | None = None,
    refuse: bool = True,
) -> Recipe:
    """The recipe in a file, with `key.path=value` changes.

    Args:
        path: the file.
        overrides: the changes.
        given: what it takes where it says nothing.
        folder: where its paths begin; the folder of the file, where nothing is said.
        refuse: whether one that its policy refuses is an error.

    Raises:
        LicenceError: its policy refuses a source or a model.
        RecipeError: it is wrong; one line with the place and what would be right.
        DependencyError: a component needs a library that is not installed.
    """
    document = strict_yaml.load(path)
    folders = {key: given.folder for key in KINDS if given and key not in document.data}
    document = given.into(document) if given else document
    here = path.parent if folder is None else folder
    for override in overrides:
        document = overridden(document, override)
    written = validated(Written, document)
    own = licence_check.own(document, written.licences)
    licence_check.declared(document, own, written.license)
    parts = {key: tuple(_parts(document, key, folders.get(key, here))) for key in KINDS}
    models = {name: part(document, "engines", (MODELS, name), here) for name in written.models}
    head = {**written.model_dump(exclude={*KINDS, MODELS, "licences"}), "folder": here}
    recipe = Recipe(**head, generate=parts["generate"], judge=parts["judge"], models=models, licences=own)
    check_models(document, recipe)
    for steps, fault in recipe.leaks.faults() if recipe.leaks else ():
        raise _at(document, ("decontaminate", *steps), fault)
    if refuse:
        licence_check.refuse(document, recipe)
    return recipe


def with_count(recipe: Recipe, count: int) -> Recipe:
    """The recipe scaled to `count` rows in all, in the same proportions; what comes to no row is left out.

    Raises:
        RecipeError: `count` is less than 1.
    """
    if count < 1:
        raise RecipeError(f"-n {count}: must be at least 1")
    asked = [_count(part) for part in recipe.generate]
    total, upto, parts = sum(asked), 0, []
    for part, own in zip(recipe.generate, asked, strict=True):
        share = (upto + own) * count // total - upto * count // total
        upto += own
        if share:
            parts.append(part._replace(component=_recounted(part, share)))
    return recipe.model_copy(update={"generate": tuple(parts)})


def rows_asked(recipe: Recipe) -> int:
    """How many rows the generators are asked for."""
    return sum(map(_count, recipe.generate))


def _count(part: Part) -> int:
    return part.component.asked() if isinstance(part.component, Generator) else 0


def _recounted(part: Part, count: int) -> Component:
    model = type(part.component)
    values = {name: getattr(part.component, name) for name in model.model_fields}
    try:
        component = model.model_validate({**values, **cast(Generator, part.component).scaled(count)})
    except ValidationError as error:
        raise RecipeError(f"-n: {part.name} can't make {count} rows: {error.errors()[0]['msg']}") from error
    component.place(part.component.beside(""))
    return component


def check_models(document: Document, recipe: Recipe, *, whole: bool = False) -> None:
    """Models are there and named, their licences known, judges in their place; `whole`: the file is one component.

    Raises:
        RecipeError: one is not; with its place.
    """
    for name, model in recipe.engines.items():
        licence_check.named(document, recipe.licences, model.license, (MODELS, name, "license"))
    known, named = list(recipe.models), set()
    for key in KINDS:
        for index, part in enumerate(getattr(recipe, key)):
            here: Steps = () if whole else (key, index)
            for steps, name in models_named(part.component):
                if name not in known:
                    there = f"there are: {', '.join(known)}" if known else "the recipe has none; add `models:`"
                    raise _at(document, (*here, *steps), f"no model {name!r}; {nearest(name, known)}{there}")
                named.add(name)
            for steps, inner in (((), part), *nested(part.component)):
                complaints = misasked(inner, recipe.engines) + inner.component.check_models(recipe.engines)
                _refuse(document, (*here, *steps), complaints)
    for list_, faults in (("judge", misplaced(recipe.generate, recipe.judge)), ("generate", turns.faults(recipe))):
        for index, fault in faults:
            raise _at(document, (list_, index), fault)
    for name in known:
        if name not in named:
            raise _at(document, (MODELS, name), "no component uses this model; name it in one, or remove it")


def _at(document: Document, steps: Steps, sentence: str) -> RecipeError:
    return RecipeError(": ".join(filter(None, (document.where(*steps), ".".join(map(str, steps)), sentence))))


def _parts(document: Document, key: str, folder: Path) -> Iterator[Part]:
    for index in range(len(document.data.get(key, ()))):
        yield part(document, KINDS[key], (key, index), folder)


def part(document: Document, kind: Kind, here: Steps, folder: Path) -> Part:
    """The component that a document describes at this place.

    Raises:
        RecipeError: there is none of that name, or its settings are wrong.
        DependencyError: it needs a library that is not installed.
    """
    name = document.value(*here, "use")
    try:
        model = registry.find(kind, name)
    except RecipeError as error:
        raise _at(document, (*here, "use"), str(error)) from error
    component = validated(model, document, here, leave_out=("use",))
    component.place(folder)
    for steps, inner in (((), Part(name, component)), *nested(component)):
        _refuse(document, (*here, *steps), inner.component.check())
    return Part(name, component)


def _refuse(document: Document, here: Steps, complaints: Sequence[str]) -> None:
    if complaints:
        more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
        raise _at(document, here, f"{complaints[0]}{more}")
