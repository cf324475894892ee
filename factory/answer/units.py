"""Units of measure at the end of an answer: which are the same, which convert, which are only counted."""

import re
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple


class Unit(NamedTuple):
    """What a number is a number of."""

    dimension: str
    """`length`, `yen` …; `count` for a noun or a counter that nothing converts to."""
    factor: Fraction
    """In the dimension's first unit."""
    noun: str = ""


_TABLE: dict[str, dict[str, str]] = {
    "length": {
        "1/1000": "mm ミリメートル ミリ millimeter millimetre",
        "1/100": "cm センチメートル センチ centimeter centimetre",
        "1": "m メートル meter metre",
        "1000": "km キロメートル kilometer kilometre",
        "0.0254": "in inch インチ",
        "0.3048": "ft foot feet フィート",
        "0.9144": "yd yard ヤード",
        "1609.344": "mi mile マイル",
    },
    "mass": {
        "1/1000": "mg ミリグラム milligram",
        "1": "g グラム gram",
        "1000": "kg キログラム kilogram",
        "1000000": "トン ton tonne t",
        "453.59237": "lb lbs pound ポンド",
        "28.349523125": "oz ounce オンス",
    },
    "volume": {
        "1/1000": "mL ml cc ミリリットル milliliter millilitre cm^3 立方センチメートル",
        "1/10": "dL dl デシリットル deciliter",
        "1": "L l リットル liter litre",
        "1000": "kL kl m^3 立方メートル",
        "3.785411784": "gallon ガロン gal",
    },
    "area": {
        "1/1000000": "mm^2",
        "1/10000": "cm^2 平方センチメートル",
        "1": "m^2 平方メートル",
        "100": "a アール",
        "10000": "ha ヘクタール hectare",
        "1000000": "km^2 平方キロメートル",
    },
    "time": {
        "1": "秒 s sec second 秒間",
        "60": "分 min minute 分間",
        "3600": "時間 h hr hrs hour",
        "86400": "日 日間 day",
        "604800": "週間 週 week",
    },
    "months": {"1": "か月 ヶ月 ヵ月 カ月 ケ月 month", "12": "年 年間 year"},
    "speed": {
        "1": "m/s m/秒",
        "1/60": "m/min m/分",
        "5/18": "km/h km/時 km/hr",
        "50/3": "km/min km/分",
        "1000": "km/s km/秒",
        "0.01": "cm/s cm/秒",
        "0.44704": "mph",
    },
    "angle": {"1": "° 度 degree deg"},
    "temperature": {"1": "°C"},
    "yen": {"1": "円 ¥ yen"},
    "dollars": {"1": "ドル $ ¤ dollar usd", "1/100": "セント ¢ cent"},
    "euros": {"1": "ユーロ € euro"},
    "pounds": {"1": "£"},
}


def _units() -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for dimension, sizes in _TABLE.items():
        for factor, names in sizes.items():
            for name in names.split():
                found[name] = Unit(dimension, Fraction(factor))
                if len(name) > 3 and name.isascii() and name.isalpha():
                    found[name + "s"] = found[name]
    return found


UNITS = _units()
_AMBIGUOUS = frozenset({"a", "t", "h", "s", "l", "in", "m", "g", "L"})
"""Also names of variables: a unit only after a space, or (m, g, L) after a plain number."""
_SPEED = re.compile(r"^(時速|分速|秒速|毎時|毎分|毎秒)\s*(.*?)\s*(km|m|cm|キロメートル|メートル|キロ)$")
_PER = {"時": "h", "分": "min", "秒": "s"}
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)?"
_COMPOUND = re.compile(rf"-?(?:{_NUMBER} ?[^\W\d_]{{1,9}}[ と]*(?:and )?){{2,4}}")
_PART = re.compile(rf"({_NUMBER}) ?([^\W\d_]{{1,9}}?)(?=[\s\d]|と(?=\d)|$)")
_TRAILING = re.compile(
    r"^(.*?[^\s^]) *?( ?(?![πθ])(?:[^\W\d_]|[°µ¢¤€£¥'’])(?:[^\W\d_]|[°µ/' -])*"
    r"(?:\^?\{?[23]\}?)?(?:/[^\W\d_]+)?|[°¢¤€£¥])$"
)
_NOUN = re.compile(r"^[A-Za-z][A-Za-z' -]{2,40}$")
_TRIGONOMETRY = re.compile(r"sin|cos|tan")
_NUMERIC = re.compile(r"^(?:[-+\d.,/ π√{}()]|\\frac|\\sqrt)+$")
_CLAUSE = re.compile(r"[ぁ-ん]{4}|ない|ません|以上|以下|以内|未満|より|超|以外|くらい|ぐらい|程度|前後|乗|.{13}")
"""No noun: the number before it is not the answer."""
_NO_NOUN = re.compile(
    r"\b(?:and|or|sin|cos|tan|log|mod|at|more|less|fewer|over|under|than|plus|minus|times|squared|cubed|factorial|not|to"
    r"|halves|thirds|quarters|fourths|fifths|sixths|eighths|tenths|hundredths|hundred|thousand|million|billion|half)\b"
    r"(?!$)|(?:squared|cubed|factorial|halves|thirds|quarters|fourths|fifths|sixths|eighths|tenths|hundredths|more|less)$"
)
_PREFIXES = "¤¥€£"


def _lookup(name: str) -> Unit | None:
    name = name.strip().replace("{", "").replace("}", "").removeprefix("square ")
    found = UNITS.get(name) or UNITS.get(name.lower())
    if found is None and name[-1:] in "23" and "^" not in name:
        found = UNITS.get(f"{name[:-1]}^{name[-1]}")
    return found


def compound(text: str) -> tuple[Fraction, Unit] | None:
    """`1時間30分` as 90 in its smallest unit; None for what isn't one dimension in falling units."""
    if not _COMPOUND.fullmatch(text):
        return None
    parts = [(Fraction(n.replace(",", "")), _lookup(unit)) for n, unit in _PART.findall(text) if "/0" not in n]
    units = [unit for _, unit in parts if unit is not None]
    if len(units) < 2 or len(units) != len(parts) or len({unit.dimension for unit in units}) > 1:
        return None
    if any(a.factor <= b.factor for a, b in pairwise(units)):
        return None
    total = sum((n * unit.factor for n, unit in zip((n for n, _ in parts), units, strict=True)), Fraction(0))
    return total / units[-1].factor * (-1 if text[0] == "-" else 1), units[-1]


def _count(name: str) -> Unit:
    name = name.strip().lower()
    if name.isascii() and len(name) > 3:
        name = name.removesuffix("s")
    return Unit("count", Fraction(1), name)


def split_unit(text: str) -> tuple[str, Unit | None]:
    """The text without its unit, and the unit."""
    if text[:1] in _PREFIXES and text:
        return text[1:].lstrip(), UNITS[text[0]]
    if text[:2] in ("-¤", "-¥", "-€", "-£"):
        return "-" + text[2:], UNITS[text[1]]
    if text[-1:] == ")" or (text[-1:].isdigit() and text[-1:] not in "23"):
        return text, None
    match = _SPEED.match(text)
    if match:
        way, rest, length = match.groups()
        base = {"キロメートル": "km", "キロ": "km", "メートル": "m"}.get(length, length)
        return rest, UNITS.get(f"{base}/{_PER[way.strip('速毎')]}")
    match = _TRAILING.match(text)
    if match is None:
        return text, None
    head, name = match.groups()
    return _accepted(text, head.rstrip(), name)


def _accepted(text: str, head: str, name: str) -> tuple[str, Unit | None]:
    spaced, bare = name[0] == " " or text[len(head)] == " ", name.strip()
    plain = head[-1].isdigit() or head[-1] in ")}"
    unit = _lookup(bare)
    if unit is not None and unit.dimension == "angle" and _TRIGONOMETRY.search(head):
        return text, None
    if unit is not None and (plain or head[-1] in "πe" or spaced):
        loose = bare in ("m", "g", "L") and re.fullmatch(r"-?[\d.,/ ]+", head)
        if bare not in _AMBIGUOUS or loose or (spaced and _NUMERIC.match(head)):
            return head, unit
        return text, None
    if not plain:
        return text, None
    if not bare.isascii() and bare[0] not in "θαβγλμφω√∞" and "^" not in bare and not _CLAUSE.search(bare):
        return head, _count(bare)
    if spaced and _NOUN.match(bare) and not _NO_NOUN.search(bare):
        return head, _count(bare)
    return text, None
