"""Collections of the Hub: the list under one title in which people find what belongs together."""

import re
from dataclasses import replace
from typing import NamedTuple

from factory.errors import DatasetError, RecipeError
from factory.publishing import faults
from factory.publishing.hub import Hub
from factory.publishing.target import Target, check_repo

_SLUG = re.compile(r"[^/\s]+/[a-z0-9-]*-[0-9a-f]{24}\Z", re.ASCII)
_LONGEST = 59
"""Characters of a title, as the Hub takes it."""


class Wanted(NamedTuple):
    """Which collection something goes into."""

    namespace: str
    title: str
    """Empty where the collection is named by its slug, and so must be there."""
    slug: str = ""

    @property
    def name(self) -> str:
        """As people read it."""
        return self.slug or f"{self.namespace}/{self.title}"


def wanted(text: str, target: Target) -> Wanted:
    """What was asked for: `namespace/title-<24 hex digits>` is a slug, anything else a title.

    Args:
        text: the slug, `namespace/title`, or a title in the namespace of what is published.
        target: what is published.

    Raises:
        RecipeError: it can be neither.
    """
    if _SLUG.match(text):
        return Wanted(text.partition("/")[0], "", text)
    space, slash, title = text.partition("/") if "/" in text else (target.namespace, "/", text)
    title = title.strip()
    if not title or len(title) > _LONGEST or not title.isprintable():
        raise RecipeError(f"--collection {text!r}: a title has 1 to {_LONGEST} characters, all of them printable")
    if space != target.namespace:
        check_repo(f"{space}{slash}x")
    return Wanted(space, title)


def check(hub: Hub, collection: Wanted) -> None:
    """Refuse one that is named by its slug and isn't there.

    Raises:
        DatasetError: it is not.
    """
    if collection.slug and not _found(_of(hub, collection), collection.slug):
        raise DatasetError(
            f"there is no collection {collection.slug} on {hub.api.endpoint}, or it is not visible to {hub.user}; "
            "give NAMESPACE/TITLE to make one"
        )


def add(hub: Hub, collection: Wanted, *, private: bool) -> str:
    """Put what was published into the collection, which is made where it isn't there; its slug.

    Args:
        hub: with what was published.
        collection: which.
        private: whether a new one is.
    """
    there, target = _of(hub, collection), hub.target
    slug = collection.slug or there.ask(
        "make the collection",
        lambda: (
            hub.api.create_collection(
                collection.title, namespace=collection.namespace, private=private, exists_ok=True
            ).slug
        ),
    )
    there.ask(
        "add to the collection",
        lambda: hub.api.add_collection_item(slug, target.repo, item_type=target.kind, exists_ok=True),
    )
    return str(slug)


def _of(hub: Hub, collection: Wanted) -> Hub:
    """The Hub whose sentences are about the collection."""
    return replace(hub, target=hub.target._replace(repo=collection.name))


def _found(hub: Hub, slug: str) -> bool:
    def call() -> bool:
        try:
            hub.api.get_collection(slug)
        except OSError as error:
            fault = faults.read(error)
            if fault and fault.status == 404:
                return False
            raise
        return True

    return hub.ask("read", call)
