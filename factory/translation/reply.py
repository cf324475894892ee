"""What of a model's reply is the translation."""

from factory.judging.rating_text import without_thoughts
from factory.translation.wording import Worded


def read(reply: str, worded: Worded) -> str:
    """The translation in a reply: what stands between the tags, or all of it where there are none.

    What comes before is a thought or a greeting; a base model begins inside, for its prompt ends with the tag.
    """
    text = without_thoughts(reply)
    if worded.opening in text:
        text = text.rpartition(worded.opening)[2]
    text = text.partition(worded.closing)[0].strip()
    begin, end = (f"<{sign}text-{worded.nonce}>" for sign in ("", "/"))
    if text.startswith(begin) and text.endswith(end):  # the wrong tags, but tags
        text = text[len(begin) : len(text) - len(end)].strip()
    return text
