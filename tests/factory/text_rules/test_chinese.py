"""Chinese in Japanese texts is found; quotations, places and what was asked are none."""

import pytest

from factory.text_rules.chinese import leaks, speaks_chinese


def leaked(text, source=""):
    return leaks([text], [source])[0]


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("空が青いのは散乱のためです。因为蓝光的波长较短。", "为蓝长较"),
        ("色の割合は绿色が多いです。", "绿"),
        ("説明します。我們不知道他是在什麼時候來的。以上です。", ""),
    ],
)
def test_chinese_sentences_are_found(text, characters):
    found = leaked(text)
    assert found.characters == characters
    assert len(found.sentences) == 1


@pytest.mark.parametrize(
    "text",
    [
        "空が青いのは散乱のためです。",
        "日本国憲法第九条戦争放棄規定。これは重要です。",
        "北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県",
        "平成二十八年十月二十八日国土交通省令第七十七号",
        "「你好」は挨拶です。「我们」は「私たち」という意味です。",
        "コード例です。```\nprint('这是')\n```",
    ],
)
def test_japanese_is_no_leak(text):
    assert leaked(text).sentences == ()


def test_what_the_prompt_has_or_asks_for_is_no_leak():
    text = "この文は我们在这里という文です。"
    assert leaked(text).sentences
    assert not leaked(text, "我们在这里とはどういう意味ですか").sentences
    assert not leaked(text, "中国語で例を挙げてください").sentences


def test_texts_are_told_apart():
    found = leaks(["青いです。", "绿です。"], ["", ""])
    assert [bool(one.sentences) for one in found] == [False, True]


def test_little_words_tell_chinese():
    assert speaks_chinese("你知道嗎")
    assert speaks_chinese("這是我的書")
    assert not speaks_chinese("社会的責任投資原則")
    assert not speaks_chinese("東京都不動産所有権登記現在事項証明書")
