"""The JSON Schema of recipe files, for editors."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from factory import registry
from factory.part import Judges
from factory.recipe import KINDS, MODELS, Use, Written
from factory.registry import Kind
from factory.settings import docs


def json_schema() -> dict[str, Any]:
    """The JSON Schema of recipe files, for editors."""
    schema = _described(Written)
    definitions: dict[str, Any] = {name: body for name, body in schema.pop("$defs").items() if name != Use.__name__}
    for key, kind in KINDS.items():
        definitions[key] = {"oneOf": list(_choices(kind, definitions))}
        schema["properties"][key]["items"] = {"$ref": f"#/$defs/{key}"}
    models = schema["properties"][MODELS]
    for branch in (models, *models.get("patternProperties", {}).values()):
        branch.pop("additionalProperties", None)
    models.pop("patternProperties", None)
    models["additionalProperties"] = {"oneOf": list(_choices("engines", definitions))}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "factory recipe"}
    return {**schema, **head, "$defs": definitions}


def _choices(kind: Kind, definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema of each component of a kind; what they refer to is added to `definitions`."""
    for name in registry.names(kind):
        choice = _described(registry.find(kind, name), f"{kind}.{name}.")
        definitions |= {f"{kind}.{name}.{inner}": body for inner, body in choice.pop("$defs", {}).items()}
        choice["properties"] = {"use": {"const": name}, **choice.get("properties", {})}
        choice["required"] = ["use", *choice.get("required", [])]
        yield choice
    pattern = {"type": "string", "pattern": r"^\w+(\.\w+)+$", "description": "a module of another package"}
    yield {"type": "object", "title": "their_package.module", "properties": {"use": pattern}, "required": ["use"]}


def _described(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    schema = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    for name, text in docs(model).items():
        if name in schema.get("properties", {}):
            schema["properties"][name].setdefault("description", text)
    for name, info in model.model_fields.items():
        if info.annotation == Judges:
            schema["properties"][name]["items"] = {"$ref": "#/$defs/judge"}
    return schema
