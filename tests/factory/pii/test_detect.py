"""Obvious items are found, decoys are not, and the hints lose nothing."""

import random
import re
from typing import get_args

import pytest

from factory.pii import check_digit, detect
from factory.pii.fold import folded
from factory.pii.rule import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)

FOUND: list[tuple[Kind, str]] = [
    ("email", "連絡は[hanako.s+a@docomo.ne.jp]まで"),
    ("email", "ｍａｉｌ：[ｋｅｎ＠ｇｍａｉｌ．ｃｏｍ]"),
    ("phone", "電話は[090-2871-6893]です"),
    ("phone", "電話は[０９０－２８７１－６８９３]です"),
    ("phone", "call ([03-9506-1652]) now"),
    ("phone", "本店 [0467-35-8145]、[045(871)2290]"),
    ("phone", "[09028716893]に"),
    ("phone", "TEL [0396061652]"),
    ("phone", "[+81-90-2871-6893]"),
    ("phone", "reach me at [(415) 867-5309 x12] or [+44 20 7946 1958]"),
    ("phone", "my phone is [027 896 92 86]"),
    ("address", "本社は[〒150-0002 東京都渋谷区渋谷2丁目21-1]です"),
    ("address", "[横浜市中区山下町２７９番地]まで"),
    ("address", "[北海道札幌市中央区大通西三丁目６番]に"),
    ("my_number", "個人番号 [1234 5678 9018]"),
    ("my_number", "控え：[123456789018]。"),
    ("credit_card", "カードは[４５３９－９８８９－１５７２－０５９１]"),
    ("credit_card", "pay with [371512345678903]"),
    ("us_ssn", "SSN [536-22-8712]"),
    ("us_ssn", "番号[536-22-8712]です"),
    ("ip", "server at [133.242.0.3], [2400:4050:a1::2f]"),
    ("secret", "key=[sk-proj-a8Kd93Jx0Lq27VbN5mTz61Rw]"),
    ("secret", "AWS [AKIAQ3EGRVTW2KZMJ5LP]"),
    ("secret", "[-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq98sd7f\n-----END RSA PRIVATE KEY-----]"),
    ("secret", "postgres://[app:s8Dk2lPq91x]@db.internal/x"),
    ("driving_licence", "免許証番号：第[301234567890]号"),
    ("driving_licence", "driver's license number: [301234567890]"),
    ("passport", "パスポート番号は[TK6039874]です"),
    ("passport", "passport no. [TK6039874]"),
    ("bank_account", "みなと銀行 口座番号 [1234568]"),
    ("bank_account", "IBAN [GB82 WEST 1234 5698 7654 32]"),
    ("corporate_number", "登録番号 T[7000012050002]"),
    ("name", "氏名：[佐藤 花子]\n"),
    ("name", "My name is [Jane Doe]"),
]

DECOYS = [
    "2023-01-15 と 202301151230、2023/01/15 10:15:05",
    "ISBN 978-4-10-101001-3, 9784101010013",
    "version 4.18.22.91, Chrome/118.0.244.83, v1.20.30.44, 3.2.1.4",
    "35.6894875312, 139.6917064821",
    "123456789018 + 2 = 123456789020; x = 4539988915720591; 123456789018円",
    "192.168.0.1 10.0.0.8 127.0.0.1 203.0.113.5 2001:db8::1 8.8.8.8 fe80::1 std::vector<int>::size_type",
    "user@example.com info@company.co.jp git@github.com:a/b icon@2x.png git@github.com",
    "03-1234-5678 090-0000-0000 (555) 555-0123 123-45-6789 4111 1111 1111 1111 4111111111111111",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxx AKIAIOSFODNN7EXAMPLE risk-averse-learning-algorithms-for-2024",
    "postgres://user:password@host/db https://user:[secret]@host",
    "東京都港区六本木一丁目、東京都では2020-2021年に、北海道の人口は5,140,354人、神奈川県横浜市中区",
    "Donatello (1386-1466), 1-800-555-5555",
    "名前空間とは何ですか。The name of the game.",
    "0.1234567890123 1,234,567,890,123 9f86d081884c7d659a2feaa0c55ad015",
]


def spans(text: str, *, hints: bool = True) -> list[tuple[Kind, str]]:
    texts = [text, *["nothing here"] * 30] if hints else [text]
    return [(one.kind, text[one.start : one.end]) for one in detect.find(texts, KINDS, hints=hints)[0]]


@pytest.mark.parametrize(("kind", "marked"), FOUND)
def test_items_are_found_from_their_first_to_their_last_character(kind: Kind, marked: str) -> None:
    expected = [(kind, value) for value in re.findall(r"\[(.*?)\]", marked, re.DOTALL)]
    text = re.sub(r"[\[\]]", "", marked)
    assert spans(text) == expected
    assert spans(text, hints=False) == expected


@pytest.mark.parametrize("text", DECOYS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert spans(text) == []
    assert spans(text, hints=False) == []


def test_only_the_kinds_asked_for_are_found() -> None:
    text = "ken@ntt.jp 090-2871-6893"
    assert [one.kind for one in detect.find([text], ["phone"])[0]] == ["phone"]
    assert detect.find([text] * 40, []) == [[]] * 40


def test_hints_lose_nothing_of_mixed_and_mutilated_texts() -> None:
    rng = random.Random("hints")
    parts = [re.sub(r"[\[\]]", "", marked) for _, marked in FOUND] + DECOYS
    texts = []
    for _ in range(400):
        text = list(" ".join(rng.sample(parts, 2)))
        for _ in range(rng.randint(0, 6)):
            text[rng.randrange(len(text))] = rng.choice("０1-ー @.東京都番 \n（)+")
        texts.append("".join(text))
    assert detect.find(texts, KINDS) == detect.find(texts, KINDS, hints=False)
    assert sum(map(bool, detect.find(texts, KINDS))) > 200


def test_folding_keeps_every_place() -> None:
    texts = ["０９０－１２３４（５６）", "①²５％ＡＢ", "ascii", "", "😀ー\0x", "\ud83d\ude00１"]
    plain = folded(texts)
    assert plain == ["090-1234(56)", "125%AB", "ascii", "", "😀ー\0x", "\ud83d\ude001"]
    assert list(map(len, plain)) == list(map(len, texts))
    assert [folded([text])[0] for text in texts] == plain


def test_offsets_hold_behind_characters_outside_the_first_plane() -> None:
    assert spans("😀𠮷野家😀 ken@ntt.jp") == [("email", "ken@ntt.jp")]


def test_check_digits_are_right_for_one_digit_in_ten() -> None:
    # The examples of the National Tax Agency and of ISO.
    assert check_digit.corporate_number("7000012050002")
    assert check_digit.my_number("123456789018")
    assert check_digit.luhn("4539988915720591")
    assert check_digit.iban("GB82WEST12345698765432")
    for number in range(10):
        assert check_digit.corporate_number(f"{number}000012050002") == (number == 7)
        assert check_digit.my_number(f"12345678901{number}") == (number == 8)
        assert check_digit.luhn(f"453998891572059{number}") == (number == 1)
    assert not check_digit.my_number("")


@pytest.mark.parametrize(
    "text",
    [
        "0" * 200_000,
        "a" * 200_000 + "@",
        "a@" + "a." * 100_000,
        "東京都" * 30_000 + "1-1",
        ("東京都" + "市" * 40) * 4_000 + "番",
        "-----BEGIN RSA PRIVATE KEY-----" * 3_000,
        "eyJ" + "a" * 200_000 + ".eyJ",
        "+1 " * 60_000,
        "tel" * 60_000 + "0",
        "://" + "a:" * 90_000 + "@",
        "パスポート" + " " * 100_000,
        "sk-" * 60_000,
        "2" * 50_000 + ":" * 50_000,
        "口座" * 60_000 + "普通",
    ],
    ids=range(14),
)
@pytest.mark.timeout(120)
def test_hostile_texts_take_no_quadratic_time(text: str) -> None:
    # What is quadratic here takes many minutes.
    assert detect.find([text], KINDS) == detect.find([text, *["nothing here"] * 30], KINDS)[:1]
