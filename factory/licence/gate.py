"""The licence of each row, and whether the policy lets it pass; decided once per licence and model, not per row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

from factory.licence.book import AND, UNKNOWN, Book, Own, book, check
from factory.licence.join import Ids, covers, duties, incompatible, joined, written
from factory.licence.policy import Policy, findings, refused, training_set
from factory.row import Pair, Row

MODELS = " + "
"""Between the models that a row names."""
AUTO = "auto"
"""The recipe's `license` that takes what comes out."""
_MOST_REMEMBERED = 10_000
_LONGEST_REMEMBERED = 2_000
_MOST_MODELS = 50
"""More are not looked up: what rows say is untrusted."""

_who = attrgetter("license", "model", "source")
_whose = attrgetter("license", "model")


class Fate(NamedTuple):
    """What becomes of rows of one licence and model."""

    license: str
    """The computed one; as it was where the row is refused."""
    code: str
    """Of `policy.CODES`; empty where the row passes."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What rows have to pass."""

    policy: Policy = "open"
    declared: str = AUTO
    """The recipe's `license`."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Under what the recipe says that models are, by the label that rows give them."""
    kept_texts: str = ""
    """The licences of judges whose words stay with the row."""
    settled: frozenset[str] = frozenset()
    """Licences of outputs that ask nothing of a dataset, whatever the recipe declares."""
    own: Own | None = None
    _fates: dict[tuple[str, ...], Fate] = field(default_factory=dict, compare=False, repr=False)
    _good: set[tuple[str, ...]] = field(default_factory=set, compare=False, repr=False)
    """Of which rows stay as they are."""

    @property
    def tables(self) -> Book:
        """The licences in use."""
        return book(self.own)

    def fate(self, license: str, model: str, source: str = "") -> Fate:
        """What becomes of a row under that licence whose text those models wrote."""
        key = (license, model, source)
        found = self._fates.get(key)
        if found is None:
            if sum(map(len, key)) > _LONGEST_REMEMBERED:
                return self._decided(*key)
            if len(self._fates) >= _MOST_REMEMBERED:
                self._fates.clear()
                self._good.clear()
            found = self._fates[key] = self._decided(license, model, source)
        if found == (license, ""):
            self._good.add(key if self.policy == "plamo" else key[:2])
        return found

    def passed(self, rows: Sequence[Row | Pair]) -> tuple[Mapping[int, Row | Pair], Mapping[int, str]]:
        """Rows whose licence is another than they say, and the codes of those that are refused; by their places.

        Most items have rows of one licence and one model: they cost a set, not a decision each.
        """
        of: attrgetter[Any] = _who if self.policy == "plamo" else _whose
        found = set(map(of, rows))
        if found <= self._good:
            return {}, {}
        fates = {who: self.fate(*who) for who in found}
        changed: dict[int, Row | Pair] = {}
        codes: dict[int, str] = {}
        for place, row in enumerate(rows):
            fate = fates[of(row)]
            if fate.code:
                codes[place] = fate.code
            elif fate.license != row.license:
                changed[place] = row._replace(license=fate.license)
        return changed, codes

    def row_ids(self, license: str, model: str) -> Ids:
        """The join of what wrote a row's text: its works, its models, and judges whose words are kept."""
        tables = self.tables
        ids = joined(tables, tables.ids(license))
        # What a row says may already ask for all that its models do; the recipe chose the id, and it stays.
        said = [tables.licence(name) for name in ids]
        extra = [name for text in self._texts(model) for name in tables.ids(text)]
        missing = [name for name in extra if not _covered(said, tables, name)]
        return joined(tables, ids.union(missing)) if missing else ids

    def _texts(self, model: str) -> Iterable[str]:
        labels = [label for label in model.split(MODELS, _MOST_MODELS) if label]
        if len(labels) > _MOST_MODELS:
            yield UNKNOWN
        for label in labels[:_MOST_MODELS]:
            terms = None if label in self.models else self.tables.of_model(label)
            yield from (text for text in (self.models.get(label), terms and terms.licence) if text)
        if self.kept_texts:
            yield self.kept_texts

    def _decided(self, license: str, model: str, source: str) -> Fate:
        ids = self.row_ids(license, model)
        known = training_set(source) if source else None
        if faults := refused(self.policy, [*findings(self.tables, ids), *([known] if known else [])]):
            return Fate(license, min(faults).code)
        if self.declared != AUTO:
            declared = check(self.declared, self.own)
            if incompatible(self.tables, declared, ids - self.settled):
                return Fate(license, "L011")
        return Fate(written(ids), "")


def _covered(said: Sequence[Any], tables: Book, name: str) -> bool:
    needed = duties([tables.licence(name)])
    return any(covers(one, needed) for one in said)


def of_model(tables: Book, model: str, declared: str) -> tuple[str, str]:
    """Under what a model's outputs are, and what is wrong with what the recipe says of it.

    The table knows models by their id; a recipe that says less than the table is wrong, one that says more is right.
    """
    terms = tables.of_model(model)
    if terms is None or terms.licence == declared:
        return declared, ""
    theirs = tables.ids(terms.licence)
    if declared == "other":
        return terms.licence, ""
    one = tables.licence(declared)
    short = sorted(name for name in theirs if name != declared and not covers(one, duties([tables.licence(name)])))
    if not short:
        return AND.join(sorted({declared, *theirs})), ""
    known = f"{model} is under {AND.join(sorted(theirs))!r} ({terms.url}, {terms.date})"
    return declared, f"licence {declared!r}: {known}; write that, or say otherwise under `licences:`"
