"""Where two settings differ, in words: why a folder is not this recipe's."""

from collections.abc import Iterator
from typing import Any

import orjson


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Where two settings differ: key path and both values, shortened."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{path}.{index}")
    elif old != new:
        yield f"{path} is {_short(old)} there and {_short(new)} here"


def _short(value: Any) -> str:
    text = "absent" if value is None else orjson.dumps(value).decode()
    return text if len(text) <= 60 else text[:57] + "..."
