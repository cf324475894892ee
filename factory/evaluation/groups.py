"""Questions by what they say of themselves, so that figures can be told apart by it."""

from collections.abc import Mapping, Sequence
from typing import Any

from factory.judge_eval.figures import MOST_GROUPS

OTHERS = "(others)"
_LONGEST = 80


def groups(metas: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> dict[str, dict[str, list[int]]]:
    """The places of the questions by kind and value, of kinds with several values; rare values are one."""
    found: dict[str, dict[str, list[int]]] = {}
    for kind in kinds:
        values: dict[str, list[int]] = {}
        for place, meta in enumerate(metas):
            if meta.get(kind) is not None:
                values.setdefault(str(meta[kind])[:_LONGEST], []).append(place)
        ranked = sorted(values, key=lambda value: (-len(values[value]), value))
        rest = [place for value in ranked[MOST_GROUPS:] for place in values[value]]
        kept = {value: values[value] for value in sorted(ranked[:MOST_GROUPS])} | ({OTHERS: rest} if rest else {})
        if len(kept) > 1:
            found[kind] = kept
    return found
