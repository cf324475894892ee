"""Judges inside the settings of another component: `score: [{use: reward_model, model: rm}]`.

They are found and checked as those of a recipe's own list are.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from factory.component import Component, Generator, Judge, Part, models_named
from factory.document import Document
from factory.engine import ModelSettings
from factory.errors import RecipeError


def _judge(value: object) -> Part:
    """The judge that settings describe; one that is built already stays as it is."""
    if isinstance(value, Part):
        return value
    if not isinstance(value, Mapping) or not isinstance(value.get("use"), str):
        raise ValueError("write a judge as `use: name` with its settings")
    from factory import registry
    from factory.settings import validated

    name = str(value["use"])
    try:
        component = validated(registry.find("judges", name), Document(name, dict(value)), leave_out=("use",))
    except RecipeError as error:
        raise ValueError(str(error)) from error
    return Part(name, component)


def described(part: Part) -> dict[str, Any]:
    """A component as settings say it, plain JSON values."""
    return {"use": part.name, **part.component.model_dump(mode="json")}


Judges = tuple[Annotated[Part, PlainValidator(_judge), PlainSerializer(described)], ...]
"""The type of a settings field that holds judges."""


def judge_of(part: Part) -> Judge:
    """The judge of a part.

    Raises:
        TypeError: it is another component.
    """
    component: Component = part.component
    if not isinstance(component, Judge):
        raise TypeError(f"{part.name!r} is no judge")
    return component


def misasked(part: Part, engines: Mapping[str, ModelSettings]) -> list[str]:
    """Models of the wrong kind: what only scores can't write, and what only writes gives no scores."""
    name, component = part
    asked = [model for _, model in models_named(component, inside=False)]
    if component.asks_scores:
        wrong = [model for model in asked if not engines[model].scores]
        return [f"{name} needs a model that scores, such as `use: reward`; {model!r} writes text" for model in wrong]
    wrong = [model for model in asked if not engines[model].writes]
    return [
        f"{name} needs a model that writes; {model!r} only scores, which reward_model asks it to" for model in wrong
    ]


def misplaced(generate: Sequence[Part], judge: Sequence[Part]) -> Iterator[tuple[int, str]]:
    """Which of a recipe's own judges can't judge the rows of its generators, and why."""
    brings = {part.component.brings_pairs() for part in generate if isinstance(part.component, Generator)}
    for place, part in enumerate(judge):
        faults = [judge_of(part).misplaced(pairs=pairs) for pairs in sorted(brings, key=str)]
        yield from ((place, fault) for fault in faults if fault)


def numbered(parts: Sequence[Part]) -> tuple[int, ...]:
    """Of each component, the how manieth of its name it is, from 1."""
    names = [part.name for part in parts]
    return tuple(names[: place + 1].count(name) for place, name in enumerate(names))
