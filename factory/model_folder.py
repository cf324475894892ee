"""What a model's folder holds, so that a model trained anew in the same place is another model."""

from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

_WHOLE_BYTES = 1 << 20
"""Files up to this size are read whole."""

_PROBES, _PROBE_BYTES = 64, 4096
"""Of larger ones, this many places spread evenly: training changes every weight a little, and a shard of 5 GB takes
milliseconds."""


def content(name: str) -> str:
    """A digest of the folder of that name; the name itself where it is no folder."""
    folder = Path(name)
    if not folder.is_dir():
        return name
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    stamps = tuple((path.name, (stat := path.stat()).st_size, stat.st_mtime_ns) for path in files)
    return _digest(str(folder.resolve()), stamps)


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
