"""The figures of the kept pairs, added up batch by batch.

Of each pair three numbers stay in memory (margin, difference of the lengths, hash of the prompt): 24 bytes. All else is
counts.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from math import isfinite
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from factory.language import names_language
from factory.preferences.figures import Group, Languages, Lengths, Margins, Pairs, Sided
from factory.preferences.sides import FORMATS, Flags, Side, differ, said_by, side, spoken
from factory.preferences.statistics import Floats, mean, pearson, rounded, share, spearman, spread

COLUMNS = ("prompt", "chosen", "rejected", "source", "model", "meta")
"""Those of the pairs that are looked at."""
MOST_GROUPS = 20
MOST = 1e100
"""No score means a larger number."""
OTHERS = "others"

Integers = NDArray[np.int64]


class KeptPairs:
    """What is known of the pairs so far."""

    def __init__(self) -> None:
        """Of none yet."""
        self._margins: list[Floats] = []
        self._longer: list[Integers] = []
        self._prompts: list[NDArray[np.uint64]] = []
        self._lengths = [0, 0]
        self._counts: Counter[str] = Counter()
        self._formats = {name: _Sides() for name in FORMATS}
        self._refusals, self._empty, self._left = _Sides(), _Sides(), _Sides()
        self._kinds: Counter[str] = Counter()
        self._groups = {what: _Groups() for what in ("sources", "models", "iterations")}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take more pairs."""
        chosen, rejected = side(batch["chosen"]), side(batch["rejected"])
        metas = [_meta(text) for text in batch["meta"].to_pylist()]
        margins = np.array([_margin(meta) for meta in metas], np.float64)
        longer = chosen.lengths - rejected.lengths
        self._margins.append(margins)
        self._longer.append(longer)
        self._prompts.append(_prompts(batch["prompt"]))
        self._lengths[0] += int(chosen.lengths.sum())
        self._lengths[1] += int(rejected.lengths.sum())
        self._add_texts(chosen, rejected)
        self._add_languages(said_by("user", batch["prompt"]), chosen, rejected)
        models = batch["model"].to_pylist()
        policies = [str(meta.get("policy") or model) for meta, model in zip(metas, models, strict=True)]
        iterations = [str(meta["iteration"]) if "iteration" in meta else "" for meta in metas]
        names = {"sources": batch["source"].to_pylist(), "models": policies, "iterations": iterations}
        for what, groups in self._groups.items():
            groups.add(names[what], longer, margins)

    def _add_texts(self, chosen: Side, rejected: Side) -> None:
        bare = [pc.utf8_trim_whitespace(one.texts) for one in (chosen, rejected)]
        self._counts["identical"] += pc.sum(pc.equal(*bare), min_count=0).as_py()
        self._empty.add(*(pc.equal(one, "").to_numpy(zero_copy_only=False) for one in bare))
        self._refusals.add(chosen.refuses, rejected.refuses)
        apart = np.zeros(len(chosen.texts), np.bool_)
        for name, sides in self._formats.items():
            sides.add(chosen.formats[name], rejected.formats[name])
            apart |= chosen.formats[name] != rejected.formats[name]
        self._counts["formats"] += int(apart.sum())

    def _add_languages(self, prompts: pa.Array, chosen: Side, rejected: Side) -> None:
        asked = spoken(prompts)
        left = [np.zeros(len(prompts), np.bool_) for _ in range(2)]
        both = zip(asked, chosen.languages, rejected.languages, strict=True)
        for place, (prompt, good, bad) in enumerate(both):
            if differ(good, bad):
                self._kinds[f"{good} / {bad}"] += 1
            if (differ(prompt, good) or differ(prompt, bad)) and not names_language(prompts[place].as_py()):
                left[0][place], left[1][place] = differ(prompt, good), differ(prompt, bad)
        self._left.add(*left)

    def figures(self) -> Pairs:
        """What they come to."""
        prompts, longer = np.concatenate(self._prompts or [np.zeros(0, np.uint64)]), _joined(self._longer, np.int64)
        margins = _joined(self._margins, np.float64)
        pairs, apart = len(longer), self._kinds.total()
        return Pairs(
            pairs=pairs,
            prompts=len(np.unique(prompts)),
            margins=_margins(margins[~np.isnan(margins)]),
            lengths=self._length_figures(longer, margins),
            languages=Languages(
                differ=apart,
                differ_share=share(apart, pairs),
                kinds=dict(sorted(self._kinds.items())),
                not_the_prompts=self._left.figures(),
            ),
            formats={name: sides.figures() for name, sides in self._formats.items()},
            formats_differ=self._counts["formats"],
            formats_differ_share=share(self._counts["formats"], pairs),
            refusals=self._refusals.figures(),
            identical=self._counts["identical"],
            empty=self._empty.figures(),
            **{what: groups.figures() for what, groups in self._groups.items()},
        )

    def _length_figures(self, longer: Integers, margins: Floats) -> Lengths:
        pairs, more, less = len(longer), int((longer > 0).sum()), int((longer < 0).sum())
        scored = ~np.isnan(margins)
        known = longer[scored].astype(np.float64), margins[scored]
        return Lengths(
            chosen_mean=rounded(self._lengths[0] / max(pairs, 1)),
            rejected_mean=rounded(self._lengths[1] / max(pairs, 1)),
            chosen_longer=more,
            rejected_longer=less,
            equal=pairs - more - less,
            chosen_longer_share=share(more, pairs),
            bias=share(more - less, pairs),
            correlation=pearson(*known),
            rank_correlation=spearman(*known),
        )


class _Sides:
    """In how many pairs something is on which side."""

    def __init__(self) -> None:
        self._counts = [0, 0, 0]

    def add(self, chosen: Flags, rejected: Flags) -> None:
        for place, found in enumerate((chosen & ~rejected, rejected & ~chosen, chosen & rejected)):
            self._counts[place] += int(found.sum())

    def figures(self) -> Sided:
        return Sided(chosen=self._counts[0], rejected=self._counts[1], both=self._counts[2])


class _Groups:
    """Pairs, those with a longer chosen side, those with a margin, and the margins, by a name."""

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}
        self._margins: dict[str, list[Floats]] = {}

    def add(self, names: list[str], longer: Integers, margins: Floats) -> None:
        order, places = np.unique(np.array(names, np.object_), return_inverse=True)
        for place, name in enumerate(order.tolist()):
            mine = places == place
            known = margins[mine]
            counts = self._counts.setdefault(name, [0, 0])
            counts[0] += int(mine.sum())
            counts[1] += int((longer[mine] > 0).sum())
            self._margins.setdefault(name, []).append(known[~np.isnan(known)])

    def figures(self) -> dict[str, Group]:
        """The largest, then what is left; nothing where no pair says a name."""
        ranked = sorted((name for name in self._counts if name), key=lambda name: (-self._counts[name][0], name))
        largest = {name: [name] for name in sorted(ranked[:MOST_GROUPS])}
        rest = ranked[MOST_GROUPS:] + ([""] if "" in self._counts and ranked else [])
        return {name: self._group(names) for name, names in (largest | ({OTHERS: rest} if rest else {})).items()}

    def _group(self, names: list[str]) -> Group:
        pairs, more = (sum(self._counts[name][place] for name in names) for place in range(2))
        margins = _joined([part for name in names for part in self._margins[name]], np.float64)
        average = rounded(mean(margins)) if len(margins) else None
        return Group(pairs=pairs, chosen_longer_share=share(more, pairs), margin=average)


def _joined(parts: list[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _margins(margins: Floats) -> Margins | None:
    found = spread(margins)
    if found is None:
        return None
    return Margins(spread=found, zero=int((margins == 0).sum()), negative=int((margins < 0).sum()))


def _meta(text: str) -> Mapping[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:  # numbers past 64 bits
        found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _margin(meta: Mapping[str, Any]) -> float:
    """The margin, or the difference of the two scores; NaN where the pair says neither."""
    margin = _number(meta.get("margin"))
    chosen, rejected = (_number(meta.get(f"score_{name}")) for name in ("chosen", "rejected"))
    return margin if margin == margin else chosen - rejected


def _number(value: object) -> float:
    told = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST
    return float(value) if told and isfinite(value) else float("nan")  # type: ignore[arg-type]  # told: it is one


def _prompts(column: pa.ListArray) -> NDArray[np.uint64]:
    """A hash of each prompt, roles and contents."""
    return np.array([int.from_bytes(digest, "little") for digest in _digests(column)], np.uint64)


def _digests(column: pa.ListArray) -> Iterator[bytes]:
    flat = column.values
    turns = pc.binary_join_element_wise(flat.field("role"), flat.field("content"), "\x1f")
    for text in pc.binary_join(pa.ListArray.from_arrays(column.offsets, turns), "\x1e").to_pylist():
        yield blake2b(text.encode(), digest_size=8).digest()
