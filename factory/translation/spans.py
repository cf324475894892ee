"""Spans that a translation must leave as they are, taken out of a text and put back exactly.

Fenced code, inline code, formulas, links, e-mail addresses, placeholders, tags and keys of JSON stand as `⟦0⟧`, `⟦1⟧`
in what a model is asked to translate; `unmask` puts them back, or says what became of the marks.
"""

from typing import Literal, NamedTuple

STYLE = "⟦{}⟧"

Kind = Literal["code", "inline", "formula", "link", "email", "placeholder", "tag", "key", "mark"]
"""What a span is; a `mark` looks like one of ours and stands in the source itself."""

Loss = Literal["lost", "doubled", "reordered", "unknown", "altered"]


class SpanFault(Exception):
    """A translation of a masked text from which the spans can't be put back exactly.

    Attributes:
        reason: which of `Loss`.
        note: the marks that are concerned, in words for a prompt that asks again.
    """

    def __init__(self, reason: Loss, note: str) -> None:
        """Take what happened and to which marks."""
        super().__init__(f"{reason}: {note}")
        self.reason: Loss = reason
        self.note = note


class Masked(NamedTuple):
    """A text with marks for its spans."""

    text: str
    """What is translated."""
    spans: tuple[str, ...]
    """What stands for each mark, by its number."""
    kinds: tuple[Kind, ...]
    """What each span is."""
    style: str = STYLE
    """How a mark is written, `{}` being its number."""


def mask(text: str, style: str = STYLE) -> Masked:
    """The text with a mark for each span; equal spans have marks of their own.

    Args:
        text: what is to be translated.
        style: how a mark is written, with one `{}` for its number.

    Raises:
        ValueError: the style has no `{}` or more than one, or nothing around it.
    """
    raise NotImplementedError


def unmask(masked: Masked, text: str) -> str:
    """A translation of `masked.text` with the spans back in it.

    Raises:
        SpanFault: a mark is lost, comes twice, is none of these or was altered, or blocks of code changed their order.
    """
    raise NotImplementedError
