"""Any OpenAI-compatible server: vLLM, SGLang, llama.cpp, Ollama, or a hosted one.

Here is what a recipe says of it; the engine is in `_server`.
"""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, JsonValue, NonNegativeFloat, PositiveFloat, PositiveInt

from factory.engine import Engine, LoginRefused, ModelSettings
from factory.secrets import VariableName, guard_logs, read

MOST = 512
"""Requests in flight at once, however many more a server that says nothing would take."""

_BASE_URL = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#@]*)?(?:\?[^\s#]*)?\Z", re.ASCII | re.IGNORECASE)
_SECRET_QUERY = re.compile(r"[?&](?:[^=&]*(?:key|token|secret|password|signature)|sig)=", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z", re.ASCII)


def _base_url(url: str) -> str:
    # The value isn't shown in any of these: it may hold what it must not.
    if "@" in url:
        raise ValueError("a login in an address ends up in logs; name a variable in api_key_env or headers_env instead")
    if not _BASE_URL.match(url):
        raise ValueError("not an address; write one as http://localhost:8000/v1")
    if _SECRET_QUERY.search(url):
        raise ValueError("a key in an address ends up in logs; name a variable in api_key_env or headers_env instead")
    return url


def _header(name: str) -> str:
    if not _HEADER.match(name):
        raise ValueError("not the name of an HTTP header; write one as api-key")
    return name


class OpenAI(ModelSettings):
    """A model behind an OpenAI-compatible server."""

    ways: ClassVar[frozenset[str]] = ModelSettings.ways | {
        "base_url",
        "api_key_env",
        "headers_env",
        "timeout_s",
        "patience_s",
    }

    base_url: Annotated[str, AfterValidator(_base_url), Field(repr=False)]
    """The server's address up to its version, such as http://localhost:8000/v1; a login is no part of it."""
    api_key_env: VariableName = ""
    """The name of the environment variable that holds the key; empty for a server without one."""
    headers_env: Mapping[Annotated[str, AfterValidator(_header)], VariableName] = {}
    """Further headers whose values are in environment variables, such as {api-key: AZURE_KEY}."""
    concurrency: PositiveInt | Literal["auto"] = "auto"  # type: ignore[assignment]  # wider than an engine in process
    """How many requests are in flight at once; auto finds out what a hosted server bears."""
    timeout_s: PositiveFloat = 600.0
    """Seconds that one call may take from its first byte to its last."""
    patience_s: NonNegativeFloat = 900.0
    """Seconds that the server may answer nobody (down, overloaded) before the run ends to go on later."""
    extra_body: Mapping[str, JsonValue] = {}
    """Fields added to each request, such as chat_template_kwargs; null takes a field out that would be sent."""

    @property
    def width(self) -> int:
        """The number, or the most that is ever found out."""
        limit: int | str = self.concurrency
        return limit if isinstance(limit, int) else MOST

    async def start(self) -> Engine:
        """The engine, once the server is there and has the model.

        Raises:
            LoginRefused: a variable is not set, or the server doesn't accept the key.
            Unreachable: nothing is there, or it doesn't get ready.
            Fatal: the server doesn't have the model.
        """
        from factory.engines._http import Client
        from factory.engines._model_list import check
        from factory.engines._patience import Clock, Patience, Wait
        from factory.engines._server import Server

        guard_logs()
        client = Client(self.base_url, self._headers(), self.timeout_s)
        try:
            patience = Patience(self.patience_s, client.origin, Clock())
            return Server(self, client, await check(client, self.model, Wait(patience)))
        except BaseException:
            await client.close()
            raise

    def _headers(self) -> dict[str, str]:
        headers = {name: _secret(variable) for name, variable in self.headers_env.items()}
        if self.api_key_env:
            headers["Authorization"] = f"Bearer {_secret(self.api_key_env)}"
        return headers


def _secret(variable: str) -> str:
    value = read(variable)
    if not value:
        raise LoginRefused(f"the environment variable {variable} is not set; set it to the server's key")
    if not value.isascii() or not value.isprintable():
        raise LoginRefused(f"the environment variable {variable} holds characters that no key has; set it anew")
    return value
