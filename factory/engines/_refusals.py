"""What an error of the server means: never for anyone, never for this request, or not now."""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, NamedTuple, NoReturn

import orjson

from factory.engine import Fatal, LoginRefused, Unanswered
from factory.engines._http import Broken, Reply
from factory.engines._patience import Trouble
from factory.engines._text import shown

OVERLOAD = frozenset({429, 503, 529})

_TOO_LONG = re.compile(
    r"context.?(length|size|window)|too long|too many (input )?tokens|longer than the (model|maximum)"
    r"|maximum (input|prompt|sequence|model) (length|tokens)|max_model_len|input_tokens",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content.?(filter|policy|management)|moderation|flagged|responsible.?ai|safety (system|policy)", re.IGNORECASE
)
_NO_MONEY = re.compile(r"insufficient_(quota|balance|credits?|funds)|billing|payment", re.IGNORECASE)


class Complaint(NamedTuple):
    """An error in the server's own words."""

    status: int
    message: str
    code: str = ""
    """Code and type together."""
    param: str = ""


def complaint(reply: Reply) -> Complaint:
    """The error that a reply of an error status holds, in any of the usual shapes."""
    try:
        value = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return Complaint(reply.status, shown(_page(reply)))
    return in_body(reply.status, value)


def in_body(status: int, value: Any) -> Complaint:
    """The same of a body: `{"error": {...}}`, `{"error": "..."}`, vLLM's flat one, FastAPI's `detail`."""
    error = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(error, dict):
        return Complaint(status, shown(str(error)))
    code = error.get("code")
    # Gateways that answer 200 put the status into the code.
    if status == 200 and isinstance(code, int) and 400 <= code < 600:
        status = code
    message = error.get("message") or error.get("detail") or str(error)
    return Complaint(status, shown(str(message)), f"{code} {error.get('type')}", str(error.get("param") or ""))


def raise_or_wait(origin: str, found: Complaint, headers: Mapping[str, str]) -> Trouble:
    """The trouble that passes by itself.

    Raises:
        LoginRefused: the key is not accepted.
        Fatal: no money, no such model, another address.
        Unanswered: it can't take this request.
    """
    status, message, code, _ = found
    said = f"{status}: {message}" if message else str(status)
    if status in (400, 403) and _FILTERED.search(f"{message} {code}"):
        raise Unanswered("filtered", said)
    if status in (401, 403, 407):
        raise LoginRefused(f"{origin} refuses the login ({said}); see to the variable that api_key_env names")
    if status == 402 or (status == 429 and _NO_MONEY.search(code)):
        raise Fatal(f"{origin}: the quota is used up ({said}); see to the account, then run the same command again")
    if status in (404, 405, 410):
        raise Fatal(f"{origin}: no such model or address ({said}); see to model and base_url, which mostly ends in /v1")
    if 300 <= status < 400:
        target = shown(headers.get("Location", ""))
        raise Fatal(f"{origin} sends on to {target or 'elsewhere'} ({status}), which is not followed; correct base_url")
    if 400 <= status < 500 and status not in (408, 409, 425, 429):
        _raise_refused(found, said)
    return Trouble(said, refused=True, overload=status in OVERLOAD, retry_after_s=retry_after_s(headers))


def broken(origin: str, what: Broken) -> Trouble:
    """The trouble of a call without a whole reply.

    Raises:
        Fatal: the certificate is not valid.
        Unanswered: the reply is too large.
    """
    if what.kind == "certificate":
        raise Fatal(f"{origin}: {what.note}")
    if what.kind == "large":
        raise Unanswered("malformed", what.note)
    return Trouble(what.note)


def unreadable(reply: Reply, proxy: str | None) -> Trouble:
    """The trouble of a 200 that is no JSON: cut short, or of something between us and the server."""
    kind = reply.headers.get("Content-Type", "")
    if "json" not in kind.lower() or reply.body[:64].lstrip()[:1] == b"<":
        by = reply.headers.get("Via") or reply.headers.get("Server") or "unnamed"
        through = "the proxy of the environment or " if proxy else ""
        kind, page = shown(kind) or "no JSON", shown(_page(reply))
        return Trouble(f"{kind} instead of JSON, from {through}something between ({shown(by)}): {page}")
    return Trouble(f"JSON that ends or breaks off after {len(reply.body):,} bytes")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or as an HTTP date; None where it says nothing readable."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            # By the server's own clock where it tells, for ours may be another.
            now = headers.get("Date")
            seconds = parsedate_to_datetime(text).timestamp()
            seconds -= parsedate_to_datetime(now).timestamp() if now else time.time()
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if isfinite(seconds) else None


def _raise_refused(found: Complaint, said: str) -> NoReturn:
    if found.status == 413 or _TOO_LONG.search(f"{found.message} {found.code} {found.param}"):
        raise Unanswered("too_long", said)
    raise Unanswered("refused", said)


def _page(reply: Reply) -> str:
    """The title of a page, else the beginning of its text."""
    text = reply.body[:4096].decode("utf-8", "replace")
    title = re.search(r"<title[^>]{0,100}>([^<]{1,200})", text, re.IGNORECASE)
    return title[1] if title else re.sub(r"<[^>]{0,200}>", " ", text)
