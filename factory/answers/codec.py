"""The bytes that a stored outcome is, and the checksum that tells damaged ones.

An answer is plain JSON: at their usual sizes zlib would save some 45 %, and make a replayed row cost twice as much.
Log-probabilities, many times as long as their text, are compressed. Every byte is under a CRC together with its key,
so that neither a changed bit nor an answer in another's place is ever returned.
"""

import json
import zlib
from typing import Any, cast

import orjson

from factory.engine import Completion, Reason, Token, Unanswered

_NOTHING = float("-inf")
"""JSON has no infinity: null stands for the log-probability of what can't be."""


def checksum(key: bytes, payload: bytes) -> int:
    """Of the payload at this key."""
    return zlib.crc32(payload, zlib.crc32(key))


def fits(key: object, payload: object, crc: object) -> bool:
    """Whether this is what was written; a damaged file may hold anything in their places."""
    return isinstance(key, bytes) and isinstance(payload, bytes) and checksum(key, payload) == crc


def pack(completion: Completion) -> bytes:
    """The payload of an answer.

    Raises:
        ValueError: the answer is empty, which is none.
    """
    text, prompt_tokens, completion_tokens, tokens, model = completion
    if not text:
        raise ValueError("an empty text is no answer: the engine must give Unanswered('empty')")
    if tokens:
        return zlib.compress(dumps([text, prompt_tokens, completion_tokens, model, tokens]), 1)
    return dumps([text, prompt_tokens, completion_tokens, model])


def unpack(payload: bytes) -> Completion:
    """The answer.

    Raises:
        ValueError: the payload holds none.
    """
    if payload[:1] == b"[":
        text, prompt_tokens, completion_tokens, model = _loads(payload)
        return Completion(text, prompt_tokens, completion_tokens, (), model)
    try:
        text, prompt_tokens, completion_tokens, model, tokens = _loads(zlib.decompress(payload))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    return Completion(text, prompt_tokens, completion_tokens, tuple(map(_token, tokens)), model)


def pack_failure(failure: Unanswered) -> bytes:
    """The payload of a failure."""
    return dumps([failure.reason, failure.note, failure.text, failure.prompt_tokens, failure.completion_tokens])


def unpack_failure(payload: bytes) -> Unanswered:
    """The failure.

    Raises:
        ValueError: the payload holds none.
    """
    reason, note, text, prompt_tokens, completion_tokens = _loads(payload)
    return Unanswered(
        cast(Reason, reason), note, text, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens
    )


def _token(value: list[Any]) -> Token:
    text, logprob, others = value
    return Token(text, _number(logprob), tuple((other, _number(number)) for other, number in others))


def _number(value: float | None) -> float:
    return _NOTHING if value is None else value


def dumps(value: object) -> bytes:
    """JSON; all in ASCII where a text is no Unicode, which engines clean away and a store must survive."""
    try:
        return orjson.dumps(value, default=_exact)
    except TypeError:
        return json.dumps(value).encode()


def _exact(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _loads(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return json.loads(payload)
