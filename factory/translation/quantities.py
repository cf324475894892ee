"""Amounts that say something else although their digits are there: another unit, another power of ten, another sign.

A unit is looked at only where both texts give the same number one, so that what is written in another way (半額, the
fifth, 5 for 5 %) is let be. What it leaves out: amounts in words, and units that were converted, whose numbers differ.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

Names = frozenset[str]
_UNITS: tuple[tuple[str, str, str], ...] = (
    ("length", "mm", r"mm|milli(?:meter|metre)s?|ミリ(?:メートル)?"),
    ("length", "cm", r"cm|centi(?:meter|metre)s?|センチ(?:メートル)?"),
    ("length", "km", r"km|kilo(?:meter|metre)s?|キロメートル"),
    ("length", "m", r"meters?|metres?|メートル"),
    ("length", "inch", r"inch(?:es)?|インチ"),
    ("length", "foot", r"feet|foot|ft|フィート"),
    ("length", "yard", r"yards?|ヤード"),
    ("length", "mile", r"miles?|マイル"),
    ("mass", "mg", r"mg|milligrams?|ミリグラム"),
    ("mass", "kg", r"kg|kilograms?|キログラム"),
    ("mass", "g", r"grams?|グラム"),
    ("mass", "ounce", r"ounces?|oz|オンス"),
    ("length mass", "km kg", r"kilos?|キロ"),
    ("mass money", "pound", r"pounds?|lbs?|ポンド"),
    ("volume", "ml", r"ml|milli(?:liter|litre)s?|ミリリットル"),
    ("volume", "l", r"(?:liter|litre)s?|リットル"),
    ("volume", "gallon", r"gallons?|ガロン"),
    ("time", "second", r"seconds?|secs?|秒間?"),
    ("time", "minute", r"minutes?|mins?|分間?(?![のか割け])"),
    ("time", "hour", r"hours?|hrs?|時間"),
    ("time", "day", r"days?|日間"),
    ("time", "week", r"weeks?|週間"),
    ("time", "month", r"months?|[かヶカヵ箇]月"),
    ("time", "year", r"years?|年間"),
    ("money", "dollar", r"dollars?|bucks?|USD|米?ドル"),
    ("money", "cent", r"cents?|セント"),
    ("money", "euro", r"euros?|EUR|ユーロ"),
    ("money", "yen", r"yen|JPY|円(?![形周])"),
    ("share", "percent", r"%|percent|per cent|パーセント"),
)
_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
_NAMES = "|".join(f"(?P<u{at}>{words})" for at, (*_, words) in enumerate(_UNITS))
_AMOUNT = re.compile(
    rf"(?P<sign>[$€£¥])?(?<![0-9.,])(?P<number>[0-9]++(?:,[0-9]{{3}})*+(?:\.[0-9]++)?+)"
    rf"(?:[ -]?(?:{_NAMES})(?![A-Za-z]))?",
    re.IGNORECASE,
)
_KNOWN = {at: (frozenset(kinds.split()), frozenset(names.split())) for at, (kinds, names, _) in enumerate(_UNITS)}
_SHARES = re.compile(r"[%％割]|パー|percent|per cent|pct|ポイント|分の|半|倍|百", re.IGNORECASE)
_MINUS = re.compile(r"(?<=[ (=:])[-−]([0-9]++(?:\.[0-9]++)?+)(?![0-9-])")
_NEGATIVE = re.compile(r"[-−－‐‑–ー─]\s?[0-9]|[-−－]|マイナス|零下|氷点下|minus|negative|below|▲|△|負|引")


class Amount(NamedTuple):
    """A number with its unit."""

    number: str
    kinds: frozenset[str]
    names: Names
    text: str


def changed(source: str, target: str) -> str:
    """The first amount of a source that its translation gives in another unit or without its sign."""
    minus = _MINUS.search(source) if "-" in source or "−" in source else None
    if minus and minus[1] in target and not _NEGATIVE.search(target):
        return minus[0]
    asked = _by_number(source)
    if not any(map(any, asked.values())):
        return ""
    given = _by_number(target)
    for number, said in asked.items():
        here = given.get(number, {})
        for names, amount in said.items() if here else ():
            if "share" in amount.kinds:
                if not _SHARES.search(target):
                    return amount.text
            elif names and all(one.kinds & amount.kinds for one in here.values()) and not _one_unit(here, said):
                return f"{amount.text}: {next(iter(here.values())).text}"
    return ""


def _one_unit(here: Mapping[Names, Amount], said: Mapping[Names, Amount]) -> bool:
    """Whether a number has one unit in both texts."""
    return not frozenset().union(*here).isdisjoint(frozenset().union(*said))


def _by_number(text: str) -> dict[str, dict[Names, Amount]]:
    """The amounts of a text by number and unit, once each: so the time is linear in the text."""
    found: dict[str, dict[Names, Amount]] = {}
    for amount in _amounts(text):
        found.setdefault(amount.number, {}).setdefault(amount.names, amount)
    return found


def _amounts(text: str) -> Iterator[Amount]:
    for found in _AMOUNT.finditer(text):
        number = found["number"].replace(",", "")
        unit = found.lastgroup or ""
        if unit.startswith("u"):
            yield Amount(number, *_KNOWN[int(unit[1:])], found[0])
        elif found["sign"]:
            yield Amount(number, frozenset({"money"}), frozenset({_SIGNS[found["sign"]]}), found[0])
        else:
            yield Amount(number, frozenset(), frozenset(), found[0])
