r"""Text from rows as HTML: paragraphs, lists, code and TeX, and nothing that a text could make a page do.

Only this module writes tags, all of them its own; a text is escaped piece by piece. What is no HTML here stays as it
was written: links, pictures, raw HTML, tables. Every search ends: it looks for one fixed string, at most so far away.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from factory.pages.formula import formula
from factory.pages.unseen import leaf

MOST = 100_000
"""Characters of one text that are shown; of what follows, only how much it is."""
FORMULAS = 20_000
"""Characters of TeX in one text that are set; the rest stays as it was written."""
_SPAN = 2_000
"""Characters that code in a line, a formula or bold text may have."""
_TRIES = 20
"""Dollar signs that are tried as the end of a formula."""
_LINES = 60
"""Lines that a displayed formula may have."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^`\s]{0,40})[^`]{0,200}$")
_HEADING = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_ITEM = re.compile(r"([ \t]{0,16})([-*+•・]|\d{1,4}[.)])[ \t]+(?=\S)")
_SPECIAL = re.compile(r"`+|\$\$?|\\[(\[\\$`]|\\begin\{(?:align|aligned|cases|equation|gather|matrix|pmatrix)\*?\}|\*\*")
_ENDS = {r"\(": r"\)", r"\[": r"\]", "$$": "$$"}


def rendered(text: str, most: int = MOST) -> Markup:
    """The text as blocks of HTML."""
    shown = text[:most].replace("\r\n", "\n")
    setter = _Formulas(FORMULAS)
    blocks = [_html(block, setter) for block in _blocks(shown.split("\n"))]
    if len(text) > most:
        blocks.append(Markup('<p class="cut">… +{}</p>').format(f"{len(text) - most:,}"))
    return Markup("\n").join(blocks)


class _Block(NamedTuple):
    """Lines that belong together."""

    kind: str
    text: str
    label: str = ""
    depth: int = 0


class _Formulas:
    """Sets formulas until enough is set."""

    def __init__(self, left: int) -> None:
        self.left = left

    def set(self, tex: str, written: str, *, display: bool) -> Markup:
        self.left -= len(tex)
        made = formula(tex, display=display) if self.left >= 0 else None
        return Markup('<code class="tex">{}</code>').format(leaf(written)) if made is None else made


def _blocks(lines: list[str]) -> Iterator[_Block]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if fence := _FENCE.match(line):
            end = _closing(lines, at + 1, fence[1])
            yield _Block("code", "\n".join(lines[at + 1 : end]), fence[2])
            at = end + 1
        elif not line.strip():
            at += 1
        elif found := _HEADING.match(line):
            yield _Block("heading", line[found.end() :], found[1])
            at += 1
        elif found := _ITEM.match(line):
            yield _Block("item", line[found.end() :], found[2], min(len(found[1].expandtabs(4)) // 2, 4))
            at += 1
        else:
            end = _paragraph(lines, at)
            yield _Block("paragraph", "\n".join(lines[at:end]))
            at = end


def _closing(lines: list[str], at: int, fence: str) -> int:
    """Where the fence is closed; behind the last line where it is not."""
    for place in range(at, len(lines)):
        line = lines[place].strip()
        if len(line) >= len(fence) and line == fence[0] * len(line):
            return place
    return len(lines)


def _paragraph(lines: list[str], at: int) -> int:
    """Behind the last line of the paragraph, or of the displayed formula, that begins here."""
    start = lines[at].strip()
    for begin, close in (("$$", "$$"), (r"\[", r"\]")):
        if start.startswith(begin) and close not in start[2:]:
            for place in range(at + 1, min(at + _LINES, len(lines))):
                if close in lines[place]:
                    return place + 1
    end = at + 1
    while end < len(lines) and lines[end].strip() and not _begins(lines[end]):
        end += 1
    return end


def _begins(line: str) -> bool:
    return bool(_FENCE.match(line) or _HEADING.match(line) or _ITEM.match(line)) or line.startswith(("$$", r"\["))


def _html(block: _Block, setter: _Formulas) -> Markup:
    if block.kind == "code":
        label = Markup('<span class="label">{}</span>').format(leaf(block.label)) if block.label else Markup("")
        return Markup('<pre tabindex="0">{}<code>{}</code></pre>').format(label, leaf(block.text))
    inline = Markup("").join(_inline(block.text, setter))
    if block.kind == "item":
        row = '<div class="item depth-{}"><span class="bullet">{}</span><span>{}</span></div>'
        return Markup(row).format(block.depth, leaf(block.label), inline)
    if block.kind == "heading":
        return Markup('<p class="heading">{}</p>').format(inline)
    return Markup("<p>{}</p>").format(inline)


def _inline(text: str, setter: _Formulas) -> Iterator[Markup]:
    at = start = 0
    while found := _SPECIAL.search(text, at):
        piece = _span(text, found.start(), found[0], setter)
        at = found.end()
        if piece is not None:
            markup, at = piece
            yield leaf(text[start : found.start()])
            yield markup
            start = at
    yield leaf(text[start:])


def _span(text: str, at: int, mark: str, setter: _Formulas) -> tuple[Markup, int] | None:
    """What begins with the mark, and where it ends; nothing where the mark is only a character."""
    begin = at + len(mark)
    if mark[0] == "`":
        end = text.find(mark, begin, begin + _SPAN)
        if end < 0 or text[end + len(mark) : end + len(mark) + 1] == "`":
            return None
        return Markup("<code>{}</code>").format(leaf(text[begin:end])), end + len(mark)
    if mark == "**":
        end = text.find("**", begin, begin + _SPAN)
        if end <= begin or text[begin].isspace() or text[end - 1].isspace():
            return None
        return Markup("<strong>{}</strong>").format(Markup("").join(_inline(text[begin:end], setter))), end + 2
    if mark == "$":
        end, behind = _dollar(text, begin), 1
    elif mark in _ENDS:
        end, behind = text.find(_ENDS[mark], begin, begin + _SPAN), 2
    elif mark.startswith(r"\begin"):
        close = rf"\end{mark[6:]}"
        end, behind = text.find(close, begin, begin + _SPAN), len(close)
        begin, end = (at, end + behind) if end >= 0 else (begin, end)
        behind = 0
    else:
        return None
    if end <= begin:
        return None
    return setter.set(text[begin:end], text[at : end + behind], display=mark not in ("$", r"\(")), end + behind


def _dollar(text: str, begin: int) -> int:
    r"""Where a formula in dollars ends, by pandoc's rule: `$5 and $6` is none.

    Source: https://pandoc.org/MANUAL.html#extension-tex_math_dollars
    """
    if not text[begin : begin + 1].strip():
        return -1
    end = begin
    for _ in range(_TRIES):
        end = text.find("$", end, begin + _SPAN)
        if end < 0:
            return -1
        if text[end - 1] not in " \t\n\\" and not text[end + 1 : end + 2].isdigit():
            return end
        end += 1
    return -1
