r"""Spans that a translation had to keep, and marks that were to be taken out again.

A span counts as kept where the translation has it at all, once or more: pronouns stand for names in one language and
not in the other. Comments in code may be translated, and words inside `\text{}` of a formula.
"""

import re
from collections import Counter

from factory.text_rules.characters import Class
from factory.translation.beside import Beside
from factory.translation.numbers import lacking
from factory.translation.quantities import changed

_DIGIT = int(Class.DIGIT)
_NOTE = 80
_LEAST_LINES = 0.9
"""The share of a source's lines of code, comments left out, that a translation must have."""
_LEAST_INLINE = 0.75
"""The share of inline code that must still be marked as code; all of it must be there."""
_COMMENT = re.compile(r"(?:^|(?<=\s))(?:#|//|--(?=\s)|/\*|\*|<!--|;;|%).*")
_TEXT = re.compile(
    r"\\(?:text|mathrm|mbox|textbf|operatorname)\s?\{[^{}]{0,200}\}|\\label\{[^{}]{0,100}\}|[\s$]|\\[()\[\],;!]"
    r"|\\q?quad"
)
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:-]{0,40}")
_NO_SPANS: Counter[str] = Counter()


def code_changed(both: Beside) -> str:
    """A block of code or an inline span that is lost or another one."""
    blocks = [span for span in both.kept.get("code", _NO_SPANS) if not span.startswith("<!--")]
    there = [span for span in both.found.get("code", _NO_SPANS) if not span.startswith("<!--")]
    fences, now = (sum(map(both_spans.__getitem__, spans)) for both_spans, spans in _counted(both, blocks, there))
    if now < fences:
        return f"{fences} blocks of code, {now} in the translation"
    lines = _lines(blocks)
    if lines and (lost := lines - _lines(there)) and lost.total() > (1 - _LEAST_LINES) * lines.total():
        return next(iter(lost))[:_NOTE]
    return _inline(both)


def _counted(both: Beside, *spans: list[str]) -> list[tuple[Counter[str], list[str]]]:
    return list(zip((both.kept.get("code", _NO_SPANS), both.found.get("code", _NO_SPANS)), spans, strict=True))


def _lines(blocks: list[str]) -> Counter[str]:
    bare = (_COMMENT.sub("", line).strip() for block in blocks for line in block.split("\n"))
    return Counter(line for line in bare if line and not line.startswith(("```", "~~~")))


def _inline(both: Beside) -> str:
    inline = both.kept.get("inline")
    if not inline:
        return ""
    there = both.found.get("inline", _NO_SPANS)
    unmarked = [span for span in inline if span not in there]
    lost = next((span for span in unmarked if span.strip("` ") not in both.target), "")
    return (lost or ("" if len(unmarked) <= (1 - _LEAST_INLINE) * len(inline) else unmarked[0]))[:_NOTE]


def formula_changed(both: Beside) -> str:
    """A formula that is lost or another one."""
    if not (formulas := both.kept.get("formula")):
        return ""
    there = {_TEXT.sub("", span) for span in both.found.get("formula", _NO_SPANS)}
    bare = ""
    for span in formulas:
        formula = _TEXT.sub("", span)
        if formula not in there:
            bare = bare or _TEXT.sub("", both.target)
            if len(formula) < 4 or formula not in bare:
                return span[:_NOTE]
    return ""


def link_changed(both: Beside) -> str:
    """A link or an e-mail address that is lost or another one."""
    for kind in ("link", "email"):
        there = {span.rstrip("/") for span in both.found.get(kind, _NO_SPANS)} if kind in both.kept else {""}
        for span in both.kept.get(kind, _NO_SPANS):
            if span.rstrip("/") not in there:
                return span[:_NOTE]
    return ""


def placeholder_changed(both: Beside) -> str:
    """A placeholder or a key of JSON that is lost or another one."""
    return _lost(both, "placeholder") or _lost(both, "key")


def _lost(both: Beside, kind: str) -> str:
    if kind not in both.kept:
        return ""
    return next((span[:_NOTE] for span in both.kept[kind] if span not in both.target), "")


def tags_changed(both: Beside) -> str:
    """A tag that is lost; its attributes may be translated."""
    if "tag" not in both.kept:
        return ""
    lost = _names(both.kept["tag"]) - _names(both.found.get("tag", _NO_SPANS))
    return next(iter(lost), "")


def _names(tags: Counter[str]) -> Counter[str]:
    names: Counter[str] = Counter()
    for tag, count in tags.items():
        if found := _TAG.match(tag):
            names[f"{found[0].lower()}>"] += count
    return names


def mark_left(both: Beside) -> str:
    """A mark of a masked span that was never put back."""
    at = both.target.find("⟦")
    at = both.target.find("⟧") if at < 0 else at
    return both.target[at : at + 20] if at >= 0 and both.target[at] not in both.source else ""


def numbers_changed(both: Beside) -> str:
    """The numbers of the source that the translation lacks, or an amount that it gives otherwise."""
    if not both.before[_DIGIT]:
        return ""
    source, target = both.source_prose, both.target_prose
    return ", ".join(lacking(source, target)[:8]) or changed(source, target)[:_NOTE]
