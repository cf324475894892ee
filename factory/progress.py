"""How far a run is: what it tells while it works."""

from typing import NamedTuple


class Progress(NamedTuple):
    """How far a run is."""

    rows_asked: int
    rows_made: int
    rows_kept: int
    rows_dropped: int
    seconds: float
    """Since this run began."""
    rows_found: int
    """Of those made, the ones that an earlier run had finished."""
    calls: int = 0
    """Requests that models ended."""
    tokens: int = 0
    """That they wrote."""
    replayed: int = 0
    """Answers found in the store."""
    in_flight: int = 0
    """Requests under way."""
    waiting: str = ""
    """Why a model waits."""
    turn: str = ""
    """Which model has its turn, where they take turns, and how many items it is through with."""
    stage: str = ""
    """What is done once all rows are made."""
