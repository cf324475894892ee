"""Rows as a page gets them: `meta` read, and every text cut where it is long.

A page of fifty rows with texts of five megabytes must not be 250 megabytes. A row as a whole is bounded too: one of a
thousand long turns shows the first of them.
"""

import json
from collections.abc import Mapping
from typing import Any

_TEXTS = 50
"""Texts of full length that a row may show in all."""
_ITEMS = 1_000
"""Entries of a list or mapping that are shown."""
_DEEPEST = 30


def meta_of(text: str | None) -> Any:
    """What `meta` says; the text itself where it is no JSON."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def shown(record: Mapping[str, Any], place: int, cut: int) -> dict[str, Any]:
    """A row with its place, cut, and `_cut`: what was cut, by dotted names, and how long it is in truth."""
    cutter = _Cutter(cut)
    row = {key: meta_of(value) if key == "meta" else value for key, value in record.items()}
    found: dict[str, Any] = {key: cutter.cut(value, key) for key, value in row.items()}
    return {**found, "_place": place, "_cut": cutter.lengths}


class _Cutter:
    def __init__(self, cut: int) -> None:
        self._cut = cut
        self._left = _TEXTS * cut
        self.lengths: dict[str, int] = {}

    def cut(self, value: Any, name: str, depth: int = 0) -> Any:
        if isinstance(value, str):
            length = min(self._cut, self._left)
            if len(value) > length:
                self.lengths[name] = len(value)
                value = value[:length]
            self._left -= len(value)
            return _whole(value)
        if not isinstance(value, dict | list):
            return value
        if len(value) > _ITEMS or depth == _DEEPEST:
            self.lengths[name] = len(value)
        most = _ITEMS if depth < _DEEPEST else 0
        if isinstance(value, list):
            return [self.cut(one, f"{name}.{place}", depth + 1) for place, one in enumerate(value[:most])]
        entries = list(value.items())[:most]
        return {self._key(key): self.cut(one, f"{name}.{key[:200]}", depth + 1) for key, one in entries}

    def _key(self, key: str) -> str:
        return _whole(key[: self._cut])


def _whole(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON can hold and no page."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
