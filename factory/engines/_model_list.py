"""What the server says of its models at the start, free of charge: is ours there, and which server is it."""

import logging
from typing import Any

from factory.engine import Fatal, Unreachable
from factory.engines._http import Broken, Client
from factory.engines._refusals import broken, complaint, raise_or_wait
from factory.engines._replies import parsed
from factory.engines._text import shown

_TIMEOUT_S = 30.0

_NAMES_DONT_MATTER = frozenset({"llamacpp", "sglang", "library"})
"""Servers that answer with the one model they have, or whose names come in variants (Ollama): they judge themselves."""

_log = logging.getLogger("factory.engines.openai")


async def check(client: Client, model: str) -> str:
    """Who the server says it is (`vllm`, `llamacpp` ...); empty where it doesn't list its models.

    Raises:
        Unreachable: nothing is there.
        LoginRefused: the key is not accepted.
        Fatal: the server doesn't have the model.
    """
    reply = await client.get("/models", _TIMEOUT_S)
    if isinstance(reply, Broken):
        if reply.kind == "connect":
            raise Unreachable(f"{client.origin}: {reply.note}; start the server, or correct base_url")
        broken(client.origin, reply)
        return ""  # an unsteady server: the calls themselves have patience
    if reply.status in (401, 403, 407) or 300 <= reply.status < 400:
        raise_or_wait(client.origin, complaint(reply), reply.headers)
    if reply.status != 200:
        return ""
    try:
        value = parsed(reply.body)
    except ValueError:
        return ""
    listed = value.get("data") if isinstance(value, dict) else value
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    server = str(entries[0].get("owned_by") or "") if entries else ""
    if entries and not any(_is(entry, model) for entry in entries):
        names = [shown(str(entry.get("id"))) for entry in entries]
        sentence = f"{client.origin} has no model {model!r}; it has: {', '.join(names[:10])}"
        sentence += f" and {len(names) - 10} more" if len(names) > 10 else ""
        if server not in _NAMES_DONT_MATTER:
            raise Fatal(sentence)
        _log.warning("%s; asking all the same", sentence)
    return server


def _is(entry: dict[str, Any], model: str) -> bool:
    names = [entry[key] for key in ("id", "root", "name") if isinstance(entry.get(key), str)]
    return any(name == model or name.endswith(f"/{model}") or name.partition(":")[0] == model for name in names)
