"""The card of a dataset: the licence and the files that its README.md names at its head."""

from collections.abc import Mapping
from typing import Any

import yaml

from factory import licence
from factory.errors import DatasetError, RecipeError

MOST_CHARACTERS = 256 << 10
"""The longest head that is read."""
UNKNOWN = "unknown"
MOST_DEPTH = 40
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def front_matter(text: str, place: str) -> Mapping[str, Any]:
    """The YAML between the two `---` at the head of a README.md; nothing where there is none.

    Raises:
        DatasetError: it is not YAML.
    """
    if not text.startswith("---"):
        return {}
    head, end, _ = text[3 : MOST_CHARACTERS + 3].partition("\n---")
    if not end:
        return {}
    try:
        if _depth(head) > MOST_DEPTH:  # what is deeper would end the process in libyaml
            raise DatasetError(f"{place}: its head is nested more than {MOST_DEPTH} deep; say `license` in the recipe")
        found = yaml.load(head, Loader=_LOADER)  # aliases are one object, so that they can't grow
    except (yaml.YAMLError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise DatasetError(f"{place}: its head is not YAML: {why}; say `license` in the recipe") from error
    return found if isinstance(found, dict) else {}


def _depth(text: str) -> int:
    """How deep a YAML text is nested, read event by event."""
    depth = most = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        most = max(most, depth)
        if most > MOST_DEPTH:
            break
    return most


def licence_of(card: Mapping[str, Any]) -> str:
    """The Hub id of the licence that a card names; empty where it names none or several."""
    found = card.get("license")
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    return hub_id(found) if isinstance(found, str) else ""


def hub_id(written: str) -> str:
    """A licence as the Hub spells it, from its Hub id or its SPDX id; as it is where it is neither."""
    plain = written.strip()
    if licence.known(plain.lower()):
        return plain.lower()
    by_spdx = {entry.spdx.lower(): name for name, entry in reversed(licence.table().items())}
    return by_spdx.get(plain.lower(), plain)


def settled(said: str, card: Mapping[str, Any], place: str, *, per_row: bool) -> str:
    """The licence of a source's rows: what the recipe says, else its card; `unknown` only where each row has its own.

    Whether anyone knows it and the policy lets it pass is the recipe's to say, which may have licences of its own.

    Raises:
        RecipeError: nobody says it.
    """
    named = hub_id(said) if said else licence_of(card)
    if not named or named == UNKNOWN:
        if per_row:
            return UNKNOWN
        several = card.get("license")
        card_says = f"its card names {', '.join(map(str, several))}" if isinstance(several, list) else "no card says it"
        raise RecipeError(
            f"{place}: its licence is unknown ({card_says}); set `license` to the Hub id, as cc-by-sa-3.0"
        )
    return named
