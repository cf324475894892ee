"""When the staged shards of a run hold all of its rows: remembered, so that what follows is done without making any."""

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from factory import durable
from factory.component import Shortfall
from factory.shards import Shards

MADE = "made.json"


class Made(BaseModel):
    """All items are in finished shards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: int
    shortfalls: tuple[Shortfall, ...]
    """What the work list said of itself."""


def finish(shards: Shards, shortfalls: list[Shortfall]) -> None:
    """Say that all items are there."""
    made = Made(items=shards.items, shortfalls=tuple(shortfalls))
    durable.write(shards.out / MADE, orjson.dumps(made.model_dump(mode="json")))


def finished(shards: Shards) -> tuple[Shortfall, ...] | None:
    """What the work list said of itself; None where items are missing, or a shard was damaged since."""
    try:
        made = Made.model_validate_json((shards.out / MADE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return made.shortfalls if made.items == shards.items else None
