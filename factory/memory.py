"""What an engine holds of this machine's memory, and what it gave back: measured, so that nobody has to believe it.

Of processes it is the resident set as /proc tells it (pages that they share count once for each); of GPUs what NVML
says of the devices, whoever uses them. Where there is neither, nothing is said.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

MB = 1e6

NVML = ("pynvml", "vllm.third_party.pynvml")
"""Where its Python module may be; vLLM brings one along."""


SIZES = ("VmRSS", "VmHWM")
"""The resident set and the most that it was, as /proc calls them."""


_THREADS = 17
"""Where /proc/<id>/stat says how many threads a process has, counted from its state. One whose first thread ended is
told as a zombie while the others still hold its memory."""


class Memory(NamedTuple):
    """Bytes at one moment."""

    resident: int
    """What processes hold of this machine's memory."""
    peak: int
    """The most that they held."""
    gpus: int
    """What anybody holds of the GPUs' memory."""


@dataclass(slots=True)
class Held:
    """What one engine took, over all its starts in a run."""

    starts: int = 0
    started_s: float = 0.0
    """Sum of the starts' durations."""
    peak_mb: float = 0.0
    """The most that its processes held of this machine's memory."""
    returned_mb: float = 0.0
    """What was free again when it was closed the last time."""
    gpu_peak_mb: float = 0.0
    """The most that was in use on the GPUs before it was closed."""
    gpu_returned_mb: float = 0.0
    """What was free again there."""

    def started(self, seconds: float) -> None:
        """It runs."""
        self.starts += 1
        self.started_s = round(self.started_s + seconds, 3)

    def closed(self, before: Memory, after: Memory) -> None:
        """It ended: what its processes held before, and hold after it."""
        self.peak_mb = max(self.peak_mb, _mb(before.peak))
        self.returned_mb = _mb(before.resident - after.resident)
        self.gpu_peak_mb = max(self.gpu_peak_mb, _mb(before.gpus))
        self.gpu_returned_mb = _mb(before.gpus - after.gpus)

    def returned(self) -> str:
        """What it gave back, in words."""
        gpu = f" and {self.gpu_returned_mb:,.0f} MB of the GPUs'" if self.gpu_peak_mb else ""
        return f"{self.returned_mb:,.0f} MB of memory{gpu}"


def children() -> frozenset[int]:
    """The ids of this process's living children and of theirs; none where there is no /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if fields[0] != b"Z" or int(fields[_THREADS]) > 1:
            parents[int(entry.parent.name)] = int(fields[1])
    found, before = {os.getpid()}, 0
    while len(found) > before:
        before = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return frozenset(found - {os.getpid()})


def used(processes: Iterable[int]) -> Memory:
    """What is in use now; processes that are gone hold nothing."""
    held = [_of(process) for process in processes]
    return Memory(sum(now for now, _ in held), sum(peak for _, peak in held), _gpus())


def _of(process: int) -> tuple[int, int]:
    """The resident set of a process and the most that it was."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    kib = {name: value.split()[0] for name, _, value in (line.partition(":") for line in lines) if name in SIZES}
    now, peak = (1024 * int(kib.get(name, 0)) for name in SIZES)
    return now, peak


def _gpus() -> int:
    """Bytes in use on all GPUs; 0 where NVML is not there."""
    nvml = _nvml()
    if nvml is None:
        return 0
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return 0
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(place) for place in range(nvml.nvmlDeviceGetCount())]
        return sum(int(nvml.nvmlDeviceGetMemoryInfo(handle).used) for handle in handles)
    except nvml.NVMLError:
        return 0
    finally:
        nvml.nvmlShutdown()


def _nvml() -> Any:
    for name in NVML:
        if "." not in name or name.partition(".")[0] in sys.modules:  # a large library is not loaded for that alone
            try:
                return import_module(name)
            except ImportError:
                continue
    return None


def _mb(size: int) -> float:
    return round(size / MB, 1)
