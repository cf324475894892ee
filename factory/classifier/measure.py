"""How good scores are, and where to draw the line."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]


def by_precision(good: Scores, bad: Scores, wanted: float) -> float | None:
    """The lowest threshold from which on the kept are good to the share `wanted`; None where there is none.

    Precision is that of positives and negatives as they stand in the data: where the share of good documents is lower
    in the field, so is the precision there.
    """
    cuts = np.unique(good)
    kept_good = len(good) - np.searchsorted(np.sort(good), cuts)
    kept_bad = len(bad) - np.searchsorted(np.sort(bad), cuts)
    enough = kept_good >= wanted * (kept_good + kept_bad)
    return float(cuts[enough.argmax()]) if enough.any() else None


def by_top_share(scores: Scores, share: float) -> float:
    """The threshold that keeps the best `share` of the scores, or a little less where many are equal."""
    ranked = np.sort(scores)[::-1]
    keep = int(share * len(ranked))
    if keep >= len(ranked):
        return float(ranked[-1])
    above = ranked[ranked > ranked[keep]]
    return float(above[-1]) if len(above) else float(np.nextafter(ranked[0], 2))


def measured(good: Scores, bad: Scores, threshold: float) -> dict[str, Any]:
    """Precision and recall at a threshold, and the area under the ROC curve."""
    kept_good, kept_bad = int((good >= threshold).sum()), int((bad >= threshold).sum())
    return {
        "positives": len(good),
        "negatives": len(bad),
        "precision": kept_good / (kept_good + kept_bad) if kept_good + kept_bad else None,
        "recall": kept_good / len(good) if len(good) else None,
        "negatives_kept": kept_bad / len(bad) if len(bad) else None,
        "auc": _auc(good, bad),
    }


def _auc(good: Scores, bad: Scores) -> float | None:
    """The chance that a good document scores above a bad one; equal scores count half."""
    if not len(good) or not len(bad):
        return None
    ranked = np.sort(bad)
    below = np.searchsorted(ranked, good, "left").sum() + np.searchsorted(ranked, good, "right").sum()
    return float(below / 2 / len(good) / len(bad))


def of(scores: Sequence[float | None]) -> Scores:
    """Scores as an array; what has no text counts as worst."""
    return np.array([0.0 if score is None else score for score in scores], np.float64)
