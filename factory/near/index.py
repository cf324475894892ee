"""Near duplicates while rows are being made: an index of what is there, to which new rows are offered.

    index = Index.open(folder, threshold=0.7)
    offer = index.offer(ids, texts)       # offer.accepted[i], offer.nearest[i]
    index.commit("train-00000", "mine")   # with the shard that holds the rows

Accepted rows count at once, and for good with `commit`; `discard`, or a crash, forgets what wasn't committed. Offering
a row again that is there (same id, same text) accepts it, so that a shard can be made twice. Several datasets may
share a folder, one process at a time writing to it.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from factory import durable
from factory.errors import DatasetError
from factory.near import bands, kernels, segments, verify
from factory.near.arrays import Codes, Mask, Places, Similarities
from factory.near.buckets import Buckets, HashTable, SortedRuns
from factory.near.duplicates import Search
from factory.near.held import Held
from factory.near.kernels import Kernel
from factory.near.offered import Offered, distinct
from factory.near.segments import Segment


class Nearest(NamedTuple):
    """The most similar row, of those that are similar enough."""

    id: str
    dataset: str
    """Where it was committed; the empty string for rows that aren't yet."""
    jaccard: float


class Offer(NamedTuple):
    """What became of the rows that were offered."""

    accepted: Mask
    nearest: list[Nearest | None]
    """Why a row wasn't accepted. An accepted row has one where it is a variant of it, or that row itself."""


class Index:
    """The rows so far, and which of them is near to another."""

    def __init__(self, folder: Path | None, threshold: float, key: str = "instruction") -> None:
        """Read what the folder holds; without a folder, the index lives in memory. See `open`."""
        self._cut = bands.shape(threshold)
        self._threshold = threshold
        self._folder = folder
        self._key = key
        self._manifest: dict[str, Any] = segments.manifest(folder, key) if folder else {"segments": []}
        self._held = Held()
        self._buckets: Buckets = SortedRuns()
        total = sum(one["rows"] for one in self._manifest["segments"])
        for one in self._manifest["segments"]:
            if folder:
                segment = Segment(segments.path_of(folder, one["name"]), one["bytes"], one["dataset"])
                compute = kernels.kernel(total)
                self._insert(compute.bucket_keys(segment.signatures, *self._cut), compute)
                self._held.load(segment)

    @classmethod
    def open(cls, folder: Path, threshold: float, key: str = "instruction") -> "Index":
        """The index in a folder, empty where there is none yet.

        Args:
            folder: beside the dataset; made by the first commit.
            threshold: the Jaccard from which on two rows are one, .3 to 1; may differ from last time.
            key: what the texts are (see `keys`); an index holds one kind.

        Raises:
            DatasetError: the folder was made by other rules, or is damaged.
        """
        return cls(folder, threshold, key)

    def __len__(self) -> int:
        """How many rows there are, committed or not."""
        return self._held.living()

    def offer(
        self,
        ids: Sequence[str],
        texts: Sequence[str],
        ranks: Sequence[int] | None = None,
        answers: Sequence[str | None] | None = None,
    ) -> Offer:
        """Accept the rows that are near to none that is there, nor to a better one of the same offer.

        Args:
            ids: what the rows are called when they are someone's nearest.
            texts: their key texts, not folded.
            ranks: all different, the best the lowest; their order where not given.
            answers: see `duplicates.near_duplicates`.

        Raises:
            ValueError: there isn't one id, text, rank and answer per row.
        """
        given = [len(one) for one in (texts, ranks, answers) if one is not None]
        if any(one != len(ids) for one in given):
            raise ValueError(f"{len(ids)} ids with {given} texts, ranks and answers: one of each per row")
        compute = kernels.kernel(len(self._held) + len(texts))
        return self.take(Offered.of(ids, texts, answers, self._cut, compute), ranks, compute)

    def take(self, offered: Offered, ranks: Sequence[int] | None, compute: Kernel) -> Offer:
        """What `offer` does, with rows that are folded and have their signatures."""
        count = len(offered.ids)
        offer = Offer(np.ones(count, dtype=np.bool_), [None] * count)
        new = self._beside_held(offered, offer, compute).nonzero()[0]
        if len(new) > 1:
            self._among_themselves(offered, new, ranks, offer, compute)
            new = new[offer.accepted[new]]
        if len(new):
            self._insert(offered.keys[new], compute)
            self._held.pending.add(*offered.stored(new.tolist()), offered.lengths[new], offered.signatures[new])
        return offer

    def nearest(self, texts: Sequence[str]) -> list[Nearest | None]:
        """The row that is most similar to each text, where one is similar enough; nothing is taken in."""
        compute = kernels.kernel(len(self._held))
        offered = Offered.of([""] * len(texts), texts, None, self._cut, compute)
        offer = Offer(np.ones(len(texts), dtype=np.bool_), [None] * len(texts))
        self._beside_held(offered, offer, compute)
        return offer.nearest

    def commit(self, name: str, dataset: str = "") -> None:
        """Keep the accepted rows for good, as the segment of that name; nothing to keep is fine.

        Raises:
            DatasetError: the name is taken or no file name, another process wrote here, or the disk refuses.
        """
        if not len(self._held.pending):
            return
        if self._folder:
            if not segments.NAME.fullmatch(name):
                raise DatasetError(f"segment {name[:100]!r}: a name is up to 100 of A-Z, a-z, 0-9, '.', '_' and '-'")
            self._folder.mkdir(parents=True, exist_ok=True)
            with durable.locked(self._folder):
                self._write(self._folder, name, dataset)
        self._held.keep(dataset)

    def discard(self) -> None:
        """Forget the rows that were accepted since the last commit."""
        self._held.discard()

    def _write(self, folder: Path, name: str, dataset: str) -> None:
        known = self._manifest["segments"]
        if segments.manifest(folder, self._key)["segments"] != known:
            raise DatasetError(f"{folder} was extended by another process; open the index again")
        if any(one["name"] == name for one in known):
            raise DatasetError(f"{folder} has a segment {name!r} already; a segment never changes: take another name")
        path = segments.path_of(folder, name)
        self._held.pending.write(path)
        entry = {"name": name, "dataset": dataset, "rows": len(self._held.pending), "bytes": path.stat().st_size}
        told = {**self._manifest, "segments": [*known, entry]}
        durable.write(folder / segments.MANIFEST, (json.dumps(told, indent=1) + "\n").encode())
        self._manifest = told

    def _insert(self, keys: Codes, compute: Kernel) -> None:
        """Put rows into their buckets, before they are held."""
        if isinstance(self._buckets, SortedRuns) and kernels.is_numba(compute):
            self._buckets = HashTable(self._buckets.entries())
        self._buckets.add(keys, len(self._held))

    def _beside_held(self, offered: Offered, offer: Offer, compute: Kernel) -> Mask:
        """Refuse what is near to a held row; True for rows that are accepted and not held already."""
        new = offer.accepted.copy()
        asked, rows = self._buckets.find(offered.keys)
        if not len(asked):
            return new
        known = set()
        asked, rows, jaccard = self._near(offered, asked, rows, compute)
        for pair in np.lexsort((rows, -jaccard, asked)).tolist():
            row = int(asked[pair])
            part, place = self._held.where(int(rows[pair]))
            found = Nearest(part.id(place), part.dataset, float(jaccard[pair]))
            if found.jaccard == 1 and found.id == offered.ids[row]:
                known.add(row)
                new[row], offer.accepted[row], offer.nearest[row] = False, True, found
            elif row not in known:
                same = offered.same_question(row, part, place)
                if offer.nearest[row] is None or (same and offer.accepted[row]):
                    offer.nearest[row] = found
                if same:
                    new[row] = offer.accepted[row] = False
        return new

    def _near(
        self, offered: Offered, asked: Places, rows: Places, compute: Kernel
    ) -> tuple[Places, Places, Similarities]:
        """Which of the rows that met are near, and how near."""
        signed = (offered.signatures, offered.lengths)
        worth = self._held.plausible(signed, asked, rows, verify.least(self._threshold), compute)
        asked, rows = asked[worth], rows[worth]
        jaccard = np.empty(len(rows), dtype=np.float64)
        for begin in range(0, len(rows), verify.PAIRS):
            part = slice(begin, begin + verify.PAIRS)
            theirs, numbers = distinct(rows[part])
            texts = [place.text(at) for place, at in map(self._held.where, theirs)]
            jaccard[part] = offered.jaccard(asked[part], texts, numbers, compute)
        near = jaccard >= self._threshold - verify.EPSILON
        return asked[near], rows[near], jaccard[near]

    def _among_themselves(
        self, offered: Offered, new: Places, ranks: Sequence[int] | None, offer: Offer, compute: Kernel
    ) -> None:
        """Refuse what is near to a better row of the same offer."""
        order = new if ranks is None else new[np.argsort(np.asarray(ranks)[new], kind="stable")]
        places = order.tolist()
        answers = None if offered.answers is None else [offered.answers[row] for row in places]
        texts = [offered.texts[row] for row in places]
        search = Search(texts, offered.signatures[order], offered.lengths[order], answers)
        drops = search.run(self._cut, self._threshold, compute)
        for row, other, jaccard in zip(*drops.links, strict=True):
            offer.accepted[places[row]] = False
            offer.nearest[places[row]] = Nearest(offered.ids[places[other]], "", float(jaccard))
        for row, other, jaccard in zip(*drops.variants, strict=True):
            better, worse = places[row], places[other]
            if offer.accepted[worse] and offer.nearest[worse] is None:
                offer.nearest[worse] = Nearest(offered.ids[better], "", float(jaccard))
