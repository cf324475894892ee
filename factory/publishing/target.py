"""Where something is published: a repository of the Hub, and a branch of it."""

import re
from typing import Literal, NamedTuple

from factory.errors import RecipeError

Kind = Literal["dataset", "model"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?\Z", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,98}[A-Za-z0-9_-])?\Z", re.ASCII)


class Target(NamedTuple):
    """Where something is published."""

    repo: str
    """namespace/name"""
    kind: Kind
    branch: str

    @property
    def namespace(self) -> str:
        """The user or organisation."""
        return self.repo.partition("/")[0]

    @property
    def name(self) -> str:
        """Behind the namespace."""
        return self.repo.partition("/")[2]

    @property
    def folder(self) -> str:
        """Behind the address of a Hub: `datasets/me/rows`, `me/model`."""
        return f"datasets/{self.repo}" if self.kind == "dataset" else self.repo


def check_repo(repo: str) -> None:
    """Refuse what can be no repository.

    Raises:
        RecipeError: it is not namespace/name as the Hub takes them.
    """
    parts = repo.split("/")
    if len(parts) != 2 or not all(map(_NAME.match, parts)) or ".." in repo or "--" in repo:
        raise RecipeError(
            f"{repo!r} is no Hub id; write namespace/name, each of ASCII letters, digits and single - _ . between them"
        )


def check_revision(name: str, what: str) -> None:
    """Refuse what git and the Hub take for no branch or tag.

    Raises:
        RecipeError: it is none.
    """
    if not _REVISION.match(name) or ".." in name or "//" in name or name.endswith((".lock", "/")):
        raise RecipeError(f"--{what} {name!r} is no name of a {what}; write letters, digits and - _ . / between them")
