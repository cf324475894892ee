"""A sampled answer: one of the n that a model gave to a prompt, with what judges said of it.

All of them are kept, in a table beside the rows (`samples/*.parquet`): what a pair rule or a judge did can be seen, and
done otherwise.
"""

from typing import NamedTuple

from factory.row import Message, Verdict


class Sample(NamedTuple):
    """One answer to a prompt."""

    prompt_id: str
    """`content_id` of the prompt."""
    prompt: tuple[Message, ...]
    sample: int
    """Its place among the answers to the prompt, from 0."""
    text: str
    """The answer; as far as it came where `reason` says why it is none."""
    model: str
    """Who gave it, as rows name models."""
    reason: str = ""
    """Why it is no candidate, such as `truncated`; empty where it is one."""
    scores: tuple[Verdict, ...] = ()
    """What each judge said."""
    score: float | None = None
    """What they come to; None where they could not tell."""
    role: str = ""
    """What became of it: `chosen`, `rejected`, `kept`, or nothing."""
    row_id: str = ""
    """The row that it stands in, where it stands in one."""
