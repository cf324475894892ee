"""The styles and scripts of the pages, by a closed list; an address has the version, so that browsers keep them."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import NamedTuple

from factory.pages.environment import folder

_FILES: Mapping[str, tuple[str, ...]] = {
    "view.css": ("tokens.css", "text.css", "view/view.css", "view/parts.css"),
    "view.js": ("view/view.js",),
    "htmx.js": ("vendor/htmx/htmx.min.js",),
}
"""What is served, and the files that it is made of."""
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


class Asset(NamedTuple):
    """A file that pages ask for."""

    body: bytes
    kind: str
    version: str


@cache
def asset(name: str) -> Asset | None:
    """The asset of that name; None where there is none."""
    parts = _FILES.get(name)
    if parts is None:
        return None
    body = b"\n".join((folder() / part).read_bytes() for part in parts)
    return Asset(body, _TYPES[name.rpartition(".")[2]], sha256(body).hexdigest()[:12])


def address(name: str) -> str:
    """Where a page finds it."""
    found = asset(name)
    if found is None:
        raise KeyError(name)
    return f"/static/{name}?v={found.version}"
