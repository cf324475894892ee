"""Cards are Markdown from templates in which text from rows, recipes and models is data.

It is escaped, and never read as a template, as Markdown or as YAML.
"""

import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from factory import strict_yaml
from factory.pages import unseen

_MARKUP = re.compile(r"([\\`*_\[\]|~$])")
_ADDRESS = re.compile(r"https?://[^\s<>|\\`\x00-\x1f]{1,2000}")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def template(name: str, language: str = "en", **filters: Callable[..., str]) -> Template:
    """The template of that name in `data_cards/`, with the filters of this module and these.

    Templates are written in English; `data_cards/<language>.yaml` says what their messages are in another language.
    """
    return environment(language, **filters).from_string(source(name))


def source(name: str) -> str:
    """The text of the template of that name."""
    return files("data_cards").joinpath(name).read_text(encoding="utf-8")


def environment(language: str = "en", **filters: Callable[..., str]) -> ImmutableSandboxedEnvironment:
    """Where the templates of `data_cards/` are rendered."""
    found = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        extensions=["jinja2.ext.i18n"],
    )
    words = {} if language == "en" else strict_yaml.parse(source(f"{language}.yaml"), f"{language}.yaml").data
    found.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        lambda message: words.get(message, message), lambda one, many, n: one if n == 1 else many, newstyle=True
    )
    found.filters |= {"text": text, "number": number, "fenced": fenced, "code": code, "address": address, **filters}
    return found


def number(value: int) -> str:
    """With commas at the thousands."""
    return f"{value:,}"


def line(value: str) -> str:
    """The text in one line, its unseen characters named: none turns the reading direction around."""
    return unseen.plain(_BREAKS.sub(" ", value)).strip()


def text(value: str) -> str:
    """One line that Markdown shows as it is, in a table too."""
    plain = line(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\1", plain)


def code(value: str) -> str:
    """One line as code, in which Markdown shows each character as it is; in a table too."""
    plain = line(value).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence, space = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{space}{plain}{space}{fence}"


def address(value: str) -> str:
    """A link to a web address; anything else as text."""
    return f"<{value}>" if _ADDRESS.fullmatch(value) else text(value)


def fenced(value: str, language: str) -> str:
    """A code block whose fence is longer than any in the text, its unseen characters named."""
    value = unseen.plain(value)
    longest = max((len(run) for run in re.findall("`+", value)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{value}\n{fence}"


def yaml(value: dict[str, Any]) -> str:
    """A mapping as YAML, in its own order."""
    from yaml import safe_dump

    written: str = safe_dump(value, sort_keys=False, allow_unicode=True, width=120)
    return written
