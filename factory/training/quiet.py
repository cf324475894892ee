"""Libraries that keep to themselves: nothing is sent anywhere, and their progress and advice stay off the terminal.

TRL reports each run to the Hub unless it is told not to (`_send_telemetry`).
"""

import os
import sys


def hush() -> None:
    """Switch telemetry off, before the libraries are imported or after it."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ.setdefault("DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)  # noqa: B010 - read there at every call


def libraries() -> None:
    """Keep progress bars and advice of the libraries off stderr; warnings about data stay."""
    import datasets
    import transformers

    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
