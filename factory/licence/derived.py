"""What licences ask of a model that is made of others, by training or by merging: how it is called, what it shows."""

from collections.abc import Iterable, Iterator

from factory.licence.book import AND, Book, Licence
from factory.licence.join import Ids, duties


def misnamed(tables: Book, ids: Ids, name: str) -> str:
    """Which licences ask that the name begin otherwise, in words; empty where it begins as all of them ask.

    Names have no spaces, so that `-` stands for them. The longest is asked for first: it may satisfy the shorter.
    """
    for prefix in sorted(duties(map(tables.licence, ids)).name_prefixes, key=lambda one: (-len(one), one)):
        right = prefix.replace(" ", "-")
        if not name.startswith(right):
            which = AND.join(sorted(one for one in ids if tables.licence(one).name_prefix == prefix))
            return f"L008: {which} asks that the model's name begin with {prefix!r}; write name: {right}-{name}"
    return ""


def shown(found: Iterable[Licence]) -> Iterator[str]:
    """What goes with the model or is observed by it ("Built with ..."), one sentence each."""
    for one in found:
        yield from (f"Show with the model or product: {text} ({one.id})." for text in one.display)
        yield from (f"Observe the acceptable-use policy {url} ({one.id})." for url in one.policies)
        yield from (f"Note: {text} ({one.id})." for text in one.limits)
