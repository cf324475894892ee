"""What an answer is stored under: a hash of all that it depends on and of nothing else.

In it are the model's identity, the prompt (a conversation or raw text, which differ even when the text is equal), every
field of `Sampling`, the schema, and the index of the sample. Not in it are how many samples were asked, in which order,
when, and by which way the model is reached: none of them changes an answer, so none of them makes one be paid again.

A later field of `Sampling` must change a key only where it is not at the value that leaves everything as it was, or
all that was ever paid is paid again; a test with fixed keys watches over it.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import orjson

from factory.engine import Request, Sampling


class Keys:
    """The keys of one model's answers; its identity is hashed once."""

    def __init__(self, identity: Mapping[str, Any]) -> None:
        """Take what `ModelSettings.identity()` gives; the order of its keys does not matter."""
        self._identity = sha256(canonical(identity, sort=True) + b"\n")

    def of(self, request: Request, samples: Iterable[int]) -> list[bytes]:
        """32 bytes for each of these samples of the request, counted from 0."""
        prompt, sampling, _, schema = request
        asked = self._identity.copy()
        # A line of JSON holds no newline, so that no two requests give the same bytes.
        asked.update(canonical([prompt, *_numbers(sampling), schema]) + b"\n")
        keys = []
        for sample in samples:
            one = asked.copy()
            one.update(b"%d" % sample)
            keys.append(one.digest())
        return keys


def key(identity: Mapping[str, Any], request: Request, sample: int) -> bytes:
    """The key of one sample; `Keys` is quicker for many."""
    return Keys(identity).of(request, (sample,))[0]


def canonical(value: object, *, sort: bool = False) -> bytes:
    """The one JSON text of a value.

    A schema keeps the order of its keys: what draws under it writes the fields in that order, so that "reason, then
    score" gets other answers than "score, then reason".

    Raises:
        TypeError: the value is no JSON.
    """
    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS if sort else None)
    except TypeError:
        # A lone surrogate or an integer beyond 64 bits: no other value has these bytes.
        text = json.dumps(value, default=_plain, sort_keys=sort, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")


def _numbers(sampling: Sampling) -> tuple[object, ...]:
    """All its fields; 1 and 1.0 are one number, and so are 0.0 and -0.0."""
    tokens, temperature, top_p, top_k, min_p, repetition, stop, seed, logprobs = sampling
    return tokens, temperature + 0.0, top_p + 0.0, top_k, min_p + 0.0, repetition + 0.0, stop, seed, logprobs


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
