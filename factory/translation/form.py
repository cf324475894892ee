"""How long a translation is, whether it ends, and whether it has the lists, headings and tables of its source."""

import re

from factory.text_rules.characters import Class
from factory.text_rules.prose import without_code
from factory.text_rules.truncation import cut
from factory.translation.beside import Beside, usual_length

_NEWLINE, _KUTEN, _ASCII_END = int(Class.NEWLINE), int(Class.KUTEN), int(Class.ASCII_END)
_ENDS = frozenset(".!?。！？…")
_ALL_ENDS = _ENDS | frozenset("．‥」』）)】］]”\"'’》〉>:：;；*`_~|-─=♪♡☆★wｗ")
_OTHER_END = re.compile(r"[\W_]\Z")
_LINE = re.compile(
    r"^[ \t　>]{0,20}(?:(?P<heading>#{1,6}[ \t　])|(?P<row>\|)"
    r"|(?P<entry>[-*+・•●○◦▪■][ \t　]?(?![-*+])|(?:\(?[0-9０-９]{1,3}|[①-⑳])[.)．）、:：]?"
    r"|\(?[A-Ha-hア-ク][.)．）、:：]))",
    re.MULTILINE,
)
_NUMBERED = re.compile(r"\(?(?:[0-9]{1,3}|[A-Ha-h])[.)](?=[ \t])|[-*+•●○◦▪■][ \t]")
_PARAGRAPHS = re.compile(r"\n\s*\n")
_LEAST_PARAGRAPHS = 5
_LEAST_SENTENCES = 3
"""Sentences of a source of which one is too few."""
_LEAST_PROSE = 60
_SENTENCE_END = re.compile(r"[a-zé0-9)'’\"] ?[.!?](?=\s|\Z)|[。！？]")


def too_short(both: Beside) -> str:
    """How much shorter the prose is than is usual."""
    source, target = both.lengths
    least = both.limits.shortest * usual_length(both.languages) * source - both.limits.slack
    return f"{target} characters for {source}" if target < least else ""


def too_long(both: Beside) -> str:
    """How much longer the prose is than is usual."""
    source, target = both.lengths
    most = both.limits.longest * usual_length(both.languages) * source + both.limits.slack
    return f"{target} characters for {source}" if target > most else ""


def truncated(both: Beside) -> str:
    """The end of a translation that breaks off, where the source doesn't."""
    target = both.target_end
    end = target[-1]
    if end not in _ENDS:
        if both.source_end[-1:] in _ENDS and end not in _ALL_ENDS and not _is_end(end):
            return target[-40:]
        if cut(target) and not cut(both.source_end, "none"):
            return target[-40:]
    elif ("```" in target or "\\" in target) and cut(target) and not cut(both.source_end, "none"):
        return target[-40:]
    if sentences := _sentences(both):
        return sentences
    if both.before[_NEWLINE] < 2 * (_LEAST_PARAGRAPHS - 1):
        return ""
    before, after = (len(_PARAGRAPHS.split(without_code(text).strip())) for text in (both.source, both.target))
    lost = before >= _LEAST_PARAGRAPHS and after < both.limits.paragraphs * before
    return f"{after} paragraphs for {before}" if lost else ""


def _sentences(both: Beside) -> str:
    """How few sentences are left of several."""
    after = both.after
    there = after[_KUTEN] + after[_ASCII_END] + after[_NEWLINE]
    if there > 1 or both.lengths[0] < _LEAST_PROSE:
        return ""
    before = len(_SENTENCE_END.findall(both.source_prose))
    return f"{max(there, 1)} sentence for {before}" if before >= _LEAST_SENTENCES else ""


def _is_end(character: str) -> bool:
    """Whether it may end a text: an emoji or another sign, but no comma, opening bracket, letter or digit."""
    return bool(_OTHER_END.match(character)) and character not in "、，,・「『（(【［[“‘《〈ー〜"


def structure_lost(both: Beside) -> str:
    """Headings, entries of lists or rows of tables that the translation lacks."""
    if not both.before[_NEWLINE] and not both.source.startswith("#"):
        return ""
    before = _counted(without_code(both.source), _NUMBERED)
    if not any(before):
        return ""
    after = _counted(without_code(both.target), None)
    for what, had, has in zip(("headings", "entries", "rows"), before, after, strict=True):
        least = had if what == "headings" else both.limits.entries * had
        if had >= (1 if what == "headings" else 2) and has < least:
            return f"{has} {what} for {had}"
    return ""


def _counted(text: str, entry: re.Pattern[str] | None) -> tuple[int, int, int]:
    """Headings, entries and rows; `entry` is what an entry must begin with, where not all signs are believed."""
    headings = entries = rows = 0
    for found in _LINE.finditer(text):
        if found["heading"]:
            headings += 1
        elif found["row"]:
            rows += 1
        elif entry is None or entry.match(text, found.start("entry")):
            entries += 1
    return headings, entries, rows
