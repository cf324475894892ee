"""The thin client: bytes out, bytes in, one deadline over everything, and whatever breaks comes back as a value.

aiohttp, for clients built on httpx cost 10 to 20 times the CPU. Errors of the library are turned into words here and
never raised or chained: some of them carry the request with its headers.
"""

import asyncio
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal, NamedTuple
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp import ClientTimeout
from yarl import URL

from factory.engines._text import shown
from factory.errors import RecipeError
from factory.secrets import remember

_CONNECT_S = 30.0
_KEEP_ALIVE_S = 4.0
"""Below the 5 s of uvicorn, which vLLM and SGLang serve with: the side that lets go first must be this one."""


class Reply(NamedTuple):
    """A whole reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Broken(NamedTuple):
    """No whole reply came."""

    note: str
    kind: Literal["connect", "certificate", "timeout", "large", "transport"]


class Client:
    """One session with one server."""

    def __init__(self, base_url: str, headers: Mapping[str, str], timeout_s: float) -> None:
        """Nothing is sent yet.

        Raises:
            RecipeError: the environment names a proxy that can't be used.
        """
        self._base = URL(base_url)
        self.origin = str(self._base.origin())
        """How errors name the server: neither path nor query, which may hold secrets."""
        for name, value in self._base.query.items():
            if "version" not in name:
                remember(value)
        self.proxy = proxy_for(self._base)
        self._urls: dict[str, URL] = {}
        self._timeout_s = timeout_s
        self._session = aiohttp.ClientSession(
            # What is in flight is bounded by the admission, not by the pool.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity", **headers},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=ClientTimeout(total=None, sock_connect=min(_CONNECT_S, timeout_s)),
            # Not trust_env: it would also send the logins of ~/.netrc.
            proxy=self.proxy,
        )

    def __repr__(self) -> str:
        """The server, and nothing of how it is entered."""
        return f"Client({self.origin})"

    async def post(self, path: str, body: bytes, most_bytes: int) -> Reply | Broken:
        """The reply to a POST, if it has no more than `most_bytes` and came within the deadline."""
        return await self._call("POST", path, body, most_bytes, self._timeout_s)

    async def get(self, path: str, timeout_s: float) -> Reply | Broken:
        """The reply to a GET."""
        return await self._call("GET", path, None, 2**24, min(timeout_s, self._timeout_s))

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _call(
        self, method: str, path: str, body: bytes | None, most_bytes: int, timeout_s: float
    ) -> Reply | Broken:
        try:
            async with asyncio.timeout(timeout_s):
                # Redirects are not followed: the key would go along.
                response = await self._session.request(method, self._url(path), data=body, allow_redirects=False)
                try:
                    whole = await _read(response, most_bytes)
                except BaseException:
                    response.close()
                    raise
                return whole
        except (aiohttp.ClientError, OSError, ValueError) as error:  # a TimeoutError is an OSError
            return self._broken(error, timeout_s)

    def _url(self, path: str) -> URL:
        url = self._urls.get(path)
        if url is None:
            joined = self._base.path.rstrip("/") + path
            url = self._urls[path] = self._base.with_path(joined, keep_query=True)
        return url

    def _broken(self, error: Exception, timeout_s: float) -> Broken:
        through = f" (through the proxy {URL(self.proxy).host})" if self.proxy else ""
        match error:
            case aiohttp.ConnectionTimeoutError():
                return Broken(f"no connection within {min(_CONNECT_S, timeout_s):g} s{through}", "connect")
            case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
                return Broken(f"its certificate is not valid: {shown(str(error))}{through}", "certificate")
            case aiohttp.ClientConnectorError():
                return Broken(f"no connection: {shown(error.strerror or str(error))}{through}", "connect")
            case TimeoutError():
                return Broken(f"no whole reply within {timeout_s:g} s", "timeout")
            case aiohttp.ClientResponseError():
                return Broken(f"not HTTP: {shown(error.message)}{through}", "transport")
        return Broken(f"the connection broke: {type(error).__name__}: {shown(str(error))}{through}", "transport")


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> Reply | Broken:
    chunk = await response.content.readany()
    chunks, size = [chunk], len(chunk)
    while chunk and size <= most_bytes:
        chunk = await response.content.readany()
        chunks.append(chunk)
        size += len(chunk)
    if size > most_bytes:
        response.close()
        return Broken(f"the reply has more than {most_bytes:,} bytes", "large")
    response.release()
    return Reply(response.status, response.headers, b"".join(chunks))


def proxy_for(url: URL) -> str | None:
    """The proxy that the environment names for this address; none for this very machine.

    Raises:
        RecipeError: it is no HTTP proxy.
    """
    host = url.host or ""
    if _loopback(host) or proxy_bypass(f"{host}:{url.port}"):
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy:
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    parts = URL(proxy)
    remember(parts.password or "")
    if parts.scheme not in ("http", "https"):
        raise RecipeError(f"the environment names a {parts.scheme} proxy for {host}; only http proxies can be used")
    return proxy


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
