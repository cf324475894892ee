"""A parameter that may differ from tensor to tensor: a number, a gradient over the layers, or either by pattern.

`0.5` · `[0, 0.5, 1]` · `{"*.self_attn.*": 0.3, "*.mlp.*": [0, 1], default: 0.5}`

A gradient is read as mergekit reads it: the numbers are anchors spread evenly from the first layer to the last, and
between two of them is a straight line. Tensors outside of the layers have the first anchor where they come before them
(embeddings) and else the last one. Of patterns (as shells match names) the first one that matches counts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from math import isfinite
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

DEFAULT = "default"
_LAYER = re.compile(r"(?:^|\.)(\d+)\.")
_BEFORE = re.compile(r"embed|wte|wpe")
"""In the names of what comes before the layers."""

Anchors = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Layers:
    """How deep each tensor lies, from its name."""

    last: Mapping[str, int]
    """The number of the last layer by what comes before the number."""

    @classmethod
    def of(cls, names: Iterable[str]) -> "Layers":
        """The layers that these tensors are in."""
        last: dict[str, int] = {}
        for name in names:
            if found := _LAYER.search(name):
                stack = name[: found.start(1)]
                last[stack] = max(int(found[1]), last.get(stack, 0))
        return cls(last)

    def depth(self, name: str) -> float:
        """From 0, the first layer and what comes before it, to 1, the last and what comes after it."""
        found = _LAYER.search(name)
        if found is None:
            return 0.0 if _BEFORE.search(name) else 1.0
        last = self.last[name[: found.start(1)]]
        return int(found[1]) / last if last else 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """A number for every tensor."""

    rules: tuple[tuple[str, Anchors], ...]
    """Patterns and their anchors; a plain number is one rule, for `*`."""
    written: Any
    """As the recipe says it."""

    def at(self, name: str, depth: float) -> float | None:
        """The number for a tensor; None where no pattern matches it."""
        anchors = next((found for pattern, found in self.rules if fnmatchcase(name, pattern)), None)
        if anchors is None:
            return None
        place = depth * (len(anchors) - 1)
        low = min(int(place), max(0, len(anchors) - 2))
        share = place - low
        return anchors[low] if share == 0 else anchors[low] * (1 - share) + anchors[low + 1] * share

    def unmatched(self, names: Iterable[str]) -> str:
        """A pattern that matches no tensor; empty where each does."""
        names = list(names)
        patterns = (pattern for pattern, _ in self.rules if pattern != "*")
        return next((one for one in patterns if not any(fnmatchcase(name, one) for name in names)), "")


def constant(value: float) -> Schedule:
    """The same number for every tensor."""
    return Schedule((("*", (float(value),)),), value)


def _read(value: Any, low: float, high: float, *, open_low: bool, open_high: bool) -> Schedule:
    """What settings say as a schedule whose numbers are all within the bounds."""
    if isinstance(value, Schedule):
        return value
    rules = value if isinstance(value, Mapping) else {DEFAULT: value}
    if not rules:
        raise ValueError('is empty; write a number, a list of numbers, or {"*.self_attn.*": 0.3, default: 0.5}')
    found: dict[str, Anchors] = {}
    for pattern, anchors in rules.items():
        numbers = anchors if isinstance(anchors, list) else [anchors]
        for number in numbers or [None]:
            if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
                raise ValueError(f"{number!r} is no number; write one, a list of them, or either by pattern")
            if not low <= number <= high or (open_low and number == low) or (open_high and number == high):
                bounds = f"{'above' if open_low else 'from'} {low:g} {'to below' if open_high else 'to'} {high:g}"
                raise ValueError(f"{number} is not {bounds}")
        found[pattern] = tuple(map(float, numbers))
    default = {"*": found.pop(DEFAULT)} if DEFAULT in found else {}
    return Schedule(tuple({**found, **default}.items()), value)


def _bounded(low: float, high: float, *, open_low: bool = False, open_high: bool = False) -> PlainValidator:
    return PlainValidator(partial(_read, low=low, high=high, open_low=open_low, open_high=open_high))


def _written(schedule: Schedule) -> Any:
    return schedule.written


Number = Annotated[Schedule, _bounded(-1e6, 1e6), PlainSerializer(_written)]
"""Any number."""
Between = Annotated[Schedule, _bounded(0, 1), PlainSerializer(_written)]
"""From 0 to 1."""
Kept = Annotated[Schedule, _bounded(0, 1, open_low=True), PlainSerializer(_written)]
"""A share that is kept: not 0."""
Dropped = Annotated[Schedule, _bounded(0, 1, open_high=True), PlainSerializer(_written)]
"""A share that is dropped: not 1."""
