r"""TeX as MathML, which browsers set by themselves.

latex2mathml reads the TeX. What it writes is not used as it is: its own serializer takes `\text{<script>}` for HTML
and `\href` for a link. The tree is written anew, from elements and attributes that are listed here. TeX that defines
macros, nests deeper or is longer than formulas are, or that has commands nobody knows, is not set at all.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup

from factory.pages.unseen import plain

LONGEST = 2_000
"""Characters that a formula may have."""
DEEPEST = 24
"""Braces and environments that may stand inside each other."""
_NODES = 1_500
_LEVELS = 60

_ELEMENTS = re.compile(
    r"menclose|mfrac|mi|mmultiscripts|mn|mo|mover|mpadded|mphantom|mprescripts|mroot|mrow|mspace|msqrt|mstyle|msub|msubsup|"
    r"msup|mtable|mtd|mtext|mtr|munder|munderover|none"
)
_WORDS = re.compile(
    r"accent|accentunder|columnalign|displaystyle|fence|form|largeop|linethickness|mathvariant|movablelimits|notation|"
    r"scriptlevel|separator|stretchy|symmetric"
)
_LENGTHS = re.compile(r"columnspacing|depth|height|lspace|maxsize|minsize|rowspacing|rspace|voffset|width")
_WORD = re.compile(r"[a-z0-9 -]{1,40}\Z")
_LENGTH = re.compile(r"(?:[+-]?\d{0,2}(?:\.\d{1,4})?(?:em|ex|pt|px|mu) ?){1,4}\Z")
_REFUSED = re.compile(
    r"\\(?:[egx]?def|let|(?:re|provide)?newcommand|renewcommand|providecommand|newenvironment|href|url|html\w*|class|"
    r"style|cssId|includegraphics|input|include|require|write|catcode|csname|expandafter|futurelet|loop|repeat)\b"
)
_ENTITY = re.compile(r"&#x([0-9A-Fa-f]{5,6});")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


@lru_cache(maxsize=512)
def formula(tex: str, *, display: bool) -> Markup | None:
    """The formula in MathML; nothing where it can't or should not be set."""
    convert = _converter()
    if convert is None or len(tex) > LONGEST or _REFUSED.search(tex) or _depth(tex) > DEEPEST:
        return None
    try:
        tree = convert(_THOUSANDS.sub(r"\\text{,}", tex.strip()))
        inner = Markup("").join(_written(tree, [_NODES]))
    except Exception:  # whatever a parser of hostile TeX dies of, its source can be shown
        return None
    kind = "block" if display else "inline"
    return Markup('<math display="{}" alttext="{}">{}</math>').format(kind, plain(tex.strip()), inner)


@cache
def _converter() -> Callable[[str], Any] | None:
    """What reads TeX, where it is installed."""
    try:
        from latex2mathml.converter import convert_to_element
    except ImportError:
        return None
    return convert_to_element


def _depth(tex: str) -> int:
    deepest = depth = 0
    for found in re.finditer(r"\\[{}]|[{}]|\\(begin|left|end|right)\b", tex):
        what = found[1] or found[0]
        depth += {"{": 1, "begin": 1, "left": 1, "}": -1, "end": -1, "right": -1}.get(what, 0)
        deepest = max(deepest, depth)
    return deepest


def _written(parent: Any, left: list[int], level: int = 0) -> Iterator[Markup]:
    """The children of an element."""
    for child in parent:
        left[0] -= 1
        if left[0] < 0 or level > _LEVELS or not _ELEMENTS.fullmatch(child.tag):
            raise ValueError(f"{child.tag} is not set here")
        said = _ENTITY.sub(lambda found: chr(int(found[1], 16)), child.text or "")
        if child.tag != "mtext" and re.match(r"\\[A-Za-z]", said):
            raise ValueError(f"{said} is no command")
        tag = "mo" if child.tag == "mi" and len(said) == 1 and unicodedata.category(said) == "Sm" else child.tag
        attributes = Markup("").join(_attributes(child.attrib))
        inner = Markup("").join(_written(child, left, level + 1))
        yield Markup("<{0}{1}>{2}{3}</{0}>").format(Markup(tag), attributes, plain(said), inner)


def _attributes(given: Any) -> Iterator[Markup]:
    for name, value in given.items():
        values = _WORD if _WORDS.fullmatch(name) else _LENGTH if _LENGTHS.fullmatch(name) else None
        if values and values.match(value):
            yield Markup(' {}="{}"').format(Markup(name), value)
