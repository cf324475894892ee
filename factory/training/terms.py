"""The licence of a trained model: that of the model it began as, and what the data asks of models trained on it.

Whether a model is a derivative of its data is for lawyers; what the makers of models ask of others that learn from
their outputs is in their terms, and binds: a name that begins with "Llama", "Built with Llama", an acceptable-use
policy. An engineering summary, not legal advice.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from factory.errors import LicenceError, RecipeError
from factory.licence.book import UNKNOWN, Book, book, check
from factory.licence.derived import misnamed, shown
from factory.licence.gate import of_model
from factory.licence.inherited import promises_more, with_declared
from factory.licence.join import Ids, conflict, hub_id, joined
from factory.licence.notice import duty_lines
from factory.training.recipe import TrainingRecipe
from factory.training.settings import Start
from factory.training.sources import Dataset


class Terms(NamedTuple):
    """What holds for the model that comes out."""

    license: str
    """The Hub's id, `other` where there is none for all that holds."""
    ids: Ids
    """The licences that it is under."""
    duties: tuple[str, ...]
    """What has to be done by whoever passes it on, one sentence each."""


def of_start(recipe: TrainingRecipe, start: Start, folder: Path, steps: tuple[str, ...], inherited: str) -> Ids:
    """The licences of a model to begin with: what the recipe says, its own training.json, or the table of models.

    Raises:
        RecipeError: nobody knows it, or the recipe says less than its makers do.
        LicenceError: the recipe says less than the manifest in its folder.
    """
    tables = book()
    said = start.license or inherited
    terms = tables.of_model(start.source)
    if not said and terms is None:
        sentence = f"the licence of {start.source} is not known; set `license` to its Hub id, as apache-2.0"
        raise RecipeError(recipe.at(steps, sentence))
    try:
        for name in tables.ids(said) if said else ():
            check(name)
    except RecipeError as error:
        raise RecipeError(recipe.at((*steps, "license"), str(error))) from error
    if fault := promises_more(tables, start.license, inherited):
        raise LicenceError(recipe.at((*steps, "license"), fault))
    if inherited:
        return with_declared(tables, start.license, inherited)
    if folder.exists() or not said:
        return tables.ids(said or (terms.licence if terms else UNKNOWN))
    found, fault = of_model(tables, start.source, said)
    if fault:
        raise RecipeError(recipe.at((*steps, "license"), fault))
    return tables.ids(found)


def of_result(recipe: TrainingRecipe, start: Ids, datasets: Iterable[Dataset]) -> Terms:
    """What holds for the model that the recipe makes.

    Raises:
        LicenceError: no model may be made of these, or its name doesn't begin as a licence asks.
    """
    tables = book()
    binding: set[str] = set()
    said: list[str] = []
    for dataset in datasets:
        ids = frozenset(name for text in dataset.licenses for name in dataset.tables.ids(text))
        binding |= {name for name in ids if dataset.tables.licence(name).training != "free"}
        said += duty_lines(dataset.tables, ids)
    for name in sorted(start):
        if tables.licence(name).derivatives is False:
            sentence = f"L002: {name} allows no changed works, and a trained model is one; take another model"
            raise LicenceError(recipe.at(("model",), sentence))
    ids = joined(tables, start | binding)
    if fault := conflict(tables, ids):
        raise LicenceError(recipe.at(("model",), f"no model can be under all of these: {fault}"))
    if fault := misnamed(tables, ids, recipe.settings.name):
        raise LicenceError(recipe.at(("name",), fault))
    lines = [line.replace("trained on the rows", "trained on the data") for line in said]
    return Terms(hub_id(tables, ids), ids, tuple(dict.fromkeys([*_of_start(tables, start), *lines])))


def _of_start(tables: Book, start: Ids) -> Sequence[str]:
    """What the model it began as asks of its derivatives."""
    found = [tables.licence(name) for name in sorted(start)]
    return [*(f"The model stays under {one.name} ({one.id}): {one.url}" for one in found), *shown(found)]
