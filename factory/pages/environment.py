"""The templates of HTML pages, in which whatever is not written in a template is data.

It is escaped, always, and characters that don't show, or that turn the rest of a line around, are named instead: a
column, a run or a file may be called anything. The exact text, as a form has to hold it, goes through `exact`. There is
no sandbox, which would double the time of a page: every template is a file of this package, and none is made of data.
"""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from factory.pages.text import rendered
from factory.pages.unseen import leaf, plain

_JOINT = re.compile(r"([._/:-])(?=[^\s._/:-])")


@cache
def environment() -> Environment:
    """The templates in `templates/html/`, with the filters that pages share."""
    made = Environment(
        loader=FileSystemLoader(folder(), encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {"breakable": breakable, "exact": exact, "leaf": leaf, "number": number, "rendered": rendered}
    return made


def folder() -> Path:
    """Where the templates and styles are."""
    return Path(str(files("templates"))) / "html"


def style(*names: str) -> str:
    """The text of these style sheets, for a page that holds its own."""
    return "\n".join((folder() / name).read_text(encoding="utf-8") for name in names)


def exact(value: str) -> Markup:
    """The text as it is, escaped: what a form sends back."""
    return escape(value)


def breakable(value: str) -> Markup:
    """A name that may go on in the next line behind its dots, slashes and underscores."""
    return Markup(_JOINT.sub(r"\1<wbr>", str(escape(plain(value)))))


def number(value: float) -> str:
    """With commas at the thousands, and four digits of what is no whole number."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _shown(value: Any) -> Any:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
