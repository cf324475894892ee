"""What is behind a Hub for large files: xorbs of chunks, and shards that say which chunks make which file.

Each xorb is parsed when it comes and each file put together when its shard does, so that a wrong byte is refused where
it is sent. Source: huggingface.co/docs/xet, "Xorb Formation & Format", "Shard Format", "CAS API".
Left out: deduplication against other repositories, grants (the client goes on without either), the footers of shards.
"""

import hashlib
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

_RECORD, _HEADER = 48, 48
_END = b"\xff" * 32
_VERIFIED, _SHA256 = 1 << 31, 1 << 30
_LZ4, _BYTE_GROUPED = 1, 2


class Refused(Exception):
    """What was sent is not in the format, or not what it is said to be."""


class Chunk(NamedTuple):
    start: int
    """Of its header in the xorb."""
    end: int
    content: bytes


class Term(NamedTuple):
    """Some chunks of a xorb, one after the other, in a file."""

    xorb: str
    first: int
    end: int
    bytes: int


class Stored(NamedTuple):
    """A file."""

    name: str
    """Its Xet hash."""
    terms: tuple[Term, ...]


def hash_text(raw: bytes) -> str:
    """Four little-endian numbers, in hexadecimal."""
    return "".join(f"{number:016x}" for number in struct.unpack("<4Q", raw))


def chunks(xorb: bytes) -> Iterator[Chunk]:
    place = 0
    while place < len(xorb) and xorb[place : place + 7] != b"XETBLOB":
        if place + 8 > len(xorb) or xorb[place] != 0:
            raise Refused(f"no header of a chunk at byte {place} of a xorb")
        packed = int.from_bytes(xorb[place + 1 : place + 4], "little")
        scheme, size = xorb[place + 4], int.from_bytes(xorb[place + 5 : place + 8], "little")
        end = place + 8 + packed
        yield Chunk(place, end, _unpacked(xorb[place + 8 : end], scheme, size))
        place = end


def _unpacked(data: bytes, scheme: int, size: int) -> bytes:
    content = data if not scheme else pa.decompress(data, decompressed_size=size, codec="lz4", asbytes=True)
    if scheme == _BYTE_GROUPED:
        grouped, content, at = content, bytearray(size), 0
        for group in range(4):
            length = (size - group + 3) // 4
            content[group::4] = grouped[at : at + length]
            at += length
    if scheme > _BYTE_GROUPED or len(content) != size:
        raise Refused(f"a chunk of scheme {scheme} with {len(content)} bytes is said to have {size}")
    return bytes(content)


@dataclass
class XetStore:
    """One store for all repositories."""

    xorbs: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, Stored] = field(default_factory=dict)
    """By the SHA-256 of their content."""

    def add_xorb(self, name: str, body: bytes) -> bool:
        """Whether it is new."""
        list(chunks(body))
        new = name not in self.xorbs
        self.xorbs[name] = body
        return new

    def add_shard(self, body: bytes) -> None:
        place = _HEADER
        while (record := body[place : place + _RECORD])[:32] != _END:
            if len(record) < _RECORD:
                raise Refused("a shard without an end of its files")
            name, (flags, count) = hash_text(record[:32]), struct.unpack("<2I", record[32:40])
            place += _RECORD
            terms = [_term(body[place + n * _RECORD :]) for n in range(count)]
            place += _RECORD * count * (2 if flags & _VERIFIED else 1)
            content = b"".join(self._part(term) for term in terms)
            sha256 = hashlib.sha256(content).hexdigest()
            if flags & _SHA256:
                if hash_text(body[place : place + 32]) != sha256 and body[place : place + 32].hex() != sha256:
                    raise Refused("a file has another SHA-256 than its shard says")
                place += _RECORD
            self.files[sha256] = Stored(name, tuple(terms))

    def content(self, sha256: str) -> bytes:
        return b"".join(map(self._part, self.files[sha256].terms))

    def answer(self, method: str, path: str, wanted: str, body: bytes, url: str) -> tuple[int, Any, bytes | None]:
        """Status, JSON and bytes of the answer to a request below `url`; `wanted` is its Range."""
        *_, verb, name = ["", *path.strip("/").split("/")]
        if path.startswith("/data/"):
            return 200, None, self.xorbs[name]
        try:
            if method == "POST" and path.startswith("/v1/xorbs/"):
                return 200, {"was_inserted": self.add_xorb(name, body)}, None
            if method == "POST" and path == "/v1/shards":
                self.add_shard(body)
                return 200, {"result": 1}, None
        except Refused as error:
            return 400, {"error": str(error)}, None
        if method == "GET" and verb == "reconstructions" and path.startswith("/v2/"):
            first, last = re.findall(r"\d+", wanted)[:2] if wanted else (0, 1 << 62)
            found = self.reconstruction(name, f"{url}/data", int(first), int(last) + 1)
            return (200, found, None) if found else (404 if not wanted else 416, {}, None)
        return 404, {}, None  # chunks of other repositories, grants, shards in version 2: the client goes on without

    def reconstruction(self, name: str, url: str, first: int, end: int) -> dict[str, Any] | None:
        """What of which xorbs makes these bytes of a file; None where there are none."""
        stored = next((one for one in self.files.values() if one.name == name), None)
        terms: list[dict[str, Any]] = []
        xorbs: dict[str, list[dict[str, Any]]] = {}
        start = offset = 0
        for term in stored.terms if stored else ():
            if start < end and start + term.bytes > first:
                offset = offset if terms else max(0, first - start)
                known = list(chunks(self.xorbs[term.xorb]))
                span = {"start": known[term.first].start, "end": known[term.end - 1].end - 1}
                places = {"start": term.first, "end": term.end}
                terms.append({"hash": term.xorb, "unpacked_length": term.bytes, "range": places})
                fetch = {"url": f"{url}/{term.xorb}", "ranges": [{"chunks": places, "bytes": span}]}
                xorbs.setdefault(term.xorb, []).append(fetch)
            start += term.bytes
        return {"offset_into_first_range": offset, "terms": terms, "xorbs": xorbs} if terms else None

    def _part(self, term: Term) -> bytes:
        if term.xorb not in self.xorbs:
            raise Refused(f"a shard names the xorb {term.xorb}, which was not sent")
        return b"".join(one.content for one in list(chunks(self.xorbs[term.xorb]))[term.first : term.end])


def _term(record: bytes) -> Term:
    _, size, first, end = struct.unpack("<4I", record[32:_RECORD])
    return Term(hash_text(record[:32]), first, end, size)
