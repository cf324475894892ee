"""The licences that a recipe's file names: read, known, and let through by its policy; with file and line where not."""

from pathlib import Path
from typing import TYPE_CHECKING

from factory import strict_yaml
from factory.document import Document, Steps
from factory.errors import LicenceError, RecipeError
from factory.licence.book import Own, book, check
from factory.licence.gate import AUTO
from factory.settings import validated

if TYPE_CHECKING:
    from factory.recipe import Recipe


def own(document: Document, written: str | Own) -> Own:
    """The recipe's own licences, from the file beside it where it names one.

    Raises:
        RecipeError: the file or an entry is wrong.
    """
    if isinstance(written, str):
        written = validated(Own, strict_yaml.load(Path(document.name).parent / written))
    try:
        book(written)
    except RecipeError as error:
        raise RecipeError(_at(document, ("licences",), error)) from error
    return written


def declared(document: Document, entries: Own, name: str) -> None:
    """Refuse a `license` of the recipe that nobody knows.

    Raises:
        RecipeError: it is neither an id nor `auto`.
    """
    if name != AUTO:
        named(document, entries, name, ("license",))


def named(document: Document, entries: Own, name: str, steps: Steps) -> None:
    """Refuse a licence that nobody knows.

    Raises:
        RecipeError: there is no such id.
    """
    try:
        check(name, entries)
    except RecipeError as error:
        raise RecipeError(_at(document, steps, error)) from error


def refuse(document: Document, recipe: "Recipe") -> None:
    """Refuse a recipe whose sources and models the policy does not let pass, before anything is made or paid.

    Raises:
        LicenceError: with the code, the origin and the place.
        RecipeError: it says of a model what its makers don't.
    """
    from factory.licence import plan

    try:
        plan.check_recipe(recipe)
    except plan.Refusal as error:
        raise LicenceError(_at(document, error.steps, error)) from error
    except plan.ModelLicence as error:
        raise RecipeError(_at(document, error.steps, error)) from error


def _at(document: Document, steps: Steps, error: Exception) -> str:
    return f"{document.where(*steps)}: {'.'.join(map(str, steps))}: {error}"
