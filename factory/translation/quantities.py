"""Amounts that say something else although their digits are there: another unit, another power of ten, another sign.

A unit is looked at only where both texts give the same number one, so that what is written in another way (半額, the
fifth, 5 for 5 %) is let be. What it leaves out: amounts in words, and units that were converted, whose numbers differ.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

Names = frozenset[str]
Unit = tuple[frozenset[str], Names]
"""The kinds of amounts that it may be of, and its names."""
_UNITS: tuple[tuple[str, str, str, str], ...] = (
    ("length", "mm", "mm millimeter* millimetre*", "ミリ(?:メートル)?"),
    ("length", "cm", "cm centimeter* centimetre*", "センチ(?:メートル)?"),
    ("length", "km", "km kilometer* kilometre*", "キロメートル"),
    ("length", "m", "meter* metre*", "メートル"),
    ("length", "inch", "inch inches", "インチ"),
    ("length", "foot", "feet foot ft", "フィート"),
    ("length", "yard", "yard*", "ヤード"),
    ("length", "mile", "mile*", "マイル"),
    ("mass", "mg", "mg milligram*", "ミリグラム"),
    ("mass", "kg", "kg kilogram*", "キログラム"),
    ("mass", "g", "gram*", "グラム"),
    ("mass", "ounce", "ounce* oz", "オンス"),
    ("length mass", "km kg", "kilo*", "キロ"),
    ("mass money", "pound", "pound* lb*", "ポンド"),
    ("volume", "ml", "ml milliliter* millilitre*", "ミリリットル"),
    ("volume", "l", "liter* litre*", "リットル"),
    ("volume", "gallon", "gallon*", "ガロン"),
    ("time", "second", "second* sec*", "秒間?"),
    ("time", "minute", "minute* min*", "分間?(?![のか割け])"),
    ("time", "hour", "hour* hr*", "時間"),
    ("time", "day", "day*", "日間"),
    ("time", "week", "week*", "週間"),
    ("time", "month", "month*", "[かヶカヵ箇]月"),
    ("time", "year", "year*", "年間"),
    ("money", "dollar", "dollar* buck* usd", "米?ドル"),
    ("money", "cent", "cent*", "セント"),
    ("money", "euro", "euro* eur", "ユーロ"),
    ("money", "yen", "yen jpy", "円(?![形周])"),
    ("share", "percent", "% percent", "パーセント"),
)
"""Of each unit what kinds of amounts it may be of, its names, its words in English (an asterisk is an s or nothing) and
in Japanese."""
_KNOWN: tuple[Unit, ...] = tuple((frozenset(kinds.split()), frozenset(names.split())) for kinds, names, *_ in _UNITS)
_IN_ENGLISH = {
    word.replace("*", ending): _KNOWN[at]
    for at, (*_, words, _) in enumerate(_UNITS)
    for word in words.split()
    for ending in ("", "s")
}
_IN_ENGLISH["per cent"] = _IN_ENGLISH["percent"]
_NONE: Unit = (frozenset(), frozenset())
_SIGNS: dict[str, Unit] = {
    sign: (frozenset({"money"}), frozenset({name}))
    for sign, name in (("$", "dollar"), ("€", "euro"), ("£", "pound"), ("¥", "yen"))
}
_AMOUNT = re.compile(
    r"([$€£¥0-9](?:(?<=[0-9])(?<![0-9.,][0-9])|(?<![0-9])[0-9])[0-9]*+(?:,[0-9]{3})*+(?:\.[0-9]++)?+)"
    r"(?:([ -]?)((?i:per cent)(?![A-Za-z])|[A-Za-z]++|%(?![A-Za-z])"
    rf"|(?:{'|'.join(words for *_, words in _UNITS)})(?![A-Za-z])))?"
)
"""An amount with its sign, what parts it from the next word, and that word, which may be no unit. It begins with one
of a few characters, so that all others are skipped at once."""
_SHARES = re.compile(r"[%％割]|パー|percent|per cent|pct|ポイント|分の|半|倍|百", re.IGNORECASE)
_MINUS = re.compile(r"[-−](?<=[ (=:][-−])([0-9]++(?:\.[0-9]++)?+)(?![0-9-])")
_NEGATIVE = re.compile(r"[-−－‐‑–ー─]\s?[0-9]|[-−－]|マイナス|零下|氷点下|minus|negative|below|▲|△|負|引")


class Amount(NamedTuple):
    """What a number is given in."""

    kinds: frozenset[str]
    names: Names
    text: str


def changed(source: str, target: str) -> str:
    """The first amount of a source that its translation gives in another unit or without its sign."""
    minus = _MINUS.search(source) if "-" in source or "−" in source else None
    if minus and minus[1] in target and not _NEGATIVE.search(target):
        return minus[0]
    amounts = _AMOUNT.findall(source)
    if not any(said[0] in _SIGNS or (word and _unit(word)) for said, _, word in amounts):
        return ""
    asked = {number: said for number, said in _by_number(amounts).items() if any(said)}
    given = _by_number(_AMOUNT.findall(target))
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


def _by_number(amounts: Sequence[tuple[str, str, str]]) -> dict[str, dict[Names, Amount]]:
    """The amounts of a text by number and unit, once each: so the time is linear in the text."""
    found: dict[str, dict[Names, Amount]] = {}
    for said, between, word in amounts:
        unit = _unit(word) if word else None
        number = said.replace(",", "")
        if sign := _SIGNS.get(said[0]):
            number = number[1:]
        kinds, names = unit or sign or _NONE
        of_number = found.setdefault(number, {})
        if names not in of_number:
            of_number[names] = Amount(kinds, names, f"{said}{between}{word}" if unit else said)
    return found


def _unit(word: str) -> Unit | None:
    """What a word behind a number is a unit of."""
    return _IN_ENGLISH.get(word.lower()) or (None if word.isascii() else _in_japanese(word))


@cache
def _in_japanese(word: str) -> Unit | None:
    """The first unit that is called so; the words are only those that `_AMOUNT` knows."""
    return next((_KNOWN[at] for at, (*_, words) in enumerate(_UNITS) if re.fullmatch(words, word)), None)
