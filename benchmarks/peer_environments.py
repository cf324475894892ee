"""Interpreters that have the libraries we compare with: named by the caller's environment, or made under `.venvs/`.

Each library lives in a virtual environment of its own, with the versions that it works with: mathematics_dataset
1.0.1 breaks on SymPy 1.5 and NumPy 1.24, and so needs Python 3.11; distilabel 1.5.3 doesn't say that it needs requests.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

VENVS = Path(__file__).parent / ".venvs"
INSTALL_S = 900


class Peer(NamedTuple):
    """What one library needs."""

    python: str
    """The version of Python, empty where any that runs us will do."""
    installs: tuple[tuple[str, ...], ...]
    """Arguments of `pip install`, in order."""
    imports: str
    version: str


PEERS = {
    "reasoning-gym": Peer("", (("reasoning-gym==0.1.25",),), "reasoning_gym", "0.1.25"),
    "mathematics_dataset": Peer(
        "3.11",
        (
            ("setuptools<70", "wheel"),
            ("numpy==1.23.5", "sympy==1.4", "absl-py", "six"),
            ("--no-deps", "--no-build-isolation", "mathematics_dataset==1.0.1"),
        ),
        "mathematics_dataset",
        "1.0.1",
    ),
    "mergekit": Peer("", (("torch==2.13.0",), ("mergekit==0.1.5",)), "mergekit", "0.1.5"),
    "distilabel": Peer("", (("distilabel[openai]==1.5.3", "requests"),), "distilabel.pipeline", "1.5.3"),
}


def variable(name):
    """The environment variable that names an interpreter which has the library."""
    return f"PEER_PYTHON_{name.replace('-', '_').upper()}"


def python_for(version):
    """An interpreter of a version, or None."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sys.executable if version in ("", here) else shutil.which(f"python{version}")


def interpreter(name):
    """(an interpreter with the library, '') or (None, one line that says why there is none)."""
    peer = PEERS[name]
    given = os.environ.get(variable(name))
    if given:
        return (given, "") if works(given, peer) else (None, f"{variable(name)}={given} can't import {peer.imports}")
    python = VENVS / name / "bin" / "python"
    if works(python, peer):
        return str(python), ""
    maker = python_for(peer.python)
    if maker is None:
        return None, f"it needs Python {peer.python}, which is not installed; {variable(name)} may name one that has it"
    try:
        ran([maker, "-m", "venv", "--clear", str(VENVS / name)])
        for arguments in peer.installs:
            ran([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments])
    except (subprocess.SubprocessError, OSError) as error:
        last = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
        return None, f"pip could not install it: {' '.join(last)}; {variable(name)} may name an interpreter that has it"
    return (str(python), "") if works(python, peer) else (None, f"it was installed but can't be imported by {maker}")


def works(python, peer):
    """Whether an interpreter can import the library."""
    try:
        ran([str(python), "-I", "-c", f"import {peer.imports}"])
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def ran(command):
    """Run a command to its end."""
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S, stdin=subprocess.DEVNULL)
