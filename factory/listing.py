"""The components as `factory list` prints them: name, what each is, and its settings."""

import ast
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic.fields import FieldInfo

from factory import registry
from factory.errors import FactoryError
from factory.registry import Kind
from factory.settings import docs, shown_type


def lines(kinds: Sequence[Kind], verbose: bool) -> list[str]:
    """The lines of the list; components are imported only when their settings are asked for."""
    return [line for kind in kinds for line in _kind(kind, verbose)]


def families() -> list[str]:
    """The math families with grade, level and titles, area by area."""
    from factory.math.families import files, load

    found = [load(name) for name in files()]
    width = max((len(family.name) for family in found), default=0)
    lines = []
    for family in found:
        if f"{family.area}/:" not in lines:
            lines.append(f"{family.area}/:")
        title = f"{family.title.ja} / {family.title.en}"
        lines.append(f"  {family.name:{width}}  {family.grade} level {family.level}  {title}")
    return lines


def purpose(kind: Kind, name: str) -> str:
    """The first line of the component's docstring, read without importing it."""
    spec = importlib.util.find_spec(f"{registry.PACKAGES[kind]}.{name}")
    if spec is None or spec.origin is None:
        return ""
    text = ast.get_docstring(ast.parse(Path(spec.origin).read_bytes())) or ""
    return text.partition("\n")[0]


def _kind(kind: Kind, verbose: bool) -> Iterator[str]:
    yield f"{kind}:"
    names = registry.names(kind)
    if not names:
        yield "  none yet"
    width = max(map(len, names), default=0)
    for name in names:
        yield f"  {name:{width}}  {purpose(kind, name)}".rstrip()
        if verbose:
            yield from _settings(kind, name)


def _settings(kind: Kind, name: str) -> Iterator[str]:
    try:
        model = registry.find(kind, name)
    except FactoryError as error:
        yield f"      can't be used here: {error}"
        return
    texts = docs(model)
    for field, info in model.model_fields.items():
        text = texts.get(field, info.description or "")
        yield f"      {field}: {shown_type(info.annotation, info.metadata)}{_default(info)}  {text}".rstrip()


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return " (required)"
    default = info.default if info.default_factory is None else info.get_default(call_default_factory=True)
    return f" = {default!r}"
