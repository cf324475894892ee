"""What vLLM calls in each of its processes (the entry point `vllm.general_plugins` of this distribution).

vLLM's own processes write where this one writes, get the terminal's Ctrl-C before this one can stop cleanly, and go on
for ever, with the GPU's memory, when this one is killed. Nothing happens in processes that the factory didn't start.

The CPU build's attention uses AMX where the processor has it, but never asks the kernel for leave: unless another
library did so before, the first answer ends the process with an illegal instruction.
"""

import multiprocessing
import os
import threading
from multiprocessing.process import BaseProcess
from pathlib import Path

LOG = "FACTORY_VLLM_LOG"
"""The variable by which a process knows that the factory started it: the id of the process that did, a colon, and the
file to write to; no file for stderr."""


def tame() -> None:
    """Write to the log, leave the terminal's group, end when the parent is gone, and have leave to use AMX."""
    told, parent = os.environ.get(LOG), multiprocessing.parent_process()
    owner, _, log = (told or "").partition(":")
    if told is None or parent is None or owner == str(os.getpid()):
        return
    if log:
        file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(file, 2)
        os.close(file)
    os.dup2(2, 1)  # stdout is for results
    if os.getpid() != os.getsid(0):
        os.setpgid(0, 0)
    _ask_for_amx()
    threading.Thread(target=_end_with, args=(parent, log), daemon=True, name="factory-parent").start()


def _end_with(parent: BaseProcess, log: str) -> None:
    parent.join()
    if log:
        Path(log).unlink(missing_ok=True)
    os._exit(1)


def _ask_for_amx() -> None:
    import torch

    if torch.cpu._is_amx_tile_supported():
        torch.cpu._init_amx()
