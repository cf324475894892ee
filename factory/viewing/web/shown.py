"""What stands behind the pages: one dataset or two, their reviews, and who may write."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from factory.manifest import MANIFEST
from factory.viewing.reviews import Reviews
from factory.viewing.rows import Dataset

_REFRESH_S = 1.0


@dataclass
class Shown:
    """A dataset that is looked at."""

    dataset: Dataset
    reviews: Reviews
    prefix: str
    """What its addresses begin with; nothing for the first one."""
    title: str
    """Its name; its folder where both have one name."""
    _stamp: tuple[int, int] | None
    """Of the manifest that was read; None of a run under way."""
    _lock: Lock = field(default_factory=Lock)
    _looked: float = 0.0

    @property
    def report(self) -> Path:
        """Its pictures, where there are any."""
        return self.dataset.folder / "report.html"

    def look_again(self) -> None:
        """See what a live run has made since, or that the dataset was made anew; once a second at most."""
        with self._lock:
            if time.monotonic() - self._looked <= _REFRESH_S:
                return
            stamp, digest = _stamp(self.dataset.folder), self.dataset.digest
            if self.dataset.live or stamp != self._stamp:
                self.dataset.refresh()
                self._stamp = stamp
                if self.dataset.digest != digest:  # decisions are of that dataset, not of the one before
                    self.reviews = Reviews.of(self.dataset.folder, self.dataset.digest)
            self._looked = time.monotonic()


def _stamp(folder: Path) -> tuple[int, int] | None:
    """What tells one manifest from the next."""
    try:
        found = (folder / MANIFEST).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def shown(folders: Sequence[Path]) -> list[Shown]:
    """The datasets in these folders.

    Raises:
        DatasetError: one is none.
    """
    found = []
    for place, folder in enumerate(folders):
        stamp = _stamp(folder)
        dataset = Dataset.open(folder)
        reviews = Reviews.of(folder, dataset.digest)
        found.append(Shown(dataset, reviews, f"/{place + 1}" if place else "", dataset.name, stamp))
    if len({one.title for one in found}) < len(found):
        for one in found:
            one.title = str(one.dataset.folder)
    return found
