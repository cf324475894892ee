"""TRL's settings: checked by TRL's own names and types before anything is loaded, then given to TRL as they are."""

import dataclasses
import typing
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from factory.document import Steps
from factory.errors import DependencyError, RecipeError
from factory.settings import nearest
from factory.training import quiet
from factory.training.recipe import TrainingRecipe

INSTALL = "pip install 'post-training-factory[train]'"

OURS: Mapping[str, str] = {
    "output_dir": "it is the folder of `-o`",
    "seed": "it is the recipe's own `seed`",
    "resume_from_checkpoint": "running the same command again goes on from the last checkpoint",
    "push_to_hub": "a finished folder is published, not one in the making",
    "assistant_only_loss": "the loss is on the assistant's turns, always",
    "completion_only_loss": "the loss is on the assistant's turns, always",
    "dataset_kwargs": "datasets are prepared here",
    "dataset_text_field": "datasets are conversations",
    "eval_strategy": "a recipe names no evaluation data; `factory evaluate` measures what comes out",
    "do_eval": "a recipe names no evaluation data; `factory evaluate` measures what comes out",
    "load_best_model_at_end": "a recipe names no evaluation data by which one would be the best",
}
"""Settings of TRL that a recipe can't set, and why."""
_PACKAGES = {
    "azure_ml": "azureml-mlflow",
    "comet_ml": "comet-ml",
    "flyte": "flytekitplugins-deck-standard",
}
"""What is installed for a name of `report_to`, where it is called otherwise."""


def trl() -> Any:
    """TRL, which sends no word home.

    Raises:
        DependencyError: it is not installed.
    """
    quiet.hush()
    try:
        import trl as found
    except ImportError as error:
        raise DependencyError(f"training needs trl, which is not installed; run: {INSTALL}") from error
    return found


def check(recipe: TrainingRecipe) -> None:
    """Refuse settings that TRL doesn't have, or of another type.

    Raises:
        RecipeError: one is wrong; with its place.
        DependencyError: TRL is not installed.
    """
    settings = recipe.settings
    configuration = getattr(trl(), settings.configuration)
    known = {one.name for one in dataclasses.fields(configuration) if one.init}
    types = typing.get_type_hints(configuration)
    places: list[tuple[Steps, Mapping[str, Any]]] = [(("args",), settings.args)]
    places += [(("stages", place, "args"), stage.args) for place, stage in enumerate(settings.stages)]
    for steps, args in places:
        for name, value in args.items():
            if fault := _fault(settings.configuration, name, value, known, types):
                raise RecipeError(recipe.at((*steps, name), fault))
        _installed(recipe, steps, args)
    quiet.libraries()


def _installed(recipe: TrainingRecipe, steps: Steps, args: Mapping[str, Any]) -> None:
    """Refuse settings whose library is missing, which would only be found once the model is loaded.

    Raises:
        RecipeError: transformers reports to no such library.
        DependencyError: one is not installed.
    """
    said = args.get("report_to")
    for name in [said] if isinstance(said, str) else said or ():
        _reported(recipe, (*steps, "report_to"), name)
    if args.get("use_liger_kernel") and find_spec("liger_kernel") is None:
        place = recipe.at((*steps, "use_liger_kernel"), "needs liger-kernel")
        raise DependencyError(f"{place}, which is not installed; run: pip install liger-kernel")


def _reported(recipe: TrainingRecipe, steps: Steps, name: str) -> None:
    from transformers.integrations import integration_utils as reports

    known = sorted(reports.INTEGRATION_TO_CALLBACK)
    if name in ("all", "none") or name in reports.get_available_reporting_integrations():
        return
    if name not in known:
        raise RecipeError(recipe.at(steps, f"{name!r} is none of {', '.join(['none', 'all', *known])}"))
    package = _PACKAGES.get(name, name)
    raise DependencyError(
        recipe.at(steps, f"{name} needs {package}, which is not installed; run: pip install {package}")
    )


def _fault(configuration: str, name: str, value: Any, known: set[str], types: Mapping[str, Any]) -> str:
    """What is wrong with one setting, in words; empty where nothing is."""
    if name not in known:
        hint = nearest(name, known) or f"see TRL's documentation of {configuration}"
        return f"TRL's {configuration} has no such setting; {hint.strip().removesuffix(';')}"
    if name in OURS or name.startswith("hub_"):
        return f"can't be set here: {OURS.get(name, OURS['push_to_hub'])}"
    if name == "chat_template_path" and not str(value).endswith((".jinja", ".j2")):
        return f"{value!r} is no .jinja file; a template of another tokenizer is given as its file"
    if name == "model_init_kwargs" and isinstance(value, dict) and "revision" in value:
        return "the revision is said by `model: {revision: ...}`"
    try:
        TypeAdapter(types[name], config=ConfigDict(arbitrary_types_allowed=True)).validate_python(value, strict=True)
    except ValidationError as error:
        expected = str(getattr(types[name], "__name__", types[name])).replace("typing.", "")
        said = error.errors()[0]["msg"]
        if isinstance(value, str | int | float | bool) and "Union" not in expected and "|" not in expected:
            return f"{value!r}: {said[:1].lower()}{said[1:]}"
        return f"{value!r} does not fit its type {expected}"
    except (PydanticSchemaGenerationError, PydanticUserError):
        return ""  # a type of TRL's own, which TRL checks
    return ""


def built(recipe: TrainingRecipe, args: Mapping[str, Any], folder: str) -> Any:
    """TRL's object of settings.

    Raises:
        RecipeError: TRL refuses them together.
    """
    settings = recipe.settings
    configuration = getattr(trl(), settings.configuration)
    values = {"report_to": "none", **args, "output_dir": folder, "seed": settings.seed}
    values.pop("chat_template_path", None)  # the tokenizer has it by then
    try:
        return configuration(**values)
    except (ValueError, TypeError, RuntimeError, ImportError) as error:
        raise RecipeError(recipe.at(("args",), f"TRL refuses them: {_first(error)}")) from error


def _first(error: Exception) -> str:
    return " ".join(str(error).split())[:400]
