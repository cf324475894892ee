"""The command that runs a training on many devices: `accelerate launch` with a configuration that ships."""

import shlex
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

CONFIGURATIONS = ("ddp", "fsdp2", "zero3")
"""A copy of the model on each device; the model shared out by PyTorch; shared out by DeepSpeed."""


def configuration(name: str) -> Path:
    """The file that ships for accelerate, as a path from here where it lies below."""
    path = Path(str(files("recipes"))) / "train" / "accelerate" / f"{name}.yaml"
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def command(name: str, recipe: Path, out: Path, changes: Sequence[str], processes: int, machines: int) -> str:
    """The command for one machine; with several, each runs it with its own rank and the first one's address."""
    words = ["accelerate", "launch", "--config_file", str(configuration(name)), "--num_processes", str(processes)]
    if machines > 1:
        words += ["--num_machines", str(machines), "--machine_rank", "RANK", "--main_process_ip", "ADDRESS"]
        words += ["--main_process_port", "29500"]
    words += ["-m", "factory.cli", "train", str(recipe), "-o", str(out)]
    words += [word for change in changes for word in ("--set", change)]
    return shlex.join(words)
