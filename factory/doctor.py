"""What this machine has and lacks for the factory: versions, optional libraries with their pip line, cores, disk."""

import os
import platform
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

DISTRIBUTION = "post-training-factory"

OPTIONAL = {
    "datasets": "load the finished folder with datasets.load_dataset",
    "huggingface_hub": "publish to the Hub",
    "openai": "ask an OpenAI-compatible server",
    "vllm": "run a model in this process",
    "torch": "train and score",
    "transformers": "train and score",
    "trl": "train with SFT and DPO",
}
"""Libraries that parts of the factory ask for when they are used, and for what."""

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
    for name, purpose in OPTIONAL.items():
        found = version(name)
        advice = "" if found else f"pip install {name}  # to {purpose}"
        findings.append(Finding(name, found or "not installed", True if found else None, advice))
    if version(CLASH):
        findings.append(Finding(CLASH, "installed", False, f"it owns the same import name: pip uninstall {CLASH}"))
    return findings


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
