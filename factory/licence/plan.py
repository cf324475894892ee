"""The licences of a recipe before anything is made: what its rows would come from, and whether the policy lets them.

A row is taken to come from one source of its generator and from all models that the generator names, whichever of them
write it in the end. A judge's model counts where the judge says that it keeps the model's words (`keeps_text`);
else its terms are only reported.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from pydantic import BaseModel, ConfigDict

from factory.component import Component, Generator, Judge, Part, models_named, nested
from factory.errors import LicenceError, RecipeError
from factory.licence.book import AND, UNKNOWN, Book, book, check
from factory.licence.gate import AUTO, MODELS, Gate, of_model
from factory.licence.join import Ids, hub_id, incompatible, joined, written
from factory.licence.policy import REFUSED, Finding, Policy, findings, refused, training_set

if TYPE_CHECKING:
    from factory.engine import ModelSettings
    from factory.recipe import Recipe

Steps = tuple[str | int, ...]
Role = Literal["source", "model", "judge"]


class Origin(BaseModel):
    """One work or model that rows come from, or that judges them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    name: str
    """The source, or the model as rows name it."""
    license: str
    """One id, or several with ` AND `."""
    url: str = ""
    """Where its licence is said."""
    checked: date | None = None
    """When that was read."""
    confirmed: bool = True
    """False where nobody has read it there."""


class Text(NamedTuple):
    """One kind of rows: where the recipe asks for it, and the join of its licences."""

    steps: Steps
    ids: Ids
    sources: Ids
    """The part that comes from works."""
    name: str


class Refused(NamedTuple):
    """Something that a policy refuses, and where it comes from."""

    steps: Steps
    finding: Finding
    origin: str


class Plan(NamedTuple):
    """What is known of a recipe's licences."""

    origins: tuple[Origin, ...]
    texts: tuple[Text, ...]
    gate: Gate

    @property
    def ids(self) -> Ids:
        """The join of all rows."""
        return joined(self.gate.tables, (name for text in self.texts for name in text.ids))

    @property
    def findings(self) -> Iterator[tuple[Text, Finding]]:
        """What holds against the rows, whichever policy asks."""
        for text in self.texts:
            yield from ((text, finding) for finding in findings(self.gate.tables, text.ids))
            if known := training_set(text.name):
                yield text, known


def plan(recipe: "Recipe") -> Plan:
    """The licences of a recipe.

    Raises:
        RecipeError: it says of a model what its makers don't, or an own entry is wrong.
        DatasetError: a source can't be read.
    """
    tables = book(recipe.licences)
    outputs = {name: _output(tables, name, model) for name, model in recipe.engines.items()}
    kept = {name for part in _judges(recipe) if _keeps_text(part.component) for name in _names(part.component)}
    gate = Gate(
        policy=recipe.policy,
        declared=recipe.license,
        models=_by_label(recipe, outputs),
        kept_texts=AND.join(sorted({text for name in kept for text in outputs[name].split(AND)})),
        own=recipe.licences,
    )
    texts = tuple(_texts(recipe, gate, outputs))
    of_works = frozenset(name for text in texts for name in text.sources)
    free = {name for text in outputs.values() for name in tables.ids(text) if tables.licence(name).permissive}
    origins = (*_sources(recipe, tables), *_models(recipe, tables, outputs, kept))
    return Plan(origins, texts, _settled(gate, frozenset(free) - of_works))


def check_recipe(recipe: "Recipe") -> Plan:
    """The licences of a recipe that may run.

    Raises:
        Refusal: the policy refuses a source or model, or the recipe's `license` promises more than they allow.
        RecipeError: it says of a model what its makers don't, or names a licence that nobody knows.
    """
    if recipe.license != AUTO:
        check(recipe.license, recipe.licences)
    found = plan(recipe)
    for text, finding in found.findings:
        if refused(recipe.policy, [finding]):
            steps, origin = _culprit(recipe, found, text, finding)
            raise Refusal(steps, f"{finding.code}: {origin}: {finding.why}; {_way_out(recipe.policy, finding.code)}")
    if recipe.license != AUTO:
        tables = found.gate.tables
        for text in found.texts:
            if fault := incompatible(tables, check(recipe.license, recipe.licences), text.ids - found.gate.settled):
                raise Refusal(("license",), f"L011: {text.name}: {fault}")
    return found


class Refusal(LicenceError):
    """The policy refuses a recipe."""

    def __init__(self, steps: Steps, message: str) -> None:
        """Keep the place in the recipe."""
        super().__init__(message)
        self.steps = steps


def computed(found: Plan, licences: Iterable[str]) -> tuple[str, str]:
    """The Hub id of a dataset whose rows say these licences, and all that holds for them as text.

    Where there are no rows, they are those that the recipe would make.
    """
    tables = found.gate.tables
    ids = joined(tables, (name for text in licences for name in tables.ids(text))) or found.ids
    return hub_id(tables, ids), written(ids)


def _output(tables: Book, name: str, model: "ModelSettings") -> str:
    license, fault = of_model(tables, model.model, model.license)
    if not fault and model.license == "other" and license != of_model(book(), model.model, "other")[0]:
        fault = f"write {license!r}, as `licences:` says of {model.model}"
    if fault:
        raise ModelLicence(("models", name, "license"), fault)
    return license


class ModelLicence(RecipeError):
    """A recipe says of a model what its makers don't."""

    def __init__(self, steps: Steps, message: str) -> None:
        """Keep the place in the recipe."""
        super().__init__(message)
        self.steps = steps


def _texts(recipe: "Recipe", gate: Gate, outputs: dict[str, str]) -> Iterator[Text]:
    """What each generator would write."""
    tables = gate.tables
    for place, part in enumerate(recipe.generate):
        names = _names(part.component)
        labels = MODELS.join(dict.fromkeys(recipe.engines[name].label for name in names))
        said = str(getattr(part.component, "license", ""))
        own = AND.join(sorted({text for name in names for text in outputs[name].split(AND)}))
        steps: Steps = ("generate", place)
        works = cast(Generator, part.component).sources()
        if not works and (said or own):
            ids = gate.row_ids(said or own, labels)
            yield Text(steps, ids, tables.ids(said) if said else frozenset(), part.name)
        for work in works:
            writers = MODELS.join(filter(None, (labels, *work.models)))
            for license in sorted(set(work.licenses)):
                text = said or license or UNKNOWN
                yield Text(steps, gate.row_ids(text, writers), tables.ids(text), work.name)


def _culprit(recipe: "Recipe", found: Plan, text: Text, finding: Finding) -> tuple[Steps, str]:
    """Where the recipe names what is refused, and what it is."""
    for name, model in recipe.engines.items():
        if finding.culprit in found.gate.tables.ids(found.gate.models[model.label]) - text.sources:
            return ("models", name, "license"), model.label
    return text.steps, text.name


def _way_out(policy: Policy, code: str) -> str:
    lets = [name for name, codes in REFUSED.items() if code not in codes]
    other = f", or set `policy` to {' or '.join(lets)}" if lets else ""
    return f"the policy {policy!r} refuses it: take another source or model{other}"


def _sources(recipe: "Recipe", tables: Book) -> Iterator[Origin]:
    seen: dict[str, set[str]] = {}
    for part in recipe.generate:
        said = str(getattr(part.component, "license", ""))
        for work in cast(Generator, part.component).sources():
            ids = {name for text in work.licenses for name in tables.ids(text or said or UNKNOWN)}
            seen.setdefault(work.name, set()).update(ids)
            for model in work.models:
                if terms := tables.of_model(model):
                    seen[work.name] |= tables.ids(terms.licence)
    for name, ids in sorted(seen.items()):
        yield Origin(role="source", name=name, license=written(ids), **_read(tables, ids))


def _models(recipe: "Recipe", tables: Book, outputs: dict[str, str], kept: set[str]) -> Iterator[Origin]:
    writers = kept.union(*(_names(part.component) for part in recipe.generate))
    for name, model in sorted(recipe.engines.items()):
        terms = tables.of_model(model.model)
        facts = _read(tables, tables.ids(outputs[name])) | {"checked": None}  # as the recipe says
        if terms:
            facts = {"url": terms.url, "checked": terms.date, "confirmed": terms.confirmed and facts["confirmed"]}
        role: Role = "model" if name in writers else "judge"
        yield Origin(role=role, name=model.label, license=outputs[name], **facts)


def _read(tables: Book, ids: Iterable[str]) -> dict[str, Any]:
    """Where the licences are said and when they were read."""
    found = [tables.licence(name) for name in sorted(ids)]
    return {
        "url": found[0].url if found else "",
        "checked": min((one.date for one in found if one.date != date.min), default=None),
        "confirmed": all(one.confirmed and one.date != date.min for one in found),
    }


def _by_label(recipe: "Recipe", outputs: dict[str, str]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for name, model in recipe.engines.items():
        found.setdefault(model.label, set()).update(outputs[name].split(AND))
    return {label: AND.join(sorted(texts)) for label, texts in found.items()}


def _names(component: Component) -> list[str]:
    return [name for _, name in models_named(component, inside=False)]


def _judges(recipe: "Recipe") -> Iterator[Part]:
    """Those of the recipe, and those inside its generators' settings."""
    yield from recipe.judge
    for part in recipe.generate:
        yield from (inner for _, inner in nested(part.component))


def _keeps_text(component: Component) -> bool:
    return isinstance(component, Judge) and component.keeps_text


def _settled(gate: Gate, settled: Ids) -> Gate:
    return Gate(gate.policy, gate.declared, gate.models, gate.kept_texts, settled, gate.own)
