"""Files that are either whole or absent, and one writer per folder.

A file is written beside its place, synced, renamed, and its folder synced: after a crash the old state or the new
one is there, nothing between.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from factory.errors import DatasetError

TEMPORARY = ".tmp"
LOCK = ".lock"
LEAVING_S = 3.0
"""How long a folder may still be held by processes that a kill has reached, and that are not gone yet."""

_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota is used up", errno.EFBIG: "the file is too large"}


def temporary(path: Path) -> Path:
    """Where the file is written until it is whole; hidden, so that no reader takes it for data."""
    return path.with_name(f".{path.name}{TEMPORARY}")


def publish(path: Path) -> None:
    """Give the temporary file of `path` its name, durably."""
    written = temporary(path)
    _sync(written)
    written.replace(path)
    _sync(path.parent)


def write(path: Path, content: bytes) -> None:
    """Write the whole file or nothing."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary(path).write_bytes(content)
        publish(path)


def sha256(path: Path) -> str:
    """The SHA-256 of the file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def whole(path: Path, size: int, digest: str) -> bool:
    """Whether the file is there with so many bytes, and this SHA-256."""
    return path.is_file() and path.stat().st_size == size and sha256(path) == digest


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a refusal of the disk into one sentence, and remove the half of `path` that was written.

    Raises:
        DatasetError: the disk is full, a quota or limit is reached, or the folder can't be written.
    """
    try:
        yield
    except OSError as error:
        with suppress(OSError):  # where the folder is none, there is no half either
            temporary(path).unlink(missing_ok=True)
        raise DatasetError(_sentence(error, path)) from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone; a killed holder frees it.

    Raises:
        DatasetError: another process holds it.
    """
    lock = folder / LOCK
    handle = _open_lock(lock)
    try:
        holder = f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        os.ftruncate(handle, 0)
        os.write(handle, holder.encode())
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(handle)


def _open_lock(lock: Path) -> int:
    """The locked file; opened again where its last holder removed it in between."""
    deadline = monotonic() + LEAVING_S
    while True:
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise DatasetError(f"{lock.parent} can't be written: {error.strerror}; choose another folder") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 500).decode(errors="replace") or "another process"
            os.close(handle)
            if monotonic() < deadline:
                sleep(0.02)
                continue
            raise DatasetError(
                f"{lock.parent} is being written by {holder}; wait for it, or choose another folder"
            ) from error
        if lock.exists() and os.fstat(handle).st_ino == lock.stat().st_ino:
            return handle
        os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sentence(error: OSError, path: Path) -> str:
    reason = _FULL.get(error.errno or 0)
    if reason is None:
        return f"{path} can't be written: {error.strerror or error}"
    free = shutil.disk_usage(next(folder for folder in path.parents if folder.exists())).free
    return (
        f"{path} can't be written: {reason} ({free:,} bytes are free); "
        f"no finished shard is lost: make room and run the same command again"
    )
