"""Text from a model or a server as everything behind this boundary can hold it."""

import re

from factory.secrets import scrub

_SURROGATES = re.compile("[\ud800-\udfff]")
_MOST_SHOWN = 300


def clean(text: str) -> str:
    """The text with lone surrogates and NULs replaced by U+FFFD: Arrow, orjson and SQLite refuse or cut them."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


def shown(text: str) -> str:
    """Foreign words for an error or a log: one short line without secrets, terminal escapes or direction marks."""
    text = scrub(text[: 4 * _MOST_SHOWN])
    text = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
