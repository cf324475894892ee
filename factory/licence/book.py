"""The table of licences and of the terms of models: Hub ids, their SPDX ids, what they allow and what they ask.

`licences.yaml` holds the Hub's ids, `model_terms.yaml` licences that the Hub has no id for and which model is under
what; a recipe may add its own (`licences:`). Each entry has a date and a source.

What it leaves out: "or later" and exceptions (SPDX `WITH`), a choice of licences (`OR`), and the law of any country.
An engineering summary, not legal advice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from factory.errors import RecipeError

_FOLDER = Path(__file__).parents[1]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

AND = " AND "
"""Between the licences of one row, as SPDX expressions write it: all of them hold."""
UNKNOWN = "unknown"
MOST_CHARACTERS = 500
"""The longest text that is read as licences or as the name of a model: it comes from rows, which are untrusted."""
MOST_LICENCES = 20

Training = Literal["free", "named", "derivative", "no_other_models", "no_competitors"]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+_-]{0,63}$")]


class Terms(BaseModel):
    """What a licence says; a fact that is None can't be said from the id alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    """Its name in words."""
    spdx: str = ""
    """SPDX id, or `LicenseRef-...` where SPDX has none; filled in where it is empty."""
    url: str
    """Its text."""
    commercial: bool | None
    """Whether the work may be used commercially."""
    derivatives: bool | None
    """Whether changed works may be passed on."""
    share_alike: str | None
    """The family that changed works must stay in, `""` for none."""
    attribution: bool | None
    """Whether the source must be named or its notice be kept."""
    rank: int = 0
    """Of licences that ask the same, the one with the higher rank names a mix."""
    training: Training = "free"
    """What holds for a model that is trained on the work."""
    name_prefix: str = ""
    """How the name of such a model must begin."""
    display: tuple[str, ...] = ()
    """What must be shown with it, or with a product."""
    policies: tuple[str, ...] = ()
    """Acceptable-use policies that hold."""
    limits: tuple[str, ...] = ()
    """Further conditions, in words."""
    source: str = ""
    """Where the facts were checked; empty = in the text."""
    confirmed: bool = True
    """False where nobody has read the text for this entry."""
    date: date
    """The day on which the facts were checked."""


class Licence(Terms):
    """One licence under its id."""

    id: str
    """As the Hub spells it, or ours where the Hub has none."""
    hub: bool = True
    """Whether the Hub knows the id."""

    @property
    def binding(self) -> bool:
        """Whether it asks more than licences of works do: of models, of users, of size."""
        return bool(self.training != "free" or self.display or self.policies or self.limits)

    @property
    def undecided(self) -> bool:
        """Whether the id alone doesn't say what is allowed."""
        return None in (self.commercial, self.derivatives, self.share_alike, self.attribution)

    @property
    def permissive(self) -> bool:
        """Whether it asks for no more than attribution."""
        return not (self.binding or self.undecided or self.share_alike) and bool(self.commercial and self.derivatives)


class ModelTerms(BaseModel):
    """Under what the outputs of some models are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Field(min_length=1)]
    """Globs over model ids in lower case; for a name without an owner, or a path, over its last part and theirs."""
    licence: str
    """An id, or several with ` AND `."""
    url: str
    """Where that is said."""
    date: date
    """The day on which it was checked."""
    confirmed: bool = True
    """False where nobody has read it there."""
    note: str = ""
    """What else is to be known."""


class Own(BaseModel):
    """Licences and models that a recipe adds to the tables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    licences: dict[Id, Terms] = {}
    """Licences by an id of your own, which rows, models and the recipe may then name."""
    models: tuple[ModelTerms, ...] = ()
    """Under which licence models are; these come before the entries that ship."""


@dataclass(frozen=True, slots=True)
class Book:
    """The tables in use."""

    licences: Mapping[str, Licence]
    models: tuple[ModelTerms, ...]
    spdx: Mapping[str, str]
    """Ids by SPDX id in lower case."""

    def licence(self, name: str) -> Licence:
        """What an id says; one that is not in the table says nothing."""
        return self.licences.get(name) or _stranger(name)

    def ids(self, text: str) -> frozenset[str]:
        """The ids in a row's `license`: one, or several with ` AND `; SPDX ids are read too."""
        if text in self.licences:
            return frozenset((text,))
        parts = [part.strip() for part in text[: MOST_CHARACTERS + 1].split(AND)]
        if not text or len(text) > MOST_CHARACTERS or len(parts) > MOST_LICENCES:
            return frozenset((UNKNOWN,))
        return frozenset(name if name in self.licences else self.spdx.get(name.lower(), name) for name in parts)

    def of_model(self, model: str) -> ModelTerms | None:
        """The terms of a model by its id, its folder or its name on a server; None where no entry matches."""
        name = model[:MOST_CHARACTERS].partition("@")[0].rstrip("/").lower()
        last = name.rpartition("/")[2]
        anyones = name.count("/") != 1 or name[0] in "./"
        for entry in self.models:
            for glob in entry.match:
                own = glob.rpartition("/")[2]
                if fnmatchcase(name, glob) or (anyones and own != "*" and fnmatchcase(last, own)):
                    return entry
        return None


def book(own: Own | None = None) -> Book:
    """The tables that ship, with a recipe's own entries.

    Raises:
        RecipeError: an own entry has an id that ships, or names a licence that nobody knows.
    """
    return _book("" if own is None or own == Own() else own.model_dump_json())


@lru_cache(maxsize=32)
def _book(own: str) -> Book:
    licences, models = dict(table()), _model_terms()
    if own:
        added = Own.model_validate_json(own)
        for name, terms in added.licences.items():
            if name in licences:
                raise RecipeError(f"licences.{name}: this id is in the table that ships; give yours another id")
            licences[name] = _entry(name, terms.model_dump(), hub=False)
        for entry in added.models:
            for name in entry.licence.split(AND):
                if name not in licences:
                    raise RecipeError(f"models {', '.join(entry.match)}: {_no_id(name, licences)}")
        models = (*(entry.model_copy(update={"match": _lower(entry.match)}) for entry in added.models), *models)
    return Book(licences, models, {entry.spdx.lower(): name for name, entry in licences.items()})


@cache
def table() -> dict[str, Licence]:
    """Every licence that ships, by its id: the Hub's, then the others."""
    hub = yaml.load((_FOLDER / "licences.yaml").read_bytes(), _LOADER)
    others = _shipped_terms()["licences"]
    entries = {name: _entry(name, facts, hub=True) for name, facts in hub.items()}
    return entries | {name: _entry(name, facts, hub=False) for name, facts in others.items()}


@cache
def _shipped_terms() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((_FOLDER / "model_terms.yaml").read_bytes(), _LOADER)
    return found


@cache
def _model_terms() -> tuple[ModelTerms, ...]:
    return tuple(ModelTerms(**entry) for entry in _shipped_terms()["models"])


def _entry(name: str, facts: dict[str, Any], *, hub: bool) -> Licence:
    entry = Licence(id=name, hub=hub, **facts)
    return entry if entry.spdx else entry.model_copy(update={"spdx": f"LicenseRef-{name}"})


@lru_cache(maxsize=256)
def _stranger(name: str) -> Licence:
    return Licence(
        id=name,
        hub=False,
        name=name[:60] or UNKNOWN,
        spdx="NOASSERTION",
        url="",
        commercial=None,
        derivatives=None,
        share_alike=None,
        attribution=None,
        date=date.min,
    )


def _lower(globs: Iterable[str]) -> tuple[str, ...]:
    return tuple(glob.lower() for glob in globs)


def known(text: str) -> bool:
    """Whether all ids of a row's `license` are in the table that ships and say something."""
    return all(name in table() and name != UNKNOWN for name in book().ids(text))


def check(name: str, own: Own | None = None) -> Licence:
    """The licence of that id.

    Raises:
        RecipeError: there is no such id, or it is `unknown`.
    """
    if name == UNKNOWN:
        raise RecipeError("licence 'unknown' lets nobody use the data; name the licence that its sources allow")
    licences = book(own).licences
    if name in licences:
        return licences[name]
    raise RecipeError(_no_id(name, licences))


def _no_id(wrong: str, licences: Mapping[str, Licence]) -> str:
    return f"licence {wrong!r} is not an id of the Hub; {_suggestion(wrong, licences)}"


def _suggestion(wrong: str, licences: Mapping[str, Licence]) -> str:
    """What was probably meant."""
    plain = "-".join(wrong.strip().lower().replace("_", "-").split())
    by_spdx = {licence.spdx.lower(): name for name, licence in licences.items()}
    by_name = {licence.name.lower(): name for name, licence in licences.items()}
    variants = (plain, plain.removesuffix("-or-later"), plain.removesuffix("-only"), plain + "-only")
    for right in (by_spdx.get(v) or (v if v in licences else None) for v in variants):
        if right:
            return f"write {right!r}"
    if meant := by_name.get(wrong.strip().lower()):
        return f"write {meant!r}"
    near = get_close_matches(plain, [*licences, *by_spdx], n=5, cutoff=0.5)
    ids = list(dict.fromkeys(by_spdx.get(match, match) for match in near))[:3]
    if ids:
        return f"did you mean {' or '.join(map(repr, ids))}?"
    return "see factory/licences.yaml for all of them, or write 'other'"
