"""The licences that rows and datasets may carry: Hub ids, their SPDX ids, and what they allow.

`licences.yaml` is the table. The licence of a dataset is what its recipe says; computing it from those of its rows
is not done here.
"""

from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from factory.errors import RecipeError

_TABLE = Path(__file__).with_name("licences.yaml")


class Licence(BaseModel):
    """One licence; a fact that is None can't be said from the id alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """As the Hub spells it."""
    name: str
    spdx: str
    """SPDX id, or `LicenseRef-...` where SPDX has none."""
    url: str
    """Its text, and the source of the facts below."""
    commercial: bool | None
    """May the work be used commercially."""
    derivatives: bool | None
    """May changed works be passed on."""
    share_alike: str | None
    """The family that changed works must stay in; empty = none."""
    attribution: bool | None
    """Must the source be named."""
    date: date
    """When the facts were entered."""


@cache
def table() -> dict[str, Licence]:
    """Every licence by its Hub id."""
    entries = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return {name: Licence(id=name, **facts) for name, facts in entries.items()}


def known(hub_id: str) -> bool:
    """Whether a row under this id may be kept: the id is in the table and says something."""
    return hub_id != "unknown" and hub_id in table()


def check(hub_id: str) -> Licence:
    """The licence of that Hub id.

    Raises:
        RecipeError: there is no such id, or it is `unknown`.
    """
    if hub_id == "unknown":
        raise RecipeError("licence 'unknown' lets nobody use the data; name the licence that its sources allow")
    if hub_id in table():
        return table()[hub_id]
    raise RecipeError(f"licence {hub_id!r} is not an id of the Hub; {_suggestion(hub_id)}")


def _suggestion(wrong: str) -> str:
    """What was probably meant."""
    plain = "-".join(wrong.strip().lower().replace("_", "-").split())
    by_spdx = {licence.spdx.lower(): name for name, licence in table().items()}
    by_name = {licence.name.lower(): name for name, licence in table().items()}
    variants = (plain, plain.removesuffix("-or-later"), plain.removesuffix("-only"), plain + "-only")
    for right in (by_spdx.get(v) or (v if v in table() else None) for v in variants):
        if right:
            return f"write {right!r}"
    if meant := by_name.get(wrong.strip().lower()):
        return f"write {meant!r}"
    near = get_close_matches(plain, [*table(), *by_spdx], n=5, cutoff=0.5)
    ids = list(dict.fromkeys(by_spdx.get(match, match) for match in near))[:3]
    if ids:
        return f"did you mean {' or '.join(map(repr, ids))}?"
    return "see factory/licences.yaml for all of them, or write 'other'"


def agreed(hub_ids: Iterable[str], said: str = "") -> str:
    """The licence of a row made from several things: what the recipe says, else the one that they all have.

    Working out what two different licences come to is not done here: the recipe has to say it.

    Raises:
        RecipeError: they differ and nothing is said, or one is not known; `hub_ids` in the sentence.
    """
    if said:
        return check(said).id
    found = list(dict.fromkeys(hub_ids))
    if len(found) == 1 and found[0]:
        return check(found[0]).id
    names = " and ".join(name or "unknown" for name in found)
    raise RecipeError(f"the rows would be made from works under {names}; set `license` to the licence they may have")
