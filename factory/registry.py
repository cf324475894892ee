"""Components by file name: `use: math` is `generators/math.py`, `use: their_package.module` is anyone's module.

Engines are found the same way: their settings are what a file of `factory/engines/` defines. So are the tasks of
evaluations, the files of `factory/evaluation/tasks/`: what makes the rows there are the answers that are judged.

Nothing is registered: a file in the folder is a component, and a name is listed without importing it.
"""

import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Literal, cast

from factory.component import Component, Generator, Judge, Trainer
from factory.document import Document
from factory.engine import ModelSettings
from factory.errors import DependencyError, RecipeError
from factory.settings import nearest, validated

Kind = Literal["generators", "judges", "trainers", "engines", "tasks"]

KINDS: Mapping[Kind, type[Component]] = {
    "generators": Generator,
    "judges": Judge,
    "trainers": Trainer,
    "engines": ModelSettings,
    "tasks": Generator,
}

PACKAGES: Mapping[Kind, str] = {kind: kind for kind in KINDS} | {
    "engines": "factory.engines",
    "tasks": "factory.evaluation.tasks",
}
"""Where the files of each kind are."""

_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z", re.ASCII)


def names(kind: Kind) -> list[str]:
    """The names of the components that ship, sorted; none is imported."""
    spec = importlib.util.find_spec(PACKAGES[kind])
    folders = spec.submodule_search_locations if spec else None
    found = {module.name for module in pkgutil.iter_modules(folders or ())}
    return sorted(name for name in found if not name.startswith("_"))


def find(kind: Kind, name: str) -> type[Component]:
    """The component class of that name.

    Raises:
        RecipeError: there is no such module, or it doesn't define exactly one component of the kind.
        DependencyError: it needs a library that is not installed.
    """
    folder = PACKAGES[kind].replace(".", "/")
    if not _MODULE.match(name):
        right = f"a file name of {folder}/ without .py, or their_package.module"
        raise RecipeError(f"{name!r} is not a name; write {right}")
    if "." not in name and name not in names(kind):
        known = names(kind)
        raise RecipeError(
            f"no {kind[:-1]} {name!r}; {nearest(name, known)}there are: {', '.join(known) or 'none'}, "
            f"or write their_package.module"
        )
    module = _imported(name if "." in name else f"{PACKAGES[kind]}.{name}")
    contract = KINDS[kind]
    classes = [
        thing
        for _, thing in inspect.getmembers(module, inspect.isclass)
        if issubclass(thing, contract) and thing.__module__ == module.__name__ and not inspect.isabstract(thing)
    ]
    if len(classes) != 1:
        found = ", ".join(thing.__name__ for thing in classes) or "none"
        raise RecipeError(f"{module.__name__} must define exactly one {contract.__name__}; it defines: {found}")
    return classes[0]


def reading(dataset: str, license: str) -> dict[str, Any]:
    """The entry of a recipe's `generate` that brings the rows of a dataset as they are.

    Raises:
        RecipeError: no generator, or more than one, does that.
    """
    found = {}
    for name in names("generators"):
        generator = cast(type[Generator], find("generators", name))
        if (settings := generator.of_dataset(dataset, license)) is not None:
            found[name] = {"use": name, **settings}
    if len(found) != 1:
        raise RecipeError(f"one generator should read datasets; there are: {', '.join(found) or 'none'}")
    return next(iter(found.values()))


def build(kind: Kind, name: str, settings: Mapping[str, Any]) -> Component:
    """The component with these settings (plain JSON values).

    Raises:
        RecipeError: there is no such component, or the settings don't fit it.
        DependencyError: it needs a library that is not installed.
    """
    return validated(find(kind, name), Document(name, dict(settings)))


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        if name == missing or name.startswith(f"{missing}."):
            raise RecipeError(
                f"no module {missing!r} to import {name!r} from; install its package or put its folder on PYTHONPATH"
            ) from error
        package = missing.partition(".")[0]
        raise DependencyError(f"{name} needs {package}, which is not installed; run: pip install {package}") from error
