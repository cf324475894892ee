"""What a model's folder holds, so that a model trained anew in the same place is another model."""

import json
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from factory.errors import RecipeError

_WHOLE_BYTES = 1 << 20
"""Files up to this size are read whole."""

_PROBES, _PROBE_BYTES = 64, 4096
"""Of larger ones, this many places spread evenly: training changes every weight a little, and a shard of 5 GB takes
milliseconds."""

_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks vLLM takes as a maximum."""


def content(name: str) -> str:
    """A digest of the folder of that name; the name itself where it is no folder."""
    folder = Path(name)
    if not folder.is_dir():
        return name
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    stamps = tuple((path.name, (stat := path.stat()).st_size, stat.st_mtime_ns) for path in files)
    return _digest(str(folder.resolve()), stamps)


def lora_rank(name: str) -> int:
    """The least maximum that vLLM takes for the adapter; of one that is on the Hub, 64.

    Raises:
        RecipeError: the folder holds no adapter.
    """
    folder = Path(name)
    if not folder.is_dir():
        return 64
    try:
        rank = int(json.loads((folder / "adapter_config.json").read_text())["r"])
        return next(most for most in _RANKS if most >= rank)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(f"lora: {name} holds no LoRA adapter: no rank `r` in adapter_config.json") from error
    except StopIteration as error:
        raise RecipeError(f"lora: {name} has rank {rank}; vLLM takes up to {_RANKS[-1]}") from error


@lru_cache(maxsize=64)
def _digest(folder: str, stamps: tuple[tuple[str, int, int], ...]) -> str:
    digest = blake2b(digest_size=16)
    for name, size, _ in stamps:
        digest.update(f"{name}\0{size}\0".encode())
        with (Path(folder) / name).open("rb") as file:
            if size <= _WHOLE_BYTES:
                digest.update(file.read())
                continue
            for probe in range(_PROBES):
                file.seek((size - _PROBE_BYTES) * probe // (_PROBES - 1))
                digest.update(file.read(_PROBE_BYTES))
    return f"folder:{digest.hexdigest()}"
