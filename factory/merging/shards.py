"""The weight files of the merged model: laid out before anything is merged, written block by block, whole or absent.

Tensors keep the order in which one model has them. Within a file the wider types come first, as the format's own
library lays them, so that every tensor is aligned.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson

from factory import durable
from factory.errors import RecipeError
from factory.merging.floats import FORMATS, encoded
from factory.merging.manifest import WeightFile
from factory.merging.methods import Blocks
from factory.merging.tensors import BLOCK, Files, Tensor
from factory.merging.weights import INDEX, SINGLE, WIDTHS, Stored

_ALIGNED = 8
_CHUNK = 1 << 20


class Laid(NamedTuple):
    """Where one tensor goes."""

    name: str
    tag: str
    shape: tuple[int, ...]
    nbytes: int
    offset: int
    """Of its first byte in the file."""


class Shard(NamedTuple):
    """One file of weights."""

    file: str
    header: bytes
    tensors: tuple[Laid, ...]

    @property
    def nbytes(self) -> int:
        """The size of the file."""
        return self.tensors[-1].offset + self.tensors[-1].nbytes


Begin = Callable[[str], tuple[Tensor, Blocks] | Stored]
"""How a tensor is merged, by its name; or where it is copied from, where it holds no weights."""


def laid_out(stored: Mapping[str, Stored], tag: str, most: int) -> list[Shard]:
    """The files for these tensors.

    Args:
        stored: the tensors of one model.
        tag: the type of all weights, as safetensors says it; empty where they keep theirs.
        most: how many bytes of tensors a file holds, but for one that is larger alone.
    """
    groups: list[list[Laid]] = [[]]
    filled = 0
    for name, one in stored.items():
        own = tag if tag and one.tag in FORMATS else one.tag
        nbytes = one.size * FORMATS[own].raw.itemsize if own in FORMATS else one.nbytes
        if groups[-1] and filled + nbytes > most:
            groups.append([])
            filled = 0
        groups[-1].append(Laid(name, own, one.shape, nbytes, 0))
        filled += nbytes
    count = len(groups)
    names = [SINGLE] if count == 1 else [f"model-{n:05}-of-{count:05}.safetensors" for n in range(1, count + 1)]
    return [_shard(file, group) for file, group in zip(names, groups, strict=True)]


def index(shards: Iterable[Shard]) -> bytes:
    """What `model.safetensors.index.json` says."""
    places = {one.name: shard.file for shard in shards for one in shard.tensors}
    total = sum(one.nbytes for shard in shards for one in shard.tensors)
    value = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write(out: Path, shard: Shard, begin: Begin, files: Files, wrote: Callable[[int], None]) -> WeightFile:
    """Merge the tensors of a file into it.

    Args:
        out: the folder.
        shard: the file.
        begin: how tensors are merged.
        files: what reads.
        wrote: is told of bytes.

    Raises:
        RecipeError: a merged weight is infinite or no number.
        DatasetError: the disk is full, or a model can't be read.
    """
    path = out / shard.file
    how: dict[str, int] = {}
    with durable.disk_errors(path):
        handle = os.open(durable.temporary(path), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            _put(handle, shard.header, 0)
            for laid in shard.tensors:
                found = begin(laid.name)
                if isinstance(found, Stored):
                    _copy(handle, laid, found, files)
                else:
                    _merge(handle, laid, *found)
                word = "copied" if isinstance(found, Stored) else found[1].how
                how[word] = how.get(word, 0) + 1
                wrote(laid.nbytes)
        finally:
            os.close(handle)
    hashed = durable.sha256(durable.temporary(path))
    return WeightFile(file=shard.file, bytes=shard.nbytes, sha256=hashed, tensors=dict(sorted(how.items())))


def publish(out: Path, shard: Shard) -> None:
    """Give a written file its name."""
    with durable.disk_errors(out / shard.file):
        durable.publish(out / shard.file)


def names(shards: Iterable[Shard]) -> Iterator[str]:
    """The files of weights, with their index where there are several."""
    files = [shard.file for shard in shards]
    yield from files
    if len(files) > 1:
        yield INDEX


def _shard(file: str, tensors: list[Laid]) -> Shard:
    ordered = sorted(tensors, key=lambda one: WIDTHS[one.tag], reverse=True)
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}  # transformers asks for the format
    end = 0
    for one in ordered:
        header[one.name] = {"dtype": one.tag, "shape": one.shape, "data_offsets": [end, end + one.nbytes]}
        end += one.nbytes
    text = orjson.dumps(header)
    text += b" " * (-len(text) % _ALIGNED)
    begin = 8 + len(text)
    laid = [one._replace(offset=begin + header[one.name]["data_offsets"][0]) for one in ordered]  # type: ignore[index]
    return Shard(file, len(text).to_bytes(8, "little") + text, tuple(laid))


def _merge(handle: int, laid: Laid, tensor: Tensor, blocks: Blocks) -> None:
    width = FORMATS[laid.tag].raw.itemsize

    def of_block(block: int) -> None:
        raw = encoded(laid.tag, blocks.block(block))
        if raw is None:
            narrow = "; float16 holds nothing above 65504: set dtype: bfloat16" if laid.tag == "F16" else ""
            raise RecipeError(f"{laid.name} comes out with values that are infinite or no numbers{narrow}")
        _put(handle, raw.view(np.uint8).data, laid.offset + block * BLOCK * width)

    tensor.each(of_block)


def _copy(handle: int, laid: Laid, stored: Stored, files: Files) -> None:
    for begin in range(0, stored.nbytes, _CHUNK):
        piece = memoryview(bytearray(min(_CHUNK, stored.nbytes - begin)))
        files.fill(piece, stored.path, stored.offset + begin)
        _put(handle, piece, laid.offset + begin)


def _put(handle: int, content: bytes | memoryview, offset: int) -> None:
    rest = memoryview(content)
    while rest.nbytes:
        done = os.pwrite(handle, rest, offset)
        rest, offset = rest[done:], offset + done
