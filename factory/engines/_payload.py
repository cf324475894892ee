"""A request as the bytes that an OpenAI-compatible server takes."""

from collections.abc import Mapping
from typing import Any

import orjson

from factory.engine import Request, Sampling
from factory.engines._text import clean

CHAT = "/chat/completions"
RAW = "/completions"

_REPETITION = {"vllm": "repetition_penalty", "sglang": "repetition_penalty", "llamacpp": "repeat_penalty"}
"""Servers known to take more than OpenAI's own fields, by `owned_by` of their `/models`, and how they call this one."""

_MOST_SEED = 2**31 - 1


class Dialect:
    """What is known of the server beyond OpenAI's own fields: from `/models` at first, then from its refusals."""

    def __init__(self, server: str = "") -> None:
        """OpenAI's own fields, and those of the server if it is known."""
        self.server = server
        self.singly = False
        """It brings one sample a request, whatever `n` says."""
        self.limit = "max_tokens"

    def learn(self, status: int, param: str, message: str) -> bool:
        """Whether a refusal tells how to ask it instead; remembered."""
        if status not in (400, 422):
            return False
        if self.limit == "max_tokens" and "max_completion_tokens" in message and "unsupported" in message.lower():
            self.limit = "max_completion_tokens"
            return True
        if not self.singly and (param == "n" or "only one completion choice" in message.lower()):
            self.singly = True
            return True
        return False


def path(request: Request) -> str:
    """Where it goes: a conversation to the chat, raw text to the completions."""
    return RAW if isinstance(request.prompt, str) else CHAT


def body(model: str, extra: Mapping[str, Any], dialect: Dialect, request: Request, n: int, shift: int) -> bytes:
    """The request for `n` samples; `shift` moves the seed on, where the first ones were asked before."""
    payload: dict[str, Any] = {"model": model}
    raw = isinstance(request.prompt, str)
    if isinstance(request.prompt, str):
        payload["prompt"] = request.prompt
    else:
        payload["messages"] = [{"role": role, "content": content} for role, content in request.prompt]
    _sampling(payload, request.sampling, dialect, raw=raw)
    if n > 1 and not dialect.singly:
        payload["n"] = n
    if request.sampling.seed is not None:
        payload["seed"] = (request.sampling.seed + shift) & _MOST_SEED if shift else request.sampling.seed
    if request.schema is not None:
        schema = {"name": "answer", "schema": request.schema, **({"strict": True} if _strict(request.schema) else {})}
        payload["response_format"] = {"type": "json_schema", "json_schema": schema}
    if extra:
        payload |= extra
        payload = {key: value for key, value in payload.items() if value is not None}
    try:
        return orjson.dumps(payload)
    except TypeError:  # lone surrogates
        return orjson.dumps(_cleaned(payload))


def _sampling(payload: dict[str, Any], sampling: Sampling, dialect: Dialect, *, raw: bool) -> None:
    payload[dialect.limit] = sampling.max_tokens
    # Said even where it is OpenAI's default: other servers have defaults of their own (0.8, the model's own file).
    payload["temperature"] = sampling.temperature
    payload["top_p"] = sampling.top_p
    if sampling.stop:
        payload["stop"] = sampling.stop
    if sampling.stop and raw and dialect.server in ("vllm", "sglang"):
        # A stop such as [/INST] is a special token: left out of the text, it would never be met there.
        payload["skip_special_tokens"] = False
    if sampling.logprobs and raw:
        payload["logprobs"] = sampling.logprobs
    elif sampling.logprobs:
        payload["logprobs"] = True
        payload["top_logprobs"] = sampling.logprobs
    # Hosted servers refuse fields that they don't know, so these are only said where they mean something; a server
    # that is known to take them hears them always, for the same reason as the temperature.
    always = dialect.server in _REPETITION
    if always or sampling.top_k:
        payload["top_k"] = sampling.top_k or -1
    if always or sampling.min_p:
        payload["min_p"] = sampling.min_p
    if always or sampling.repetition_penalty != 1.0:
        payload[_REPETITION.get(dialect.server, "repetition_penalty")] = sampling.repetition_penalty


def _strict(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes this schema: every object closed, every property required."""
    if isinstance(schema, Mapping):
        properties = schema.get("properties")
        if isinstance(properties, Mapping) or schema.get("type") == "object":
            closed = schema.get("additionalProperties") is False
            if not closed or set(schema.get("required", ())) != set(properties or ()):
                return False
        return all(map(_strict, schema.values()))
    return all(map(_strict, schema)) if isinstance(schema, list | tuple) else True


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(part) for key, part in value.items()}
    return [_cleaned(part) for part in value] if isinstance(value, list | tuple) else value
