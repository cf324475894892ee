"""Adapters in folders, as vLLM takes them."""

import json
from pathlib import Path

from factory.errors import RecipeError

_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks vLLM takes as a maximum."""


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
