"""What a folder of safetensors files holds, from their headers; no tensor is read.

A header is untrusted: sizes, places and names are checked before anything is read by them, and nothing is unpickled.

Source: https://github.com/huggingface/safetensors (format)
"""

import math
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from factory.errors import RecipeError

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
MOST_HEADER_BYTES = 100_000_000
"""As the format's own library has it."""

WIDTHS = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "F8_E8M0": 1,
    "I16": 2,
    "U16": 2,
    "F16": 2,
    "BF16": 2,
}
WIDTHS |= {"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8}
"""Bytes of an element, by the type as safetensors says it."""
_PICKLED = (".bin", ".pt", ".pth", ".ckpt")


class Stored(NamedTuple):
    """Where one tensor lies."""

    path: Path
    tag: str
    """Its type as safetensors says it."""
    shape: tuple[int, ...]
    offset: int
    """Of its first byte in the file."""

    @property
    def size(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """How many bytes it has."""
        return self.size * WIDTHS[self.tag]


def stored(folder: Path) -> dict[str, Stored]:
    """Every tensor of a model's folder by its name, in the order of the files.

    Raises:
        RecipeError: there are no safetensors files, or one is damaged.
    """
    files = _files(folder)
    found: dict[str, Stored] = {}
    for file, names in files.items():
        tensors = _header(folder / file)
        wanted = tensors if names is None else {name: one for name, one in tensors.items() if name in names}
        if names is not None and len(wanted) < len(names):
            lacking = min(names - wanted.keys())
            raise RecipeError(f"{folder / file} lacks {lacking}, which {INDEX} says is there; fetch the model again")
        found |= wanted
    if not found:
        raise RecipeError(f"{folder} holds no tensors")
    return found


def check(folder: Path) -> None:
    """Refuse a folder one of whose safetensors files, where it has any, is damaged or gone.

    Raises:
        RecipeError: one is.
    """
    if (folder / INDEX).is_file():
        _indexed(folder / INDEX)
    for path in sorted(folder.glob("*.safetensors")):
        _header(path)


def _files(folder: Path) -> dict[str, set[str] | None]:
    """The weight files and which tensors are to be taken from each; None where all are."""
    if (folder / INDEX).is_file():
        return {file: set(names) for file, names in _indexed(folder / INDEX).items()}
    if (folder / SINGLE).is_file():
        return {SINGLE: None}
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    files = [name for name in names if name.endswith(".safetensors")]
    if "adapter_config.json" in names:
        raise RecipeError(
            f"{folder} holds a LoRA adapter, not a model; merge it into its base first (peft: merge_and_unload)"
        )
    if len(files) == 1:
        return {files[0]: None}
    if files:
        raise RecipeError(f"{folder} holds {len(files)} safetensors files and no {INDEX} that says what is in them")
    if pickled := [name for name in names if name.endswith(_PICKLED)]:
        raise RecipeError(
            f"{folder} holds pickled weights alone ({pickled[0]}), which may run code when they are read; "
            "save the model again as safetensors (save_pretrained)"
        )
    raise RecipeError(f"{folder} holds no weights; a model's folder holds {SINGLE} or shards of it with {INDEX}")


def _indexed(path: Path) -> dict[str, list[str]]:
    try:
        places = orjson.loads(path.read_bytes())["weight_map"]
        files: dict[str, list[str]] = {}
        for name, file in places.items():
            if "/" in file or "\\" in file or not file.endswith(".safetensors"):
                raise ValueError(f"{file!r} is no safetensors file of the folder")
            files.setdefault(file, []).append(name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecipeError(f"{path} is damaged: {type(error).__name__}: {' '.join(str(error).split())}") from error
    for file in files:
        if not (path.parent / file).is_file():
            raise RecipeError(f"{path.parent} lacks {file}, which {INDEX} names; fetch the model again")
    return dict(sorted(files.items()))


def _header(path: Path) -> dict[str, Stored]:
    """The tensors of one file in the order in which they lie."""
    try:
        with path.open("rb") as file:
            whole = path.stat().st_size
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(MOST_HEADER_BYTES, whole - 8):
                raise ValueError("its header is longer than it")
            header = orjson.loads(file.read(length))
        header.pop("__metadata__", None)
        found = {name: _entry(path, facts, 8 + length, whole) for name, facts in header.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise RecipeError(f"{path} is damaged or no safetensors file: {said}; fetch the model again") from error
    return dict(sorted(found.items(), key=lambda item: item[1].offset))


def _entry(path: Path, facts: Any, data: int, whole: int) -> Stored:
    begin, end = facts["data_offsets"]
    shape = tuple(facts["shape"])
    if facts["dtype"] not in WIDTHS:
        raise ValueError(f"the type {str(facts['dtype'])[:20]!r} is unknown")
    if not all(type(number) is int and number >= 0 for number in (begin, end, *shape)):
        raise ValueError("a shape or a place is no whole number")
    one = Stored(path, facts["dtype"], shape, data + begin)
    if end - begin != one.nbytes or data + end > whole:
        raise ValueError("it ends before its last tensor does, or says so")
    return one
