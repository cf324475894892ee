"""Numbers of a text that its translation lacks, however they are written there.

A number is there in digits of any width, with or without its commas; in kanji (三百二十), or mixed with them (20万,
5千); as a multiple that the words beside it make up (5 million, 500万); as the hour of the other clock; or in one of
the words that languages have for small and round ones (両方, twice, 半 for 50 %). Units are looked at by
`factory.translation.quantities`. What it leaves out: numbers that only the translation has, as where "two" became 2,
and two numbers that changed places.
"""

import re
import unicodedata
from collections.abc import Iterator

_NUMBER = re.compile(
    r"[0-9.](?:(?<=[0-9])(?<![0-9][0-9])(?<![0-9]:[0-9])[0-9]*+(?:,[0-9]{3})*+(?:\.[0-9]++)?+"
    r"|(?<=\.)(?<![0-9A-Za-z.]\.)[0-9]++|(?<=:0)0{0,8}[1-9][0-9]*+|(?<=:[1-9])[0-9]*+)"
)
"""This and other patterns begin with the few characters that a number may begin with, and look back from there: so what
is none is skipped at once."""
_DIGIT_RUNS = re.compile(r"[0-9][0-9.,]*")
_MAY_BE_ENTRY = re.compile(r"[0-9][.):][ \t]")
_ENTRY = re.compile(r"^[ \t>#*]{0,20}[0-9]{1,3}[.):][ \t]", re.MULTILINE)
_NUMERAL = re.compile(
    r"[0-9〇零一二三四五六七八九十百千](?:(?<=[0-9])[0-9]*+(?:\.[0-9]++)?+|(?<![0-9])[〇零一二三四五六七八九十百千]{0,19}+)"
    r"[十百千万億兆〇零一二三四五六七八九0-9]{0,24}"
)
_PART = re.compile(r"[0-9]+(?:\.[0-9]+)?|.")
_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {"零": 0}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "億": 10**8, "兆": 10**12}
_WIDE = re.compile("[０-９．，]")
_SCALED = re.compile(
    r"([0-9](?<![0-9.][0-9])[0-9]{0,17}+(?:\.[0-9]{1,18}+)?+)[ -]?"
    r"(hundred|thousand|million|billion|trillion|dozen|[kKMB]\b|mil\b|bn\b)",
    re.I,
)
_MULTIPLE = re.compile(r"[0-9][ -]?(?=[tmb万億兆])(?:thousand|million|billion|trillion|[万億兆])", re.IGNORECASE)
_THOUSANDS = 1000
_SCALES = {
    "dozen": 12, "hundred": 10**2, "thousand": 10**3, "k": 10**3, "million": 10**6, "m": 10**6, "mil": 10**6,
    "billion": 10**9, "b": 10**9, "bn": 10**9, "trillion": 10**12,
}  # fmt: skip
_JAPANESE = {
    "0": "零|ゼロ|なし|ない|無",
    "1": "ひと|最初|初|片|同じ|単|元旦|元日|ワン|トップ|首位|毎",
    "2": "ふた|両|ダブル|双|ツー|半分",
    "3": "みっ|スリー",
    "10": "テン",
    "12": "ダース|正午|真夜中|0時",
    "20": "はたち",
    "60": "還暦",
}
_PHRASES = tuple(
    (tuple(numbers.split()), re.compile(source, re.IGNORECASE), re.compile(target, re.IGNORECASE))
    for numbers, source, target in (
        ("7", r"(?<![0-9])(?:7|seven) days", "週間|week"),
        ("12", r"(?<![0-9])12 months", "[一1]年|year"),
        ("30 5 50", r":30|(?<![0-9])30[ -]?min|\.5(?![0-9])|(?<![0-9])50 ?(?:%|per)", "半|half|30分"),
        ("15", r"(?<![0-9])(?:15 ?min|:15)", "四半|quarter"),
        ("24 7", r"(?<![0-9])24[ -]?(?:hours|h\b|/7)", "[一1]日|昼夜|終日|いつでも|day"),
        ("60", r"(?<![0-9])60[ -]?(?:min|sec)", "[一1](?:時間|分)|hour|minute"),
        ("100", r"(?<![0-9])100 ?(?:%|per)", "完全|すべて|全て|全部|絶対|間違いな|満点|all|full|complete"),
        ("365", r"(?<![0-9])365 days", "[一1]年|year"),
    )
)
"""Numbers, what a source says with them, and what its translation may say instead."""
_AFTERNOON = re.compile(r"p\.?m\b|午後|夕方|夜", re.IGNORECASE)
_HOUR = re.compile(
    r"([0-9](?<![0-9][0-9])[0-9]?)(?:[:時][0-9]{0,2})?[ ]?(?:a\.?m\b|p\.?m\b|o'clock|時|:[0-9]{2})", re.IGNORECASE
)
_LATIN = re.compile("[A-Za-z]")
_ENGLISH = {
    "0": "zero|no|none|nil", "1": "one|a|an|once|first|single|same", "2": "two|twice|second|both|double|pair|half"
    "|couple",
    "3": "three|third|thrice|triple", "4": "four|fourth|quarter", "5": "five|fifth|half", "6": "six|sixth",
    "7": "seven|seventh|week", "8": "eight|eighth", "9": "nine|ninth", "10": "ten|tenth|decade", "11": "eleven"
    "|eleventh",
    "12": "twelve|twelfth|dozen|noon|midnight", "13": "thirteen", "14": "fourteen", "15": "fifteen|quarter",
    "16": "sixteen", "17": "seventeen", "18": "eighteen", "19": "nineteen", "20": "twenty"
    "|twentieth", "30": "thirty|half",
    "40": "forty", "50": "fifty|half", "60": "sixty", "70": "seventy", "80": "eighty", "90": "ninety",
    "100": "hundred|century", "1000": "thousand",
}  # fmt: skip


def lacking(source: str, target: str) -> list[str]:
    """The numbers of a source that its translation lacks, as they are written there."""
    if set(_DIGIT_RUNS.findall(target)).issuperset(_DIGIT_RUNS.findall(source)):
        return _scaled_otherwise(source, target)
    asked = _narrow(source)
    if _MAY_BE_ENTRY.search(asked):
        asked = _ENTRY.sub("", asked)
    target = _narrow(target)
    given = set(map(_plain, _NUMBER.findall(target)))
    missing = [number for number in dict.fromkeys(_NUMBER.findall(asked)) if _plain(number) not in given]
    return (_still(missing, source, target) if missing else []) or _scaled_otherwise(source, target)


def _still(missing: list[str], source: str, target: str) -> list[str]:
    """Those of them that are there in no other form either."""
    source, target = _narrow(source).replace(",", ""), target.replace(",", "")
    values = {*_values(target), *_scaled(target), *_hours(source, target)}
    wholes: dict[str, float] = {}
    for whole in _NUMERAL.findall(source):
        wholes |= dict.fromkeys([whole] if whole.isascii() else _NUMBER.findall(whole), _value(whole))
    wholes |= {found[1]: float(found[1]) * _SCALES[found[2].lower()] for found in _SCALED.finditer(source)}
    return [
        number
        for number in missing
        if not any(value in values for value in _ways(_plain(number), wholes))
        and not _in_phrase(number.lstrip("."), source, target)
        and not _worded(_plain(number), target)
    ]


def _in_phrase(number: str, source: str, target: str) -> bool:
    """Whether a number belongs to what a translation may say without it: half an hour, a week."""
    return any(
        given.search(target) and any(number in phrase for phrase in asked.findall(source))
        for numbers, asked, given in _PHRASES
        if any(number in one for one in numbers)
    )


def _scaled_otherwise(source: str, target: str) -> list[str]:
    """Multiples whose digits the translation has with another power of ten: 14億 for 14 million."""
    if not _MULTIPLE.search(source):
        return []
    source, target = _narrow(source).replace(",", ""), _narrow(target).replace(",", "")
    asked = [(found[0], float(found[1]) * _SCALES[found[2].lower()]) for found in _SCALED.finditer(source)]
    asked += [(found[0], _value(found[0])) for found in _NUMERAL.finditer(source) if found[0][-1:] in _LARGE]
    given = {round(value, 3) for value in (*_values(target), *_scaled(target))}
    digits = set(_DIGIT_RUNS.findall(target))
    return [
        text
        for text, value in asked
        if value >= _THOUSANDS and round(value, 3) not in given and text.split()[0] in digits
    ]


def _ways(number: str, wholes: dict[str, float]) -> Iterator[float]:
    """The values that a number may have in the other language."""
    yield float(number)
    if number in wholes:
        yield wholes[number]
    if len(number) == 4 and number.isdigit():
        yield float(number) % 100  # the 1990s


def _hours(source: str, target: str) -> Iterator[float]:
    """What the hours of the translation are on the source's clock, where it has another one: 15時 for 3 p.m."""
    hours = [float(hour) for hour in _HOUR.findall(target)]
    if hours and (_AFTERNOON.search(source) or _AFTERNOON.search(target)):
        yield from (hour + (12 if hour <= 12 else -12) for hour in hours)


def _worded(number: str, target: str) -> bool:
    words = _JAPANESE.get(number)
    if words and re.search(words, target):
        return True
    words = _ENGLISH.get(number) if _LATIN.search(target) else None
    return bool(words and re.search(rf"\b(?:{words})(?:s|ies)?\b", target, re.IGNORECASE))


def _values(text: str) -> Iterator[float]:
    return map(_value, _NUMERAL.findall(text))


def _scaled(text: str) -> Iterator[float]:
    return (float(found[1]) * _SCALES[found[2].lower()] for found in _SCALED.finditer(text))


def _value(numeral: str) -> float:
    """The value of a numeral of kanji, digits or both: 三百二十, 20万, 1億5千万, 一九九〇."""
    if numeral.isascii():
        return float(numeral)
    whole = part = last = 0.0
    for piece in _PART.findall(numeral):
        if piece in _LARGE:
            whole += (part + last or 1) * _LARGE[piece]
            part = last = 0.0
        elif piece in _SMALL:
            part += (last or 1) * _SMALL[piece]
            last = 0.0
        elif piece in _DIGITS:
            last = last * 10 + _DIGITS[piece]
        else:
            last = float(piece)
    return whole + part + last


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text) if _WIDE.search(text) else text


def _plain(number: str) -> str:
    """Without commas, zeros before and zeros behind the point."""
    number = number.replace(",", "").lstrip("0")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return number if number[:1].isdigit() else f"0{number}"
