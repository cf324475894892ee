"""Who may ask this server, and what a browser may do with its answers.

It listens on the loopback address, which any page in the same browser can reach. So a request must name this host
(else a foreign name was bound to 127.0.0.1), and one that writes must come from a page of ours: by its `Origin`, and by
the token of this start, which stands in our forms alone. An answer forbids everything that its page doesn't need.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import hmac
import re
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 24_000_000
"""Of a form that is sent: an edited row, spelled out for an address."""

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
REPORT_CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'; sandbox"
)
"""Of report.html, which has its style in itself and no script at all."""

_HEADERS: Mapping[str, str] = {
    "content-security-policy": CSP,
    "referrer-policy": "same-origin",  # with no-referrer, browsers send `Origin: null` from our own forms
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}
_HOST = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?\Z", re.IGNORECASE)
_READS = frozenset({"GET", "HEAD"})


class Guard:
    """Stands before the app."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard it."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on and answer with our headers."""
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = _refusal(scope["method"], Headers(scope=scope))
        await (refusal or self._app)(scope, receive, guarded)


def right_token(given: str, token: str) -> bool:
    """Whether a form came from a page of this start."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _refusal(method: str, headers: Headers) -> PlainTextResponse | None:
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not _HOST.match(hosts[0]):
        return PlainTextResponse("this server answers to 127.0.0.1 and localhost alone\n", 421)
    if method in _READS:
        return None
    if method != "POST":
        return PlainTextResponse("GET, HEAD and POST are answered\n", 405, {"allow": "GET, HEAD, POST"})
    if headers.getlist("origin") != [f"http://{hosts[0]}"]:
        return PlainTextResponse("only a page of this server may write\n", 403)
    length = headers.get("content-length", "")
    if not length.isdigit():
        return PlainTextResponse("say how long the form is\n", 411)
    if int(length) > MOST_BYTES:
        return PlainTextResponse(f"at most {MOST_BYTES:,} bytes are taken\n", 413)
    return None
