"""A judge's words made ready to be read: no thoughts; for `rating` one script, and marks for the scale itself."""

import re
import unicodedata

from factory.judging.rating_words import WORDS

_UNSEEN = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff\u20e3\x00-\x08\x0b-\x1f\x7f]")
_NO_DIGITS = re.compile("[\u00b9\u00b2\u00b3\u2070-\u209f]")
"""Digits that are foot notes and exponents."""
_FOLDED = str.maketrans({
    "½": ".5", "¼": ".25", "¾": ".75", "🔟": "10", "’": "'", "‘": "'", "“": '"', "”": '"', "⭐": "★", "🌟": "★",
    "✩": "☆", "〔": "[", "〕": "]", "［": "[", "］": "]", "【": "[", "】": "]",
})  # fmt: skip
_STRUCK = re.compile(r"~~[^~\n]{1,60}~~|<(?:s|del)>[^<\n]{1,60}</(?:s|del)>")
_MARKUP = re.compile(r"</?(?:b|strong|i|em|u|p|span|h[1-6])>|\\[()\[\]]|\\(?:text|textbf|mathbf|mathrm)(?=\{)")
_FRACTION = re.compile(r"\\[dt]?frac\s?\{([0-9.]{1,6})\}\s?\{([0-9.]{1,6})\}")
_TEXT = re.compile(r"(?<!\\boxed)(?<!\\boxed )\{([^{}\n\"':]{1,40})\}")
_SUM = re.compile(r"(?<![0-9.])([0-9.]{1,5}(?: ?\+ ?[0-9.]{1,5}){1,12}) ?= ?([0-9]{1,3}(?:\.[0-9])?)(?![0-9.])")
_STARS = re.compile(r"(★{1,10})(☆{0,10})")
_TAG = "(?:think|thinking|thought|reasoning)"
_ENDED = re.compile(
    rf"< ?/ ?{_TAG} ?>|◁ ?/ ?think ?▷|\[/think\]|<\|channel\|>\s?final\b[^\n]{{0,40}}?<\|message\|>", re.IGNORECASE
)
_BEGUN = re.compile(rf"< ?{_TAG} ?>|◁ ?think ?▷|\[think\]|<\|channel\|>\s?(?:analysis|commentary)\b", re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """What a model said once it had thought; nothing counts behind a thought that was begun and not ended.

    What stands before the end of a thought is one even where its beginning is missing: many chat templates write the
    beginning themselves.
    """
    end = 0
    for match in _ENDED.finditer(text):
        end = match.end()
    begun = _BEGUN.search(text, end)
    return text[end : begun.start() if begun else len(text)]


def prepared(text: str, low: float, high: float) -> str:
    """The text as the forms read it.

    Args:
        text: what the judge wrote.
        low: the lowest rating of the scale.
        high: its highest.
    """
    seen = _NO_DIGITS.sub(" ", _UNSEEN.sub("", text.replace("\r\n", "\n"))).translate(_FOLDED)
    said = without_thoughts(unicodedata.normalize("NFKC", seen).lower())
    said = _FRACTION.sub(r"\1/\2", _MARKUP.sub("", _STRUCK.sub("", said)))
    said = _TEXT.sub(r"\1", said) if "\\" in text else said
    said = re.sub(r"<([0-9]{1,3}(?:\.[0-9]{1,3})?)>", r"\1", re.sub(r"[ \t]+", " ", said))
    said = _SUM.sub(_summed, said)
    return _with_scale(said, f"{low:g}", f"{high:g}")


def _summed(match: re.Match[str]) -> str:
    """`3 + 1 = 4` as 4; a sum that is wrong as no number."""
    try:
        total = sum(float(part) for part in match[1].split("+"))
    except ValueError:
        return match[0]
    return match[2] if abs(total - float(match[2])) < 1e-9 else "¶"


def _with_scale(said: str, low: str, high: str) -> str:
    """Marks in place of the scale itself, and of other scales."""
    low, top = re.escape(low), re.escape(high)
    word = WORDS[int(high)] if high.isdigit() and int(high) < len(WORDS) else top
    dash = r" ?(?:点)? ?(?:[-~〜–—]|から|to|through|and) ?"
    said = re.sub(
        rf"(?<![0-9.]){low}{dash}{top}(?![0-9]|\.[0-9]) ?(?:点)?(?:まで)?(?:の)?(?:スケール|段階)?(?:評価)?", "§", said
    )
    said = re.sub(
        rf"(?<![0-9.])(?:{top} ?点 ?満点|満点(?:は|が)? ?{top} ?点|{top} ?段階(?:評価)?|{top} ?点(?=中|のうち))",
        "§",
        said,
    )
    said = re.sub(
        r"[0-9]{1,3} ?点 ?満点|満点(?:は|が)? ?[0-9]{1,3} ?点|[0-9]{1,3} ?段階(?:評価)?|[0-9]{1,3} ?点(?=中|のうち)",
        "¶",
        said,
    )
    number = r"(?<![0-9/.,-])([0-9]{1,4}(?:\.[0-9]{1,3})?|" + "|".join(rf"\b{one}" for one in WORDS) + ")"
    decorated = r"([*_`]{0,2} ?点? ?[*_`]{0,2})"
    of = r"(?:\\?/|⁄|out of|of) ?[*_`]{0,2} ?"
    said = re.sub(
        rf"{number}{decorated}{of}(?:{top}|{word})(?![0-9]|\.[0-9]|/| ?%)(?: ?点)?(?: points?)?", r"\1\2‖", said
    )
    said = re.sub(rf"out of (?:{top}|{word})(?![0-9]|\.[0-9])", "out of §", said)
    said = re.sub(r"(?<=[0-9])([*_`]{0,2} ?点? ?)(?:/|⁄|out of) ?[*_`]{0,2} ?[0-9]+", r"\1¶", said)
    said = re.sub(r"(?<=[0-9]) ?(?:%|percent\b|パーセント|割)", "¶", said)
    said = re.sub(r"(?<=[0-9])[ -]?(?:stars?\b|つ星|星)", "‖" if high == "5" else "¶", said)
    return _STARS.sub(lambda found: f"{len(found[1])}‖" if str(len(found[0])) == high else found[0], said)
