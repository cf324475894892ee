"""Japanese postal addresses: anchored by a prefecture or a large city, complete with a house number.

A municipality or a block (丁目) alone names thousands of people and stays. Left out: addresses that begin below the
prefecture in smaller towns, and addresses in Latin letters.
"""

import re

from factory.pii.rule import Rule, after

_PREFECTURES = (
    "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都|神奈川県|"
    "新潟県|富山県|石川県|福井県|山梨県|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|京都府|大阪府|兵庫県|奈良県|"
    "和歌山県|鳥取県|島根県|岡山県|広島県|山口県|徳島県|香川県|愛媛県|高知県|福岡県|佐賀県|長崎県|熊本県|"
    "大分県|宮崎県|鹿児島県|沖縄県"
)
_CITIES = (
    "札幌市|仙台市|さいたま市|千葉市|横浜市|川崎市|相模原市|新潟市|静岡市|浜松市|名古屋市|京都市|大阪市|堺市|"
    "神戸市|岡山市|広島市|北九州市|福岡市|熊本市"
)
"""The cities with wards, before which the prefecture is left out; wards of Tokyo are found behind 東京都 alone."""

_ANCHOR = f"{_PREFECTURES}|{_CITIES}"
_WORD = r"[^\s\d、。,.!?()「」『』:;・/]"
_KANJI = "一二三四五六七八九十〇"
_NUMBER = rf"(?:\d{{1,5}}|[{_KANJI}]{{1,4}})"
_HOUSE = (
    rf"(?:{_NUMBER}丁目 ?{_NUMBER}(?:番地?|号|の|[-ー])? ?(?:{_NUMBER}(?:号|番地?)?)?(?:[-ー]\d{{1,4}})?"
    rf"|{_NUMBER}番(?:地|町)?(?:[の-]? ?{_NUMBER})?号?(?:[-ー]\d{{1,4}})?"
    r"|\d{1,4}(?:[-ー]\d{1,4}){1,3}(?:号室?)?)"
)
_BUILDING = r"(?:[ \n]?(?:[^\s\d、。,!?()「」]{1,20}) ?\d{1,4}号室|[ ][^\s\d、。,!?()「」]{1,20} ?\d{2,4})?"
_NO_TOWN = re.compile(r"(?:では?|には?|は|が|を|から|まで|など|として|した|する|より|という|約)[ ]?$")
_NO_HOUSE = re.compile(r"\s?(?:年|月|日|人|円|%|km|m\b|時|分|名|件|歳|倍|戦|勝|点|対|位)")


def _address(match: re.Match[str]) -> bool:
    return not _NO_TOWN.search(match["town"]) and not _NO_HOUSE.match(after(match))


_BODY = (
    rf"(?:{_ANCHOR})(?=[^、。\n]{{0,50}}?(?:丁目|番|\d[-ー]\d))[ ]?"
    rf"(?P<town>{_WORD}{{0,20}}?[市区町村郡島]{_WORD}{{0,20}}?[ ]?){_HOUSE}{_BUILDING}"
)

RULES = (
    Rule(
        "address",
        rf"\d{{3}}-\d{{4}}[\s,、]*(?:{_ANCHOR})",
        re.compile(rf"(?:〒 ?)?[0-9]{{3}}-\d{{4}}[\s,、]{{0,3}}{_BODY}"),
        _address,
    ),
    Rule("address", rf"(?:{_ANCHOR})[^、。\n]*(?:丁目|番|\d[-ー]\d)", re.compile(_BODY), _address),
)
"""With the postal code and without: two rules, since `re` runs ten times as fast where a pattern begins with a word."""
