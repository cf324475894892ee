"""Questions that other datasets have already: what is near to one of them isn't written again.

They may be a million, so they are looked up in `factory.near.index`, by 5-grams. The run's own questions are compared
by `factory.similar`, which leaves none out and sees more in short texts: of real questions at .7, 5-grams find half of
the pairs that its 3-grams find, and none beside.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path

from factory import dataset
from factory.manifest import MANIFEST, read_manifest
from factory.near.keys import key_text
from factory.similar import Match

AT_ONCE = 20_000
"""Rows that are read and hashed at once."""
LEAST = 0.3
"""The least similarity that the index can look for."""


class Others:
    """What the datasets ask. It never changes, so that no order of questions matters."""

    def __init__(self, folders: Sequence[Path], threshold: float) -> None:
        """Read the first user turn of every row.

        Raises:
            DatasetError: a folder is no complete dataset.
        """
        from factory.near.index import Index

        self._index = Index(None, threshold)
        for folder in folders:
            found = dataset.read(folder)
            while rows := list(islice(found, AT_ONCE)):
                self._index.offer([row.id for row in rows], [key_text(row, "instruction") for row in rows])
            self._index.commit("", folder.name)

    def find(self, question: str) -> Match | None:
        """The row that the question is nearest to, by dataset and id instead of its text; None where none is near."""
        (near,) = self._index.nearest([question])
        return near and Match(f"{near.dataset} {near.id}", near.jaccard)


def digest(folder: Path) -> str:
    """SHA-256 of a dataset's manifest, which holds those of its files.

    Raises:
        DatasetError: the folder is no complete dataset.
    """
    read_manifest(folder)
    return sha256((folder / MANIFEST).read_bytes()).hexdigest()
