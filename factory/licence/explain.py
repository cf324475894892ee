"""What a recipe, a dataset, or licences and models by name come to: licence, duties, and what each policy says."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from factory.errors import RecipeError
from factory.licence import notice
from factory.licence.book import AND, Book, Licence, book, check
from factory.licence.gate import AUTO
from factory.licence.join import Ids, hub_id, incompatible, joined, written
from factory.licence.plan import Origin, plan
from factory.licence.policy import CODES, REFUSED, Finding, findings, refused, training_set

if TYPE_CHECKING:
    from factory.manifest import Manifest
    from factory.recipe import Recipe


class Explanation(NamedTuple):
    """What some works and models come to."""

    what: str
    license: str
    """The Hub's id; `other` where it has none."""
    computed: str
    """All that holds: one id, or several with ` AND `."""
    rows: Mapping[str, int | None]
    """Each licence of rows, with how many there are where they are made."""
    origins: Sequence[Origin]
    duties: Sequence[str]
    policies: Mapping[str, Sequence[str]]
    """What each policy refuses, as `code: what: why`; nothing where it lets all pass."""
    problem: str = ""
    """Why the declared licence does not fit."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return self._asdict() | {"origins": [origin.model_dump(mode="json") for origin in self.origins]}

    def lines(self) -> list[str]:
        """What people read."""
        found = [f"{self.what}: {self.license}" + (f" ({self.computed})" if self.computed != self.license else "")]
        found += [f"  rows under {text}" + (f": {n:,}" if n is not None else "") for text, n in self.rows.items()]
        found += [f"  {origin.role} {notice.origin_line(origin)[2:]}" for origin in self.origins]
        found += [f"  duty: {sentence}" for sentence in self.duties]
        found += [f"  problem: {self.problem}"] if self.problem else []
        for policy, reasons in self.policies.items():
            found += [f"  {policy}: refused" if reasons else f"  {policy}: lets it pass"]
            found += [f"    {reason}" for reason in reasons]
        return [*found, f"  {notice.NO_ADVICE}"]


def of_recipe(recipe: "Recipe") -> Explanation:
    """What a recipe's rows would come to, whether or not its policy lets them pass.

    Raises:
        RecipeError: it says of a model what its makers don't.
    """
    found = plan(recipe)
    tables = found.gate.tables
    held = [(text.name, finding) for text, finding in found.findings]
    texts: dict[str, int | None] = dict.fromkeys(sorted({written(text.ids) for text in found.texts}))
    problem = ""
    if recipe.license != AUTO:
        problem = incompatible(tables, check(recipe.license, recipe.licences), found.ids - found.gate.settled)
    hub = hub_id(tables, found.ids) if recipe.license == AUTO else recipe.license
    what = f"recipe {recipe.name}, policy {recipe.policy}"
    duties = notice.duty_lines(tables, found.ids)
    return Explanation(what, hub, written(found.ids), texts, found.origins, duties, _policies(held), problem)


def of_dataset(manifest: "Manifest") -> Explanation:
    """What a dataset's rows come to."""
    tables = notice.of_settings(manifest.settings)
    ids = notice.ids_of(manifest)
    held = [(text, finding) for text in manifest.licences for finding in findings(tables, tables.ids(text))]
    held += [(source, known) for source in manifest.sources if (known := training_set(source))]
    return Explanation(
        f"dataset {manifest.name}",
        manifest.license,
        written(ids),
        dict(manifest.licences),
        manifest.origins,
        notice.duty_lines(tables, ids),
        _policies(held),
    )


def of_names(names: Sequence[str]) -> Explanation:
    """What a text comes to that is written from works under these licences and by these models.

    Raises:
        RecipeError: a name is neither a licence nor a model of the tables.
    """
    tables = book()
    origins = [_named(tables, name) for name in names]
    ids = joined(tables, (one for origin in origins for one in tables.ids(origin.license)))
    held = [(" + ".join(names), finding) for finding in findings(tables, ids)]
    duties = notice.duty_lines(tables, ids)
    return Explanation(
        " + ".join(names), hub_id(tables, ids), written(ids), {written(ids): None}, origins, duties, _policies(held)
    )


def listed(tables: Book) -> list[str]:
    """Every licence in a line: id, class, name."""
    width = max(map(len, tables.licences))
    return [f"{name:{width}}  {_class(one):15}  {one.name}" for name, one in tables.licences.items()]


def listed_models(tables: Book) -> list[str]:
    """Every entry of the models in a line: licence, globs."""
    return [
        f"{entry.licence}: {', '.join(entry.match)}" + ("" if entry.confirmed else " (not confirmed)")
        for entry in tables.models
    ]


def codes() -> dict[str, tuple[str, list[str]]]:
    """Why rows are refused, and which policies refuse for it, by code."""
    return {
        code: (why, [policy for policy, refuses in REFUSED.items() if code in refuses]) for code, why in CODES.items()
    }


def is_name(target: str) -> bool:
    """Whether something is a licence or a model of the tables rather than a path."""
    tables = book()
    return not Path(target).exists() and (target in tables.licences or tables.of_model(target) is not None)


def _named(tables: Book, name: str) -> Origin:
    ids: Ids = tables.ids(name)
    if all(one in tables.licences for one in ids):
        first = tables.licence(min(ids))
        return Origin(role="source", name=name, license=written(ids), url=first.url, checked=first.date)
    if terms := tables.of_model(name):
        return Origin(
            role="model",
            name=name,
            license=terms.licence,
            url=terms.url,
            checked=terms.date,
            confirmed=terms.confirmed and all(tables.licence(one).confirmed for one in terms.licence.split(AND)),
        )
    raise RecipeError(f"{name!r} is no recipe, no dataset, no licence and no model of the tables; see: licence list")


def _policies(held: Iterable[tuple[str, Finding]]) -> dict[str, list[str]]:
    found = list(held)
    return {
        policy: list(
            dict.fromkeys(
                f"{finding.code}: {name}: {finding.why}" for name, finding in found if refused(policy, [finding])
            )
        )
        for policy in REFUSED
    }


def _class(one: Licence) -> str:
    if one.undecided:
        return "unknown"
    if one.commercial is False:
        return "non-commercial"
    if one.derivatives is False:
        return "no derivatives"
    if one.training == "no_competitors":
        return "proprietary"
    return "share-alike" if one.share_alike else "terms on models" if one.binding else "permissive"
