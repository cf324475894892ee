"""One spelling for the many ways in which answers are typed: full width, TeX, Japanese numerals."""

import re
import unicodedata
from fractions import Fraction

_BEFORE = str.maketrans(
    {
        **{s: f"^{i}" for i, s in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
        "ⁿ": "^n",
        "½": " 1/2",
        "⅓": " 1/3",
        "⅔": " 2/3",
        "¼": " 1/4",
        "¾": " 3/4",
        "㎠": "cm^2",
        "㎡": "m^2",
        "㎢": "km^2",
        "㎤": "cm^3",
        "㎥": "m^3",
        "$": "$",
    }
)
_SYMBOLS = str.maketrans(
    {
        **dict.fromkeys("−‐‑‒–—―", "-"),
        **dict.fromkeys("×⋅·∙✕✖・", "*"),
        **dict.fromkeys("÷⁄∕", "/"),
        **dict.fromkeys("≦⩽", "≤"),
        **dict.fromkeys("≧⩾", "≥"),
        **dict.fromkeys("、،", ","),
        **dict.fromkeys('「」『』`"“”', ""),
        **dict.fromkeys("\u200b\ufeff\u2061\u2062", ""),
        **dict.fromkeys("º˚", "°"),
        "。": " ",
        "‹": "<",
        "∶": ":",
        "¥": "円¤",
    }
)
_TEX_GROUP = re.compile(
    r"\\(?:text|mathrm|mathbf|textbf|mathit|textit|textrm|mbox|operatorname|rm|bf|boldsymbol|hbox)\s*\{([^{}]*)\}"
)
_TEX_MATRIX = re.compile(r"\\(begin|end)\{(?:[pbvBV]?(?:small)?matrix|array)\}(?:\{[lcr|]*\})?")
_TEX = re.compile(r"\\(?:([A-Za-z]+)|(.)|$)", re.DOTALL)
_WORDS = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac"), "\\frac"),
    **dict.fromkeys(("times", "cdot", "ast"), "*"),
    "div": "/",
    **dict.fromkeys(("le", "leq", "leqq", "leqslant"), "≤"),
    **dict.fromkeys(("ge", "geq", "geqq", "geqslant"), "≥"),
    **dict.fromkeys(("ne", "neq"), "≠"),
    **dict.fromkeys(("lt",), "<"),
    **dict.fromkeys(("gt",), ">"),
    **dict.fromkeys(("cup", "lor", "vee"), "∪"),
    **dict.fromkeys(("emptyset", "varnothing"), "∅"),
    **dict.fromkeys(("circ", "degree"), "°"),
    **dict.fromkeys(
        ("left", "right", "displaystyle", "textstyle", "limits", "big", "Big", "bigl", "bigr", "Bigl", "Bigr"), ""
    ),
    **dict.fromkeys(("quad", "qquad", "space", "hspace"), " "),
    **dict.fromkeys(("approx", "fallingdotseq", "simeq"), "≈"),
    **dict.fromkeys(("lvert", "rvert", "vert", "mid"), "|"),
    **dict.fromkeys(("ldots", "dots", "cdots"), "…"),
    "pm": "±",
    "mp": "∓",
    "infty": "∞",
    "pi": "π",
    "in": "∈",
    "lbrace": "❴",
    "rbrace": "❵",
    "colon": ":",
    "yen": "円¤",
    "newline": "⏎",
    "land": " かつ ",
}
_MARKS = {"{": "❴", "}": "❵", "\\": "⏎", "$": "¤", "%": "%", "|": "|", "#": "#", "&": "&", "_": "_"}
_THIN = frozenset(",!:;> ()[]")
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_SCALED = re.compile(r"(\d[\d,.]*) ?(hundred|thousand|million|billion)\b", re.IGNORECASE)
_NUMBER_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_SPELT = re.compile(rf"^(minus |negative |マイナス ?)?({'|'.join(_NUMBER_WORDS)}|(?=\d))(?![a-z])", re.IGNORECASE)
_ENGLISH = re.compile(r"[A-Za-z]{3}|マイナス")
_KANJI = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "億": 10**8, "兆": 10**12}
_NUMERAL = re.compile(r"[0-9][0-9,.]*[万億兆千百十][0-9,.万億兆千百十]*|[〇零一二三四五六七八九十百千万億兆]+")
_ENDINGS = re.compile(
    r"\s*(?:(?:と|に)?(?:なります|なる|なった|なりました)|と(?:求まる|求められる|わかる|分かる|いうこと)|です(?:ね|よ)?|でした|である|であります|だ)?"
    r"[\s.。．]*$"
)
_LEADS = re.compile(r"^[\s:=*,]*(?:約|およそ|だいたい|about|approximately|roughly|≈|~)?\s*", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_ROUGH = re.compile(r"^[\s:=]*(?:約|およそ|だいたい|about |approximately |roughly |≈|\\approx)", re.IGNORECASE)
_CONSTANT_NOTE = re.compile(
    r"[(,\s]*(?:ただし)?[,\s]*C\s*(?:は|:)\s*積分定数[^)]*\)?|\s*\(?where C is (?:a|the) constant[^)]*\)?"
)


def is_rough(text: str) -> bool:
    """True when the text itself says that its number is rounded."""
    return _ROUGH.match(text) is not None


def _kanji_number(match: re.Match[str]) -> str:
    """`3万5千` as `35000`, `二十五` as `25`; left alone where it is no number."""
    run = match.group()
    if run.isdigit() and all(c in _KANJI for c in run):
        return "".join(str(_KANJI[c]) for c in run)
    if all(c in _KANJI for c in run):
        return "".join(str(_KANJI[c]) for c in run)
    total = section = Fraction(0)
    current: Fraction | None = None
    for piece in re.findall(r"[0-9][0-9,.]*|.", run):
        if piece[0] in "0123456789":
            digits = piece.replace(",", "").rstrip(".")
            if digits.count(".") > 1:
                return run
            current = Fraction(digits)
        elif piece in _KANJI:
            current = Fraction(_KANJI[piece])
        elif piece in _SMALL:
            section += (1 if current is None else current) * _SMALL[piece]
            current = None
        elif piece in _LARGE:
            total += ((current or 0) + section or 1) * _LARGE[piece]
            section, current = Fraction(0), None
        else:
            return run
    total += section + (current or 0)
    return str(total)


def _number_word(match: re.Match[str]) -> str:
    sign = "-" if match.group(1) else ""
    word = match.group(2).lower()
    return sign + (str(_NUMBER_WORDS.index(word)) if word else "")


def _tex(match: re.Match[str]) -> str:
    word, mark = match.group(1), match.group(2)
    if word is not None:
        return _WORDS.get(word, match.group())
    if mark is None or mark in _THIN:
        return " " if mark == " " else ""
    return _MARKS.get(mark, match.group())


def _from_tex(text: str) -> str:
    text = _TEX_GROUP.sub(r" \1 ", text)
    text = _TEX_MATRIX.sub(lambda m: "⟦" if m.group(1) == "begin" else "⟧", text)
    text = _TEX.sub(_tex, text)
    return text.replace("^{°}", "°").replace("^°", "°").replace("^ °", "°")


def _without_dollars(text: str) -> str:
    """Drops the `$` that delimit TeX, keeps the one that means money as `¤`."""
    count = text.count("$")
    if count % 2 == 0 and not (count == 2 and re.match(r"^\$[\d.,]+\D+\$[\d.,]+$", text)):
        return text.replace("$", "")
    return text.replace("$", "¤")


def tidy(text: str) -> str:
    """The same answer in one spelling: ASCII where there is one, no TeX layout, no sentence ending."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_BEFORE)).translate(_SYMBOLS)
        text = text.replace("円¤", "¥")
        text = _NUMERAL.sub(_kanji_number, text)
        text = _CONSTANT_NOTE.sub("", text)
        if text.lstrip().startswith("ー"):
            text = text.lstrip().replace("ー", "-", 1)
    if "\\" in text:
        text = _from_tex(text)
    text = text.replace("{,}", ",")
    if "$" in text:
        text = _without_dollars(text)
    if "*" in text:
        text = text.strip().removeprefix("**").removesuffix("**").replace("**", "^")
    if "_" in text:
        text = text.strip("_")
    if "  " in text or " ^" in text:
        text = _SPACES.sub(" ", text).replace(" ^", "^")
    text = _ENDINGS.sub("", text)
    if _ENGLISH.search(text):
        text = _SCALED.sub(lambda m: f"({m.group(1)}*{_SCALES[m.group(2).lower()]})", text)
        text = _SPELT.sub(_number_word, text)
    return _LEADS.sub("", text, count=1).rstrip(" ,;:")
