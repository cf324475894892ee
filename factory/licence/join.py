"""The join of licences: what holds for a text that comes from several works and models.

Permissions intersect, duties unite. Licences are joined as sets of ids, and what holds is computed from the set, so
that the order in which they come can't matter: the join is commutative, associative and idempotent by construction. A
set is written with its greatest members only: a licence is left out where another one in the set asks for all that it
asks for (cc0-1.0 beside anything, cc-by-sa-3.0 beside cc-by-sa-4.0).

What it leaves out: whose name an attribution takes. That is in the rows' `source` and `model`, and in NOTICE.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from factory.errors import RecipeError
from factory.licence.book import AND, UNKNOWN, Book, Licence, Own, book, check

Ids = frozenset[str]


class Duties(NamedTuple):
    """What holds for a set of licences."""

    commercial: bool | None
    derivatives: bool | None
    share_alike: frozenset[str]
    """The families that changed works must stay in."""
    attribution: bool | None
    training: frozenset[str]
    """Rules for models that are trained on the text, but for `free`."""
    name_prefixes: frozenset[str]
    display: frozenset[str]
    policies: frozenset[str]
    limits: frozenset[str]


def duties(licences: Iterable[Licence]) -> Duties:
    """What holds where all of these do."""
    found = list(licences)
    return Duties(
        _every(one.commercial for one in found),
        _every(one.derivatives for one in found),
        frozenset(one.share_alike for one in found if one.share_alike),
        _some(one.attribution for one in found),
        frozenset(one.training for one in found if one.training != "free"),
        frozenset(one.name_prefix for one in found if one.name_prefix),
        frozenset(text for one in found for text in one.display),
        frozenset(text for one in found for text in one.policies),
        frozenset(text for one in found for text in one.limits),
    )


def covers(one: Licence, needed: Duties) -> bool:
    """Whether a licence asks for all that is needed and allows no more."""
    own = duties([one])
    if one.undecided or None in (needed.commercial, needed.derivatives, needed.attribution):
        return False
    allows_no_more = (needed.commercial or not own.commercial) and (needed.derivatives or not own.derivatives)
    asks_as_much = bool(own.attribution or not needed.attribution) and (
        own.share_alike >= needed.share_alike
        and own.training >= needed.training
        and own.name_prefixes >= needed.name_prefixes
        and own.display >= needed.display
        and own.policies >= needed.policies
        and own.limits >= needed.limits
    )
    return bool(allows_no_more and asks_as_much)


def joined(tables: Book, ids: Iterable[str]) -> Ids:
    """The greatest of the licences: those that hold, without what others among them cover."""
    return _joined(_Key(tables), frozenset(ids))


class _Key:
    """A book as a cache key: there is one object for each content."""

    __slots__ = ("tables",)

    def __init__(self, tables: Book) -> None:
        self.tables = tables

    def __hash__(self) -> int:
        return id(self.tables)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.tables is other.tables


@lru_cache(maxsize=4096)
def _joined(key: _Key, ids: Ids) -> Ids:
    tables = key.tables
    found = {name: tables.licence(name) for name in ids}
    return frozenset(
        name
        for name, one in found.items()
        if not any(_above(other, one) for place, other in found.items() if place != name)
    )


def _above(high: Licence, low: Licence) -> bool:
    """Whether `high` makes `low` redundant: a strict order.

    Terms that bind models and users name their makers, so that only the like of `cc0-1.0`, which ask nothing, are
    redundant beside them.
    """
    if high.undecided or low.undecided:
        return False
    nothing = low.permissive and not low.attribution
    if (high.binding or low.binding) and not nothing:
        return False
    up, down = covers(high, duties([low])), covers(low, duties([high]))
    return up and (not down or (high.rank, high.id) > (low.rank, low.id))


def written(ids: Iterable[str]) -> str:
    """A set of licences as rows say it."""
    return AND.join(sorted(ids)) or UNKNOWN


def conflict(tables: Book, ids: Iterable[str]) -> str:
    """Why one text can't be under all of these, in words; empty where it can.

    Two share-alike families each want the text for themselves, and one that allows commercial use may not be narrowed
    to non-commercial. Rows of one dataset may well differ.
    """
    found = [tables.licence(name) for name in sorted(ids)]
    families = {one.share_alike: one.id for one in found if one.share_alike}
    if len(families) > 1:
        return f"{' and '.join(sorted(families.values()))} each ask that the text stay under them alone"
    for one in found:
        barred = [other.id for other in found if other.commercial is False and not other.share_alike]
        if one.share_alike and one.commercial and barred:
            return f"{one.id} may not be narrowed to the non-commercial use that {barred[0]} allows"
    return ""


def hub_id(tables: Book, ids: Iterable[str]) -> str:
    """The Hub's id for a set of licences; `other` where it has none."""
    names = joined(tables, ids)
    (name,) = names if len(names) == 1 else ("",)
    return name if name and tables.licence(name).hub and name != UNKNOWN else "other"


def agreed(texts: Iterable[str], said: str = "", own: Own | None = None) -> str:
    """The licence of a row that is written from works and by models: the join of theirs.

    Args:
        texts: the `license` of each; one that says nothing takes `said`.
        said: what the recipe says; where it is given it is the result, and has to ask for all that the others do.
        own: the recipe's own licences.

    Raises:
        RecipeError: one says nothing and nor does the recipe; or what is said promises more than the others allow.
    """
    found = list(dict.fromkeys(text or UNKNOWN for text in texts))
    if not found or (UNKNOWN in found and not said):
        names = " and ".join(found) or UNKNOWN
        raise RecipeError(
            f"the rows would be made from works under {names}; set `license` to the licence they may have"
        )
    tables = book(own)
    ids = joined(tables, (name for text in found if text != UNKNOWN for name in tables.ids(text)))
    if not said:
        return written(ids)
    if fault := incompatible(tables, check(said, own), ids - {"other"}):  # what that is, the table of models says
        raise RecipeError(fault)
    return said


def with_outputs(text: str, outputs: str) -> str:
    """The licence of a row of a source and the outputs of a model; `unknown` where the source's own is.

    The licence gate says why a row under no known licence is dropped.
    """
    return UNKNOWN if text in ("", UNKNOWN) else agreed((text, outputs))


def incompatible(tables: Book, declared: Licence, ids: Ids) -> str:
    """Why works under `ids` can't be passed on under the declared licence, in words; empty where they can.

    `other` stands for terms in words, which LICENSE and NOTICE give.
    """
    if declared.id == "other":
        return ""
    wrong = sorted(name for name in ids if name != declared.id and not _within(declared, tables.licence(name)))
    if not wrong:
        return ""
    right = hub_id(tables, ids)
    return f"license {declared.id!r} promises more than {' and '.join(wrong)} allows; write {right!r} or 'auto'"


def _within(declared: Licence, one: Licence) -> bool:
    if one.share_alike and one.rank > declared.rank:
        return False  # back to an earlier version of the family
    return covers(declared, duties([one]))


def _every(facts: Iterable[bool | None]) -> bool | None:
    """AND, where what is not known decides unless something is refused."""
    found = set(facts)
    return False if False in found else None if None in found else True


def _some(facts: Iterable[bool | None]) -> bool | None:
    """OR, where what is not known decides unless something is asked."""
    found = set(facts)
    return True if True in found else None if None in found else False
