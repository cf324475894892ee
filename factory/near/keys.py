"""What two rows are compared by.

System prompts are never part of it: one that a whole dataset shares would make its rows alike (a set of 859,092 rows
with the same tool descriptions was once reduced to 2).
"""

from typing import Literal

from factory.dedup import TURN_ENDS
from factory.row import Pair, Row

Key = Literal["instruction", "user", "conversation"]


def key_text(row: Row | Pair, key: Key) -> str:
    """The first user turn, all user turns, or all turns but the system's; all of it where there is no user."""
    turns = row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen, *row.rejected)
    said = [turn for turn in turns if turn.role != "system"] or list(turns)
    asked = [turn for turn in (said if isinstance(row, Row) else row.prompt) if turn.role == "user"]
    if key == "conversation" or not asked:
        return TURN_ENDS.join(turn.content for turn in said)
    return TURN_ENDS.join(turn.content for turn in (asked[:1] if key == "instruction" else asked))
