"""What a policy refuses: the codes, the profiles, and what they find in a set of licences.

| code | refused because | permissive | open | plamo | research |
|---|---|---|---|---|---|
| L001 | no commercial use | x | x | x | |
| L002 | changed works may not be passed on | x | x | x | x |
| L003 | nobody knows the licence | x | x | x | x |
| L004 | share-alike against another licence in one row | x | x | x | x |
| L005 | outputs of a service that forbids competing models | x | x | x | |
| L006 | training set of a benchmark | | | x | |
| L007 | outputs may not improve other language models | x | x | x | |
| L008 | trained models must carry a name or a sign | x | | | |
| L009 | trained models are derivatives, under their maker's terms | x | | | |
| L010 | share-alike | x | | | |
| L011 | the recipe's `license` promises more | x | x | x | x |

`plamo` is the rule under which PLaMo's data was chosen (no non-commercial data, no outputs of proprietary models, none
of Jaster's training sets) as this project was told it; not confirmed in a primary source.

An engineering summary, not legal advice.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import yaml

from factory.licence.book import AND, UNKNOWN, Book, Licence
from factory.licence.join import Ids, conflict

Policy = Literal["open", "permissive", "plamo", "research"]

CODES: Mapping[str, str] = {
    "L001": "no commercial use",
    "L002": "changed works may not be passed on",
    "L003": "nobody knows the licence",
    "L004": "share-alike against another licence",
    "L005": "outputs of a service that forbids competing models",
    "L006": "training set of a benchmark",
    "L007": "outputs may not improve other language models",
    "L008": "trained models must carry a name or a sign",
    "L009": "trained models are derivatives under their maker's terms",
    "L010": "share-alike",
    "L011": "the recipe's `license` promises more",
}
"""The reasons for which the stage `licence` drops rows."""

_ALWAYS = frozenset({"L002", "L003", "L004", "L011"})
_OPEN = _ALWAYS | {"L001", "L005", "L007"}
REFUSED: Mapping[Policy, frozenset[str]] = {
    "open": _OPEN,
    "permissive": _OPEN | {"L008", "L009", "L010"},
    "plamo": _OPEN | {"L006"},
    "research": _ALWAYS,
}
"""The codes that each policy refuses."""

_BY_TRAINING = {"no_competitors": "L005", "no_other_models": "L007", "named": "L008", "derivative": "L009"}
_TOKEN = re.compile(r"[a-z0-9]+")


class Finding(NamedTuple):
    """One thing that a policy may refuse."""

    code: str
    culprit: str
    """The licence or source that is to blame."""
    why: str
    """In words."""


def findings(tables: Book, ids: Ids) -> list[Finding]:
    """What holds against a text under these licences, whichever policy asks; in the order of the codes."""
    found = [finding for name in ids for finding in _of_one(tables.licence(name))]
    if fault := conflict(tables, ids):
        found.append(Finding("L004", AND.join(sorted(ids)), fault))
    return sorted(found)


def refused(policy: Policy, found: Iterable[Finding]) -> list[Finding]:
    """Those that the policy refuses."""
    return [finding for finding in found if finding.code in REFUSED[policy]]


def _of_one(one: Licence) -> Iterable[Finding]:
    if one.undecided or one.id == UNKNOWN:
        yield Finding("L003", one.id, f"nobody knows what {one.id[:60]!r} allows")
    if one.commercial is False:
        yield Finding("L001", one.id, f"{one.name} allows no commercial use")
    if one.derivatives is False:
        yield Finding("L002", one.id, f"{one.name} allows no changed works")
    if one.training in _BY_TRAINING:
        code = _BY_TRAINING[one.training]
        yield Finding(code, one.id, f"{one.name}: {CODES[code]}")
    if one.share_alike:
        yield Finding("L010", one.id, f"{one.name} asks that changed works stay under it")


def training_set(source: str) -> Finding | None:
    """What holds against a source that is, by its name, the training set of a benchmark."""
    words = set(_TOKEN.findall(source[:500].lower())) & _training_sets()
    if not words:
        return None
    return Finding("L006", min(words), f"{min(words)} is a training set of a benchmark")


@cache
def _training_sets() -> frozenset[str]:
    text = Path(__file__).with_name("training_sets.yaml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(text)["names"])
