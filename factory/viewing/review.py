"""The rows of a dataset as people decided on them: a generator for recipes, `use: factory.viewing.review`.

What was rejected goes to the rejects as `review: rejected` with the note; what was edited is a new row that names the
old one as its parent, and what judges said of the old text does not stay with it; what was accepted says so. A row's
licence, source and model stay: the text is still theirs, changed by a person. Who decided, and when, is in the store of
reviews alone: a dataset is published.

A row (`meta: {..., parents: [8f1c...], edited_by: person}`, `verdicts: [{judge: review, passed: true, ...}]`).
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import ClassVar, Literal, cast

import orjson
from pydantic import PositiveInt

from factory import registry
from factory.component import Generator, Item, Run
from factory.component import Source as Work
from factory.errors import FactoryError, RecipeError
from factory.row import Pair, Row, Verdict
from factory.source.settings import Location
from factory.viewing.edited import applied
from factory.viewing.export import NAME
from factory.viewing.reviews import Review, Reviews


class Reviewed(Generator):
    """Reads a dataset that people looked at."""

    in_processes: ClassVar[bool] = True

    source: Location
    """The dataset: a folder that was made here."""
    reviews: Location
    """The store of the decisions: `<dataset>.reviews.sqlite`, from the recipe's folder on."""
    digest: str
    """That of the dataset's manifest, to which decisions are bound."""
    license: str = ""
    """The Hub id of the licence of rows that don't say theirs."""
    rest: Literal["keep", "drop"] = "keep"
    """What becomes of rows that nobody decided on; dropped, they are `review: undecided`."""
    count: PositiveInt | None = None  # type: ignore[assignment]  # `asked` knows it where nothing is said
    """How many rows to take, at most; all where nothing is said."""

    @property
    def _reader(self) -> Generator:
        settings = registry.reading(self.source, self.license)
        name = settings.pop("use")
        if self.count is not None:
            settings["count"] = self.count
        reader = cast(Generator, registry.build("generators", name, settings))
        reader.place(self._folder)
        return reader

    @property
    def _decided(self) -> list[Review]:
        path = self.beside(self.reviews)
        if not path.is_file():
            raise RecipeError(f"{path} is no file: nobody has decided on a row yet; factory view keeps decisions there")
        return Reviews(path, self.digest).all()

    def check(self) -> list[str]:
        """A dataset that can't be read, or decisions that don't fit it."""
        try:
            faults = self._reader.check()
            pairs = None if faults else self.brings_pairs()
            return [*faults, *(fault for one in self._decided if (fault := _misfit(one, pairs=pairs)))][:3]
        except FactoryError as error:
            return [str(error)]

    def fingerprint(self) -> str:
        """The dataset's, and what was decided; not when, nor by whom."""
        decided = [[one.row_id, one.decided, one.note, one.edited] for one in self._decided]
        told = [self._reader.fingerprint(), sorted(decided, key=lambda one: str(one[0]))]
        return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def sources(self) -> Sequence[Work]:
        """The dataset, under its licence."""
        return self._reader.sources()

    def brings_pairs(self) -> bool | None:
        """What the dataset holds."""
        return self._reader.brings_pairs()

    def asked(self) -> int:
        """The rows of the dataset."""
        return self._reader.asked()

    def items(self, run: Run) -> Iterator[Item]:
        """Those of the dataset."""
        return self._reader.items(run)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        """The rows of one item, as they were decided on."""
        reader, decided = run.shared(lambda: (self._reader, {one.row_id: one for one in self._decided}))
        return [self._settled(row, decided, run) for row in await reader.rows(item, run)]

    def _settled(self, row: Row | Pair, decided: Mapping[str, Review], run: Run) -> Row | Pair:
        said = decided.get(row.id)
        if said is None:
            return row if self.rest == "keep" else _with(row, Verdict(NAME, False, None, "undecided"))
        run.count(NAME, {"accept": "accepted", "reject": "rejected", "edit": "edited"}[said.decided])
        if said.decided == "reject":
            return _with(row, Verdict(NAME, False, None, "rejected", said.note))
        passed = Verdict(NAME, True, None, "", said.note)
        edited = row if said.edited is None else applied(row, said.edited)
        if edited == row:
            return _with(row, passed)
        meta = {**row.meta, "parents": [row.id], "edited_by": "person"}
        if edited.prompt != row.prompt:
            meta.pop("answer", None)  # the right one to another question
        return edited._replace(meta=meta, verdicts=(passed,))


def _with(row: Row | Pair, verdict: Verdict) -> Row | Pair:
    return row._replace(verdicts=(*(said for said in row.verdicts if said.judge != NAME), verdict))


def _misfit(review: Review, *, pairs: bool | None) -> str:
    """Why a decision doesn't fit the dataset."""
    if review.edited is None or pairs is None or ("chosen" in review.edited) == pairs:
        return ""
    kinds = ("a conversation", "pairs") if pairs else ("a pair", "conversations")
    return f"the review of row {review.row_id} edits {kinds[0]}, and the dataset holds {kinds[1]}; undo it"
