"""Characters that don't show, or that turn the reading direction around, are named: no text hides what it is.

Beside controls these are what has no width, what fills a place with nothing, and half a surrogate pair. The joiner
inside an emoji and the selectors of a Japanese character's shape are left.
"""

import re

from markupsafe import Markup, escape

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e00ff]"
    "|(?<![\u00a9-\u00ae\u203c-\u2b55\ufe0f\U0001f000-\U0001faff])\u200d"
)


def plain(text: str) -> str:
    """The text with the unseen characters named: what can stand in an attribute too."""
    return _UNSEEN.sub(lambda found: f"\u27e8{_code(found[0])}\u27e9", text)


def leaf(text: str) -> Markup:
    """The text escaped, the unseen characters named and set apart."""
    parts, at = [], 0
    for found in _UNSEEN.finditer(text):
        parts += [escape(text[at : found.start()]), Markup(f'<span class="unseen">{_code(found[0])}</span>')]
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
