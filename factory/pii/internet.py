"""E-mail addresses and IP addresses.

What belongs to nobody stays: reserved domains (RFC 2606, RFC 6761), mailboxes of an office (`info@`, RFC 2142), IP
addresses that are not global, public resolvers, and four numbers that are a version rather than an address.
"""

import ipaddress
import re

from factory.pii.rule import Rule, after, before, found

_RESERVED = re.compile(
    r"(?:^|\.)(?:example(?:\.(?:com|org|net|edu|co\.jp|jp|ne\.jp))?|test|invalid|localhost|local|domain\.com|yourdomain\.\w{2,4})$"
)
_OFFICES = re.compile(
    r"(?:"
    r"abuse|admin|billing|contact|help|hello|hostmaster|hr|info|inquiry|jobs|mail|marketing|noreply|no-reply|"
    r"news|office|postmaster|press|privacy|recruit|root|sales|security|service|support|toiawase|webmaster|git"
    r")\Z"
)
_NO_DOMAIN = re.compile(
    r"(?:"
    r"png|jpg|jpeg|gif|svg|webp|css|js|py|ts|html|json|yaml|yml|txt|md|dot|sum|mean|shape|reshape|transpose|"
    r"view"
    r")\Z"
)
"""Ends of file names and of method calls: `icon@2x.png`, `a@b.sum()`."""


def _email(match: re.Match[str]) -> bool:
    local, _, domain = match[0].lower().partition("@")
    if _OFFICES.match(local) or _NO_DOMAIN.match(domain.rpartition(".")[2]) or ".." in match[0]:
        return False
    return not _RESERVED.search(domain)


_VERSION = re.compile(
    r"(?:\bv|ver(?:sion)?\.?|バージョン|版|release|build|firmware|section|chapter|§|第|[a-z]/|[=<>~^])\s{0,2}$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\bIP|アドレス|address|server|サーバ|host|ホスト|ssh|ping|https?://", re.IGNORECASE)
_KNOWN = frozenset(
    {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "1.2.3.4", "4.4.4.4", "4.3.2.1", "208.67.222.222"}
)


def _ipv4(match: re.Match[str]) -> bool:
    text = found(match)
    if text in _KNOWN or any(len(part) > 1 and part[0] == "0" for part in text.split(".")):
        return False
    said = before(match)
    if _VERSION.search(said) or not _global(text):
        return False
    return len(text) > 9 or bool(_ADDRESS.search(said) or _ADDRESS.search(after(match, 20)))


def _global(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


RULES = (
    Rule(
        "email",
        r"@[A-Za-z0-9-]+\.[A-Za-z0-9]",
        re.compile(
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+][A-Za-z0-9._%+'-]{0,63}@"
            r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,24}(?![A-Za-z0-9]|\.[A-Za-z]|\()"
        ),
        _email,
    ),
    Rule(
        "ip",
        r"\d\.\d{1,3}\.\d{1,3}\.\d",
        re.compile(r"(?<![\d.\w-])\d{1,3}(?:\.\d{1,3}){3}(?![\d\w-]|\.\d)", re.ASCII),
        _ipv4,
    ),
    Rule(
        "ip",
        r"[23][0-9a-fA-F]{3}:[0-9a-fA-F:]",
        re.compile(
            r"(?<![\w.])(?<![0-9a-fA-F]:)[23][0-9a-fA-F]{3}:(?:[0-9a-fA-F]{0,4}:){1,6}[0-9a-fA-F]{0,4}(?![\w:])",
            re.ASCII,
        ),
        lambda match: _global(found(match)),
    ),
)
