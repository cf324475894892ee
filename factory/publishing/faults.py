"""What can go wrong between here and the Hub: whether to ask again, one sentence each, and the exit code.

The client retries some requests itself (preupload, LFS), others never (whoami, create, validate-yaml, commit). Source:
huggingface_hub 2.4, `utils/_http.py`, `hf_api.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from factory import secrets
from factory.errors import FactoryError

AGAIN = frozenset({408, 409, 412, 425, 429, 500, 502, 503, 504})
"""What a server says that may say otherwise later."""
XET = "XetStore"
"""The code of what the store behind a Hub says; its client has asked again for minutes where that is of use."""
_LONGEST = 300
_XET = re.compile(r"HTTP status (?:client|server) error \((\d{3})\b")
_QUOTA = ("storage limit", "storage quota", "quota exceeded", "over quota", "payment required")


class LoginRefused(FactoryError):
    """There is no login, or it may not write there."""

    exit_code = 4


class HubRefused(FactoryError):
    """The Hub says never: a quota, a request that it won't take."""

    exit_code = 5


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long one request is asked again."""

    tries: int = 6
    first_s: float = 1.0
    """Before the second try; twice as long before each one after."""
    most_s: float = 120.0

    def wait_s(self, attempt: int, asked_s: float | None) -> float:
        """Seconds before the try after this one, counted from 0; as long as the server asks, up to `most_s`."""
        return min(self.most_s, asked_s if asked_s is not None else self.first_s * 2**attempt)


class Fault(NamedTuple):
    """What went wrong, in the Hub's terms."""

    status: int
    """Of the reply; 0 where there was none."""
    code: str
    """Of `X-Error-Code`: RepoNotFound, RevisionNotFound, GatedRepo ..."""
    text: str
    """In the server's or the client's words; a line without secrets."""
    asked_s: float | None = None
    """How long the server asks to wait."""

    @property
    def again(self) -> bool:
        """Whether the same request may be taken later."""
        return self.status in AGAIN or self.status == 0 or (self.status > 504 and not self.full)

    @property
    def full(self) -> bool:
        """Whether there is no room left for what is sent."""
        return self.status in (402, 413, 507) or any(words in self.text.lower() for words in _QUOTA)

    @property
    def word(self) -> str:
        """Of a line about waiting."""
        return {0: "no answer", 429: "rate limited", 412: "stale parent"}.get(self.status, f"status {self.status}")


def read(error: BaseException) -> Fault | None:
    """What an exception of the client means; None where it is none of the network's."""
    for one in _chain(error):
        response = getattr(one, "response", None)
        status = getattr(response, "status_code", None)
        if response is not None and isinstance(status, int):
            asked = response.headers.get("Retry-After", "")
            said = getattr(one, "server_message", None) or response.headers.get("X-Error-Message") or str(one)
            code = response.headers.get("X-Error-Code", "")
            return Fault(status, code, _line(said), float(asked) if asked.isdigit() else None)
    for one in _chain(error):
        names = {kind.__name__ for kind in type(one).__mro__}
        if "LocalTokenNotFoundError" in names:
            return Fault(401, "", "there is no token")
        if "OfflineModeIsEnabled" in names:
            return Fault(0, "Offline", "HF_HUB_OFFLINE is set")
        if names & {"TransportError", "ConnectionError", "TimeoutError"}:
            said = _XET.search(str(one)[:10_000])  # Xet raises the builtin, with text alone
            return Fault(int(said[1]) if said else 0, XET if said else "", _line(str(one) or type(one).__name__))
        if "JSONDecodeError" in names:
            return Fault(0, "", "the answer is no JSON, so it is not from a Hub: is there a proxy in between?")
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _line(text: str) -> str:
    words = " ".join(secrets.scrub(text).split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]} ..."
