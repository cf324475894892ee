"""What a settings file says, and where it says it: data with a place for every value."""

from dataclasses import dataclass, field, replace
from typing import Any

Steps = tuple[str | int, ...]
"""The way to a value: keys and list indices."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says and where it says it."""

    name: str
    """The file's name as the user wrote it."""
    data: Any
    """Dicts with text keys, lists, text, numbers, booleans, None."""
    marks: dict[Steps, tuple[int, int]] = field(default_factory=dict)
    """Line and column (from 1) by path; of the key where there is one."""
    written: dict[Steps, str] = field(default_factory=dict)
    """Plain scalars that were not read as text, as they were written."""
    origins: dict[Steps, str] = field(default_factory=dict)
    """Values that came from elsewhere, such as a flag, and from where."""

    def where(self, *path: str | int) -> str:
        """`file.yaml:12` for the value at this path, or for the nearest place above it."""
        for length in range(len(path), -1, -1):
            here = path[:length]
            if here in self.origins:
                return self.origins[here]
            if here in self.marks:
                return f"{self.name}:{self.marks[here][0]}"
        return self.name

    def trap(self, *path: str | int) -> str:
        """Why the value here is not the text that was meant, and what to write; empty when there is no trap."""
        text = self.written.get(path)
        if text is None:
            return ""
        value = self.value(*path)
        if value is None:
            return f'`{text}` is read as "nothing"; write "{text}"' if text else "there is no value"
        read = str(value).lower() if isinstance(value, bool) else str(value)
        read = read if read != text else "a number" if not isinstance(value, bool) else "true or false, not as text"
        return f'`{text}` is read as {read}; write "{text}"'

    def value(self, *path: str | int) -> Any:
        """The value at this path.

        Raises:
            LookupError: there is none.
        """
        value = self.data
        for step in path:
            match value, step:
                case (dict(), str()) | (list(), int()):
                    value = value[step]
                case _:
                    raise LookupError(f"nothing at {path} in {self.name}")
        return value

    def replaced(self, path: Steps, other: "Document", origin: str) -> "Document":
        """The same document with what `other` says at this path; the container of it must exist."""
        length = len(path)
        kept = {key: mark for key, mark in self.marks.items() if key[:length] != path}
        written = {key: text for key, text in self.written.items() if key[:length] != path}
        written |= {(*path, *key): text for key, text in other.written.items()}
        data = _with(self.data, path, other.data)
        return replace(self, data=data, marks=kept, written=written, origins=self.origins | {path: origin})


def _with(data: Any, path: Steps, value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(step, int):
        return [_with(old, rest, value) if index == step else old for index, old in enumerate(data)]
    return {**data, step: _with(data[step] if rest else None, rest, value)}
