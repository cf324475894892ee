"""A server's 200 as outcomes: only a whole answer is one, everything else says what it is instead.

Servers send `choices` that are null or empty, contents that are null, blank or lists, lone surrogates, NULs, and finish
reasons of their own; each was seen.
"""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import orjson

from factory.engine import Completion, Outcome, Reason, Request, Token, Unanswered
from factory.engines._text import clean, shown
from factory.schema_check import complaint

AGAIN = frozenset({"empty", "malformed"})
"""Outcomes that another try may better."""

_WHOLE = frozenset({"stop", "eos", "eos_token", "stop_sequence", "stop_token", "end_turn"})
_CUT = frozenset({"length", "max_tokens", "model_length"})
_FILTERED = frozenset({"content_filter", "safety", "recitation", "refusal"})


def parsed(body: bytes) -> Any:
    """The JSON value.

    Raises:
        ValueError: there is none.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        # Lone surrogates and NaN, which orjson refuses and the strictest server sends: cleaned below.
        try:
            return json.loads(body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def outcomes(value: Mapping[str, Any], request: Request, n: int, asked: str) -> list[Outcome]:
    """At most `n` outcomes of the model `asked`, in the order of the choices; empty where there are no choices."""
    choices = value.get("choices")
    if not isinstance(choices, list):
        return []
    choices = choices[:n]
    schema = request.schema
    name = value.get("model")
    model = clean(name) if isinstance(name, str) and name != asked else ""
    usage = value.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    parts = [_part(choice, raw=isinstance(request.prompt, str)) for choice in choices]
    prompt_tokens = _count(usage.get("prompt_tokens"))
    shares = _shares(_count(usage.get("completion_tokens")), [len(part[0]) for part in parts])
    found: list[Outcome] = []
    for (text, finish, note), choice, share in zip(parts, choices, shares, strict=True):
        reason: Reason | None = _why_not(text, finish)
        if reason is None and schema is not None and (note := complaint(text, schema)):
            reason = "schema"
        if reason is None:
            tokens = _tokens(choice.get("logprobs")) if request.sampling.logprobs else ()
            found.append(Completion(text, prompt_tokens, share, tokens, model))
        else:
            note = note or (f"finish_reason {shown(repr(finish))}" if reason in ("malformed", "filtered") else "")
            found.append(Unanswered(reason, note, text, prompt_tokens=prompt_tokens, completion_tokens=share))
        prompt_tokens = 0  # paid once for all samples: the sum over them stays true
    return found


def _part(choice: Any, *, raw: bool) -> tuple[str, Any, str]:
    """Text, finish reason, and a note on what is odd; a text that is none comes as the finish reason `no text`."""
    if not isinstance(choice, dict):
        return "", "no text", "a choice that is no object"
    finish = choice.get("finish_reason")
    message = choice if raw else choice.get("message")
    if not isinstance(message, dict):
        return "", "no text", "a choice without a message"
    text = message.get("text" if raw else "content")
    refusal = message.get("refusal")
    if not text and isinstance(refusal, str) and refusal:
        return "", "refusal", shown(refusal)
    if text is None:
        return "", finish, ""
    if not isinstance(text, str):
        return "", "no text", f"a content that is no text but {type(text).__name__}"
    return clean(text), finish, ""


def _why_not(text: str, finish: Any) -> Reason | None:
    """Why the text is no whole answer."""
    finish = finish.lower() if isinstance(finish, str) else ""
    if finish in _CUT:
        return "truncated"
    if finish in _FILTERED:
        return "filtered"
    if finish not in _WHOLE:
        return "malformed"
    return None if text.strip() else "empty"


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**40 else 0


def _shares(total: int, lengths: Sequence[int]) -> list[int]:
    """The total in parts by length; their sum is the total."""
    if len(lengths) == 1:
        return [total]
    whole, before, given, shares = sum(lengths) or 1, 0, 0, []
    for length in lengths:
        before += length
        upto = total * before // whole
        shares.append(upto - given)
        given = upto
    if shares:
        shares[-1] += total - given
    return shares


def _tokens(logprobs: Any) -> tuple[Token, ...]:
    """Chat's or raw completion's log-probabilities; empty where the server offers none or they can't be read."""
    if not isinstance(logprobs, dict):
        return ()
    try:
        content = logprobs.get("content")
        if content is not None:
            return tuple(
                Token(
                    clean(entry["token"]),
                    _finite(entry["logprob"]),
                    tuple((clean(top["token"]), _finite(top["logprob"])) for top in entry.get("top_logprobs") or ()),
                )
                for entry in content
            )
        likeliest = logprobs.get("top_logprobs") or [None] * len(logprobs["tokens"])
        return tuple(
            Token(clean(token), _finite(logprob), tuple((clean(k), _finite(v)) for k, v in (others or {}).items()))
            for token, logprob, others in zip(logprobs["tokens"], logprobs["token_logprobs"], likeliest, strict=True)
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return ()


def _finite(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError(f"{value} is no log-probability")
    return number
