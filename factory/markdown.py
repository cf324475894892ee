"""Cards are Markdown from templates in which text from rows, recipes and models is data.

It is escaped, and never read as a template, as Markdown or as YAML.
"""

import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

_MARKUP = re.compile(r"([\\`*_\[\]|~$])")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def template(name: str, **filters: Callable[..., str]) -> Template:
    """The template of that name in `data_cards/`, with the filters of this module and these."""
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    environment.filters |= {"text": text, "number": number, "fenced": fenced, **filters}
    return environment.from_string(files("data_cards").joinpath(name).read_text(encoding="utf-8"))


def number(value: int) -> str:
    """With commas at the thousands."""
    return f"{value:,}"


def line(value: str) -> str:
    """The text in one line."""
    return _BREAKS.sub(" ", value).strip()


def text(value: str) -> str:
    """One line that Markdown shows as it is, in a table too."""
    plain = line(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\1", plain)


def fenced(value: str, language: str) -> str:
    """A code block whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", value)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{value}\n{fence}"


def yaml(value: dict[str, Any]) -> str:
    """A mapping as YAML, in its own order."""
    from yaml import safe_dump

    written: str = safe_dump(value, sort_keys=False, allow_unicode=True, width=120)
    return written
