"""What the server says of its models at the start, free of charge: is ours there, and which server is it."""

import logging
from typing import Any

from factory.engine import Fatal, Unreachable
from factory.engines._http import Broken, Client
from factory.engines._patience import Wait
from factory.engines._refusals import broken, complaint, raise_or_wait
from factory.engines._replies import parsed
from factory.engines._text import shown

_TIMEOUT_S = 30.0

_NOT_OFFERED = frozenset({400, 404, 405, 410, 422, 501})

_NAMES_DONT_MATTER = frozenset({"llamacpp", "sglang", "library"})
"""Servers that answer with the one model they have, or whose names come in variants (Ollama): they judge themselves."""

_log = logging.getLogger("factory.engines.openai")


async def check(client: Client, model: str, wait: Wait) -> str:
    """Who the server says it is (`vllm`, `llamacpp` ...); empty where it doesn't list its models.

    A server that is there but not ready is waited for: what it is decides what it will be told.

    Raises:
        Unreachable: nothing is there, or it didn't get ready.
        LoginRefused: the key is not accepted.
        Fatal: the server doesn't have the model.
    """
    while True:
        reply = await client.get("/models", _TIMEOUT_S)
        if isinstance(reply, Broken):
            if reply.kind == "connect":
                raise Unreachable(f"{client.origin}: {reply.note}; start the server, or correct base_url")
            await wait.after(broken(client.origin, reply))
        elif reply.status == 200:
            break
        elif reply.status in _NOT_OFFERED:
            return ""
        else:
            await wait.after(raise_or_wait(client.origin, complaint(reply), reply.headers))
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
