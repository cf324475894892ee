"""What judges say of rows, counted: passed, failed, could not tell, and the scores of kept and of dropped rows."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factory.reporting.numbers import Numbers

JUDGES = 24
"""Judges that are told apart; what is left is `others`."""
OTHERS = "others"


@dataclass
class Judge:
    """One judge."""

    passed: int = 0
    failed: int = 0
    unjudged: int = 0
    """It could not tell: neither passed nor failed."""
    kept: Numbers = field(default_factory=Numbers)
    """The scores of kept rows."""
    dropped: Numbers = field(default_factory=Numbers)

    @property
    def total(self) -> int:
        """Its verdicts."""
        return self.passed + self.failed + self.unjudged


@dataclass
class Verdicts:
    """All of them."""

    judges: dict[str, Judge] = field(default_factory=lambda: defaultdict(Judge))

    def add(self, column: pa.ListArray, *, kept: bool) -> None:
        """Count the verdicts of some rows."""
        said = column.flatten()
        if not len(said):
            return
        coded = pc.dictionary_encode(pc.fill_null(said.field("judge"), ""))
        codes = coded.indices.to_numpy().astype(np.int64)
        passed = pc.fill_null(pc.cast(said.field("passed"), pa.int8()), 2).to_numpy(zero_copy_only=False)
        scores = said.field("score").to_numpy(zero_copy_only=False).astype(np.float64)
        counts = np.bincount(codes * 3 + passed, minlength=3 * len(coded.dictionary)).reshape(-1, 3).tolist()
        for code, name in enumerate(coded.dictionary.to_pylist()):
            judge = self.judges[name if name in self.judges or len(self.judges) < JUDGES else OTHERS]
            judge.failed += counts[code][0]
            judge.passed += counts[code][1]
            judge.unjudged += counts[code][2]
            (judge.kept if kept else judge.dropped).add(scores if len(counts) == 1 else scores[codes == code])
