"""From which language into which."""

from typing import NamedTuple


class Languages(NamedTuple):
    """Codes of two letters, as `en` and `ja`."""

    source: str = "en"
    target: str = "ja"
