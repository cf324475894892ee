"""A text and its translation side by side, with what the checks read of both, each worked out once and only if asked.

Also which script a language is written in, and how many characters it takes to say the same.
"""

from collections import Counter
from functools import cached_property, lru_cache
from typing import NamedTuple

from factory.text_rules.characters import HAN, KANA, Class
from factory.translation.languages import Languages
from factory.translation.span_finding import Span, find

_SCRIPTS: dict[str, list[Class]] = {
    "ja": [*KANA, *HAN],
    "zh": HAN,
    "ko": [Class.HANGUL],
    **{code: [Class.LETTER] for code in ("ar", "bg", "el", "fa", "he", "hi", "ru", "sr", "th", "uk", "ur")},
}
_LENGTHS = {"ja": 0.56, "zh": 0.36, "ko": 0.56, "en": 1.0}
_OTHER = 1.1
"""German, French, Spanish and the like are some tenth longer than English."""
_SPACE, _NEWLINE = int(Class.SPACE), int(Class.NEWLINE)
CUT = "\ue000"
"""What stands for a span in prose: no letter, no space."""
_SIGNS = ("`", "$", "\\", "<", "@", "{", "%", "[", "://", "www.", "NAME_")


class Limits(NamedTuple):
    """Thresholds of the checks."""

    shortest: float = 0.53
    """The least length beside what is usual for the languages: 0.30 characters of Japanese for one of English. Of 971
    machine translations and of 493 lines of AMI's translators 0.25 % have less than 0.31."""
    longest: float = 2.05
    """The most: 1.15 characters of Japanese for one of English; the same texts have 0.91 and 0.96 at 99.5 %."""
    slack: int = 12
    """Characters that a text may be beyond both: what is short varies more."""
    paragraphs: float = 0.75
    """The least share of at least five paragraphs (FastAPI's translations: none below)."""
    entries: float = 1.0
    """The least share of the entries of lists and rows of tables (of 119 machine translations with lines one lacks any,
    where the source's own list is broken)."""
    copied_grams: float = 0.2
    """By how much more of a translation's 20-grams may be copies of earlier ones than of the source's."""
    least_sentences: int = 2
    """How many sentences of the rarer style make a mixture of polite and plain."""
    least_share: float = 0.2
    """What share of both the rarer style must be."""


@lru_cache(maxsize=64)
def usual_length(languages: Languages) -> float:
    """Characters of a translation per character of the source, spaces left out."""
    return _LENGTHS.get(languages.target, _OTHER) / _LENGTHS.get(languages.source, _OTHER)


def script(language: str) -> list[Class]:
    """The classes of characters that a language is written in."""
    return _SCRIPTS.get(language, [Class.LATIN])


class Beside:
    """One text and its translation."""

    def __init__(
        self, source: str, target: str, languages: Languages, limits: Limits, before: list[int], after: list[int]
    ) -> None:
        """Take both texts, and how many characters of each class they have."""
        self.source = source
        self.target = target
        self.languages = languages
        self.limits = limits
        self.before = before
        self.after = after
        self.source_end = source.rstrip()
        """The source without space at its end."""
        self.target_end = target.rstrip()
        """The translation without space at its end."""
        marked = _may_have_spans(source)
        self.source_spans = find(source) if marked else []
        """What of the source a translation must keep."""
        self.target_spans = find(target) if _may_have_spans(target) else []
        """The like of it in the translation."""
        self.source_prose = _without(source, self.source_spans) if self.source_spans else source
        """The source with one `CUT` for each of its spans."""
        self.target_prose = _without(target, self.target_spans) if self.target_spans else target
        """The translation likewise."""
        self.lengths = (
            (_characters(self.source_prose), _characters(self.target_prose))
            if marked and (self.source_spans or self.target_spans)
            else (
                len(source) - before[_SPACE] - before[_NEWLINE],
                len(target) - after[_SPACE] - after[_NEWLINE],
            )
        )
        """Characters of the source's and the translation's prose without spaces."""

    @cached_property
    def kept(self) -> dict[str, Counter[str]]:
        """The spans of the source by kind."""
        return _by_kind(self.source, self.source_spans)

    @cached_property
    def found(self) -> dict[str, Counter[str]]:
        """The spans of the translation by kind."""
        return _by_kind(self.target, self.target_spans)


def _may_have_spans(text: str) -> bool:
    for sign in _SIGNS:  # noqa: SIM110 - a generator costs more than the search
        if sign in text:
            return True
    return False


def _characters(prose: str) -> int:
    return len("".join(prose.replace(CUT, " ").split()))


def _without(text: str, spans: list[Span]) -> str:
    pieces, at = [], 0
    for start, end, _ in spans:
        pieces.append(text[at:start])
        at = end
    return CUT.join((*pieces, text[at:]))


def _by_kind(text: str, spans: list[Span]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for start, end, kind in spans:
        found.setdefault(kind, Counter())[text[start:end]] += 1
    return found
