"""The processes of a training under `accelerate launch`, each of which runs the whole program."""

import os


def first() -> bool:
    """Whether this is the process that speaks and writes."""
    return int(os.environ.get("RANK", "0")) == 0
