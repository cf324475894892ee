"""Fixed terms: which of them a text holds, and whether its translation has them.

A term written in small letters is found however a text writes it; one with a capital only as it is. Of terms that
overlap the longest counts, so that `machine learning` is not also `learning`. Terms in Latin letters are whole words.

What it leaves out: inflected forms (`mice` for `mouse`); give them as terms of their own.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError

from factory import strict_yaml
from factory.errors import RecipeError

Word = Annotated[str, Field(min_length=1, max_length=200)]
Words = Word | Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)]
Written = dict[Word, Words]
"""A term, and its translation or several that will do, the first of which is asked for."""

MOST = 50_000
_HEAD = 3
"""Letters by which terms are found."""
_INSIDE = re.compile(r"[A-Za-z0-9]")


class Term(NamedTuple):
    """One fixed term."""

    source: str
    targets: tuple[str, ...]

    @property
    def target(self) -> str:
        """What is asked for."""
        return self.targets[0]


class Glossary:
    """Fixed terms, by their beginnings."""

    def __init__(self, written: Mapping[str, str | Sequence[str]]) -> None:
        """Take terms and their translations."""
        self.terms = tuple(
            Term(source, (said,) if isinstance(said, str) else tuple(said)) for source, said in written.items()
        )

    @property
    def digest(self) -> str:
        """SHA-256 of all terms."""
        return sha256(repr(self.terms).encode("utf-8", "surrogatepass")).hexdigest()

    def inside(self, text: str) -> list[Term]:
        """The terms that a text holds, in the order in which they come."""
        if not self.terms:
            return []
        found: dict[Term, None] = {}
        folded, place = text.lower(), 0
        if len(folded) != len(text):  # letters whose small form is two
            folded = text
        while place < len(text):
            term = self._at(text, folded, place)
            if term is not None:
                found[term] = None
            place += len(term.source) if term else 1
        return list(found)

    def missing(self, source: str, target: str) -> list[Term]:
        """The terms of a source whose translation lacks them."""
        plain = _plain(target)
        return [term for term in self.inside(source) if not any(_plain(one) in plain for one in term.targets)]

    @cached_property
    def _by_letters(self) -> Mapping[str, Sequence[Term]]:
        """The terms by their small letters."""
        found: dict[str, list[Term]] = {}
        for term in self.terms:
            found.setdefault(term.source.lower(), []).append(term)
        return found

    @cached_property
    def _lengths(self) -> Mapping[str, Sequence[int]]:
        """How long terms are that begin so, the longest first."""
        found: dict[str, set[int]] = {}
        for letters in self._by_letters:
            found.setdefault(letters[:_HEAD], set()).add(len(letters))
        return {head: sorted(lengths, reverse=True) for head, lengths in found.items()}

    def _at(self, text: str, folded: str, place: int) -> Term | None:
        """The longest term that begins here."""
        if place and _INSIDE.match(text[place - 1]) and _INSIDE.match(text[place]):
            return None
        for size in range(_HEAD, 0, -1):
            for length in self._lengths.get(folded[place : place + size], ()):
                end = place + length
                if end < len(text) and _INSIDE.match(text[end]) and _INSIDE.match(text[end - 1]):
                    continue
                for term in self._by_letters.get(folded[place:end], ()):
                    if term.source in (folded[place:end], text[place:end]):
                        return term
        return None


def read(path: Path) -> Written:
    """The terms in a YAML file, `term: translation`.

    Raises:
        RecipeError: it can't be read, or holds something else; with the place.
    """
    document = strict_yaml.load(path)
    try:
        found = TypeAdapter(Written).validate_python(document.data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        term = str(first["loc"][0]) if first["loc"] else ""
        raise RecipeError(f"{path}: {term[:60] or 'it'}: write term: translation, or term: [several]") from error
    if len(found) > MOST:
        raise RecipeError(f"{path}: holds {len(found):,} terms; {MOST:,} are read at most")
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
