"""Secrets come by the name of an environment variable, and go nowhere but to the server they are meant for.

What was read here, and what looks like a secret, is taken out of every error and log line; a library's own log lines
too, for clients like to print a request with its headers when it fails.
"""

import logging
import re
from collections.abc import Callable
from os import environ
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import AfterValidator

HIDDEN = "[secret]"

_SHORTEST = 6
"""Shorter values are placeholders such as EMPTY or none, and would blacken ordinary words."""

# What is in a group stays. Lengths are bounded, so that a long text without spaces takes no quadratic time.
_LOOKS_SECRET = (
    re.compile(r"\b((?:Bearer|Basic)\s{1,8})[\w.~+/=*-]{4,}", re.IGNORECASE),
    re.compile(r"\b(?:hf_|sk-|sk_|gsk_|xai-|ghp_|AIza)[\w*-]{8,}", re.ASCII),
    re.compile(r"(://)[^\s/@'\"]{1,512}(?=@)"),
    re.compile(r"(?<![^\s'\"(=])[^\s/:@'\"(=]{1,128}:[^\s/@'\"]{1,256}(?=@\w)"),
    re.compile(r"(https?://[^\s?'\"<>]{1,2048}\?)[^\s'\"<>]+", re.IGNORECASE),
    re.compile(r"\b((?:api|auth)[-_]?(?:key|token)['\"]?\s{0,8}[:=]\s{0,8}['\"]?)[^\s'\",}]{4,}", re.IGNORECASE),
)

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)

_known: set[str] = set()
"""Grows only: a secret is one for the whole process, whoever writes the text it turns up in."""


def _variable(name: str) -> str:
    # The value isn't shown: who writes a key here by mistake must not find it in a log.
    if name and (not _VARIABLE.match(name) or scrub(name) != name):
        raise ValueError("not the name of an environment variable; write the name, as OPENAI_API_KEY, never the key")
    return name


VariableName = Annotated[str, AfterValidator(_variable)]
"""The name of an environment variable that holds a secret; empty for none."""


def read(name: str) -> str:
    """The value of the environment variable without the space around it, from now on scrubbed; empty where unset."""
    value = environ.get(name, "").strip()
    remember(value)
    return value


def remember(value: str) -> None:
    """Scrub this value, as it is and as URLs, JSON and Python write it."""
    if len(value) >= _SHORTEST:
        _known.update({value, quote(value, safe=""), quote(value), repr(value)[1:-1], value.replace('"', '\\"')})


def scrub(text: str) -> str:
    """The text without secrets: those read here, logins and queries of URLs, and what looks like a key."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    for pattern in _LOOKS_SECRET:
        text = pattern.sub(_hidden, text)
    return text


def _hidden(match: re.Match[str]) -> str:
    # No replacement template: the first use of one imports, which fails in what is logged while Python ends.
    return "".join(match.groups()) + HIDDEN


class _ScrubbedRecords:
    """Makes log records as before, but without secrets in their message and traceback."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            return record  # a message that doesn't fit its arguments: logging itself tells
        scrubbed = scrub(message)
        if scrubbed != message:  # else the arguments stay: some formatters want them
            record.msg, record.args = scrubbed, ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
        return record


def guard_logs() -> None:
    """From now on no log record of this process, of whatever library and level, holds a secret."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, _ScrubbedRecords):
        logging.setLogRecordFactory(_ScrubbedRecords(make))
