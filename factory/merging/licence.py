"""The licence of a merged model: the join of its parents', of which it is a derivative; and what has to be done for it.

An engineering summary, not legal advice.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from factory.errors import LicenceError
from factory.licence import gate, notice
from factory.licence.book import Book, Licence, book, check
from factory.licence.derived import misnamed, shown
from factory.licence.inherited import of_folder, promises_more, with_declared
from factory.licence.join import conflict, hub_id, incompatible, joined, written
from factory.merging.parents import located
from factory.merging.recipe import MergeRecipe


class Terms(NamedTuple):
    """Under what the merged model is."""

    license: str
    """The Hub's id; `other` where it has none."""
    computed: str
    """All that holds: one id, or several with ` AND `."""
    parents: dict[str, str]
    """The licence of each model by its name in the recipe."""
    duties: tuple[str, ...]
    """What has to be done by whoever passes it on."""
    text: str
    """What LICENSE says."""


def terms(recipe: MergeRecipe) -> Terms:
    """What the models' licences come to.

    Raises:
        RecipeError: the recipe says of a model what its makers don't.
        LicenceError: no model may be made of these, or not under the licence or the name that the recipe says.
    """
    tables = book(recipe.licences)
    texts: dict[str, str] = {}
    for name in recipe.models:
        texts[name] = _of_parent(recipe, tables, name)
    ids = joined(tables, (one for text in texts.values() for one in tables.ids(text)))
    for name, text in texts.items():
        for said in sorted(tables.ids(text)):
            if tables.licence(said).derivatives is False:
                place = recipe.place("models", name, "license")
                raise LicenceError(f"{place}: {said} allows no changed works, and a merge is one; take another model")
    if fault := conflict(tables, ids):
        raise LicenceError(f"{recipe.place('models')}: no model can be under all of these: {fault}")
    license = hub_id(tables, ids)
    if recipe.head.license != gate.AUTO:
        if fault := incompatible(tables, check(recipe.head.license, recipe.licences), ids):
            raise LicenceError(f"{recipe.place('license')}: {fault}")
        license = recipe.head.license
    if fault := misnamed(tables, ids, recipe.head.name):
        raise LicenceError(f"{recipe.place('name')}: {fault}")
    found = [tables.licence(one) for one in sorted(ids)]
    sentences = tuple(dict.fromkeys(_duties(found)))
    return Terms(license, written(ids), texts, sentences, _text(recipe.head.name, tables, license, found))


def _of_parent(recipe: MergeRecipe, tables: Book, name: str) -> str:
    """Under what a model is: what the recipe says, and at least what the manifest in its folder does."""
    one = recipe.models[name]
    inherited = of_folder(located(recipe, name))
    if not (one.license or inherited):
        raise recipe.wrong("is missing; write the Hub's id of the model's licence", "models", name, "license")
    if fault := promises_more(tables, one.license, inherited):
        raise LicenceError(f"{recipe.place('models', name, 'license')}: {fault}")
    if inherited:
        return written(with_declared(tables, one.license, inherited))
    text, fault = gate.of_model(tables, one.model, one.license)
    if fault:
        raise recipe.wrong(fault, "models", name, "license")
    return text


def _duties(found: list[Licence]) -> Iterator[str]:
    """What has to be done, one sentence each."""
    if any(one.attribution for one in found):
        yield "Name the models above with their licences, and keep their notices."
    for one in found:
        if one.undecided:
            yield f"Read the terms of {one.id}: the table doesn't say what they allow."
        if one.share_alike:
            yield f"Pass the model on only under the same licence ({one.id})."
        if one.commercial is False:
            yield f"Make no commercial use of the model ({one.id})."
        if one.name_prefix:
            yield f"Keep a name that begins with {one.name_prefix!r} ({one.id})."
        yield from shown([one])


def _text(name: str, tables: Book, license: str, found: list[Licence]) -> str:
    """The licence by name, SPDX id and address; its text where that has to go with every copy."""
    head = f"{name} is merged from models under the following licences, which all hold:\n\n"
    head += "".join(f"- {one.name} (SPDX {one.spdx}): {one.url}\n" for one in found)
    chosen = tables.licence(license)
    if license != "other":
        head += f"\nIt is licensed under {chosen.name}.\n\nSPDX-License-Identifier: {chosen.spdx}\nText: {chosen.url}\n"
    texts = Path(notice.__file__).with_name("texts")
    for one in dict.fromkeys(([chosen] if license != "other" else []) + found):
        if (path := texts / f"{one.id}.txt").is_file():
            head += f"\n{path.read_text(encoding='utf-8')}"
    return head
