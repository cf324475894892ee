"""Each fault of a translation has its own reason, and good translations have none."""

import time

import pytest

from factory.row import Message
from factory.translation.beside import Limits
from factory.translation.checks import conversation_faults, faults, faults_of
from factory.translation.languages import Languages
from factory.translation.numbers import lacking

EN_DE, JA_EN = Languages("en", "de"), Languages("ja", "en")
LONG = (
    "The town built a new bridge last year. Many people use it every day. It makes the way to school much shorter. "
    "The mayor was very pleased with the result."
)
LONG_JA = (
    "町は昨年、新しい橋を建設しました。多くの人が毎日その橋を使っています。"
    "学校までの道がずっと短くなりました。町長は結果にとても満足していました。"
)


def reasons(source, target, languages=None):
    return [fault.reason for fault in faults(source, target, languages or Languages())]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (LONG, LONG_JA),
        ("Okay.", "それでは。"),
        ("Paris", "Paris"),
        ("x = 3, y = -2", "x = 3, y = -2"),
        ("E = mc^2", "E = mc^2"),
        ("O(n log n)", "O(n log n)"),
        ("print('hi')", "print('hi')"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |"),
        (
            "Use `pip` and see https://a.org/x for {name}.",
            "{name}については https://a.org/x を見て、`pip`を使ってください。",
        ),
        ("What are s'mores?", "スモアとは何ですか？"),
        ("Why don't you come with me?", "私と一緒に来ない。"),
        ("I can't say that, sorry.", "申し訳ありませんが、それは言えません。"),
        ("Please translate this into Japanese.", "これを日本語に翻訳してください。"),
        ('I like "Monty Python and the Holy Grail".', "Monty Python and the Holy Grail が好きです。"),
        (
            "The sum is 1,200,000 at 3 p.m. for 5 million people, half of 50%.",
            "合計は120万で、15時に500万人、その半分です。",
        ),
        ("Note: the shop is closed.", "注：店は閉まっています。"),
        ("- one\n- two\n- three", "・一つ\n・二つ\n・三つ"),
        ("# Title\n\nText.", "# 題名\n\n本文。"),
        ("```\nx = 1  # count\n```\nDone.", "```\nx = 1  # 数\n```\n完了。"),
        ("User: hi", "ユーザー：こんにちは"),
        ("", ""),
    ],
)
def test_a_good_translation_has_no_fault(source, target):
    assert reasons(source, target) == []


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        (LONG, "  \n", "empty"),
        (LONG, LONG, "copied"),
        ("It is f(x) = 3.", "It is f(x) = 3.", "copied"),
        ("speed = distance over time", "speed = distance over time", "copied"),
        (LONG, LONG_JA + "The mayor was very pleased with the result.", "untranslated"),
        (LONG, LONG_JA[:-20] + "这个问题的答案取决于具体情况。", "chinese_leak"),
        (LONG, LONG_JA + "이 문제입니다.", "foreign_script"),
        (LONG, "申し訳ありませんが、この内容にはお答えできません。", "refusal"),
        ("Who invented the microscope?", "顕微鏡はオランダの眼鏡職人によって発明されました。", "answered"),
        ("Write a poem about the sea.", "青い海が広がる。波が寄せる。風が歌う。私は浜辺に立つ。", "answered"),
        (LONG, "以下は翻訳です。\n\n" + LONG_JA, "meta_words"),
        (LONG, "どうぞ！\n\n" + LONG_JA, "meta_words"),
        (LONG, LONG_JA + "\n\nまた何なりとどうぞ。", "meta_words"),
        (LONG, LONG_JA + "（訳注：町の名は不明。）", "translator_note"),
        (LONG, LONG_JA + "それはとても長い橋です。" * 20, "repetition"),
        (LONG, LONG_JA[:50], "truncated"),
        (LONG, LONG_JA.partition("。")[0] + "。", "truncated"),
        (LONG * 3, LONG_JA[:40] + "。よいです。はい。", "too_short"),
        ("A short text is here.", LONG_JA, "too_long"),
        ("See:\n```\nx = 1\n```\nDone.", "見よ。\n完了。", "code_changed"),
        ("See:\n```\nx = 1\ny = 2\n```\nDone.", "見よ。\n```\nx = 1\ny = 3\n```\n完了。", "code_changed"),
        ("Use `pip install` now.", "今すぐ使います。", "code_changed"),
        ("Let $x_1 = 2$ be it.", "$x_2 = 2$とします。", "formula_changed"),
        ("See https://a.org/x now.", "https://a.org/y を見てください。", "link_changed"),
        ("Hello {name}.", "{名前}さん、こんにちは。", "placeholder_changed"),
        ('{"name": "Anna"}', '{"名前": "アンナ"}', "placeholder_changed"),
        ("It is <b>big</b> here.", "ここは大きいです。", "tags_changed"),
        (LONG, LONG_JA + "⟦3⟧", "mark_left"),
        ("It has 15 floors and 8 rooms.", "16階建てで8部屋あります。", "numbers_changed"),
        ("- one\n- two\n- three\n- four", "一つ、二つ、三つ、四つ", "structure_lost"),
        ("# Title\n\nText.", "題名\n\n本文。", "structure_lost"),
        (LONG, "橋を作りました。人が使います。道が短くなった。町長は喜んだ。学校も近いです。", "politeness_mixed"),
        (LONG, LONG_JA + "<|im_end|>", "role_markers"),
        (LONG, LONG_JA + "\nユーザー：次は？", "role_markers"),
        ("Explain gravity to a child in simple words.", "重力重力重力重力重力重力。", "repetition"),
        ("Explain gravity to a child in simple words.", "のののののののののののののののの。", "repetition"),
        (LONG, "、、、の、、は、、。、、が、、、です、、。" * 3, "garbled"),
        ("The cat sleeps on the warm roof.", "ザ・キャット・スリープス・オン・ザ・ウォーム・ルーフ。", "untranslated"),
        ("1. Wake\n2. Wash\n3. Eat\n4. Go\n5. Work", "1. 起きる\n2. 洗う\n3. 食べる\n4. 行く", "structure_lost"),
        ("Which?\nA) Red\nB) Blue\nC) Green", "どれですか。\nA) 赤\nB) 青", "structure_lost"),
        ("Walk 5 miles a day.", "1日に5キロ歩きます。", "numbers_changed"),
        ("The board is 20 cm wide.", "板の幅は20メートルです。", "numbers_changed"),
        ("It costs $50.", "50円です。", "numbers_changed"),
        ("Prices rose by 20%.", "価格は20上がりました。", "numbers_changed"),
        ("It is -5 degrees outside.", "外は5度です。", "numbers_changed"),
        ("Tokyo has 14 million people.", "東京の人口は14億人です。", "numbers_changed"),
    ],
)  # fmt: skip
def test_each_fault_has_its_reason(source, target, reason):
    assert reason in reasons(source, target)


def test_a_fault_says_where_it_is_and_whether_it_is_hard():
    [fault] = faults("It has 15 floors.", "16階建てです。")
    assert (fault.reason, fault.hard, fault.note) == ("numbers_changed", False, "15")
    [fault] = faults("Hello {name}.", "こんにちは。")
    assert (fault.reason, fault.hard, fault.note) == ("placeholder_changed", True, "{name}")


def test_many_texts_give_what_one_gives():
    pairs = [(LONG, LONG_JA), (LONG, LONG), ("Hi {a}.", "やあ。"), (LONG, "それはとても長い橋です。" * 20)] * 400
    found = faults_of([source for source, _ in pairs], [target for _, target in pairs])
    assert found[:4] == [faults(source, target) for source, target in pairs[:4]]
    assert found == found[:4] * 400


def test_what_the_source_has_too_is_no_fault():
    loop = "It goes on and on. " * 12
    assert "repetition" not in reasons(loop, "それは続いていきます。" * 12)
    assert "chinese_leak" not in reasons("Write 这个问题 in Chinese.", "中国語で这个问题と書いてください。")
    assert "foreign_script" not in reasons("Say Привет to him.", "彼にПриветと言ってください。")


def test_texts_beyond_what_is_read_are_too_long_and_the_others_are_read_beside_them():
    text = "あいうえお。" * 20_000
    found = faults_of([LONG, LONG, text, LONG], [LONG_JA, text, LONG_JA, LONG_JA[:50]])
    assert [[(one.reason, one.hard) for one in of_text] for of_text in found[:3]] == [
        [], [("too_long", True)], [("too_long", True)],
    ]  # fmt: skip
    assert found[3] == faults(LONG, LONG_JA[:50])


def test_thresholds_are_settings():
    text = "A short text is here."
    assert "too_long" not in [one.reason for one in faults(text, LONG_JA, limits=Limits(longest=20.0))]


@pytest.mark.parametrize(
    ("source", "target", "languages", "reason"),
    [
        ("空はなぜ青いのですか。", "空はなぜ青いのですか。", JA_EN, "copied"),
        ("空は青いです。海も青いです。", "The sky is blue. 海も青いですから好きです。", JA_EN, "untranslated"),
        ("A man walked slowly to the new market.", "A man walked slowly to the new market ja.", EN_DE, "untranslated"),
        ("3万人が来た。", "About 40,000 people came.", JA_EN, "numbers_changed"),
    ],
)  # fmt: skip
def test_other_languages_are_checked_too(source, target, languages, reason):
    assert reason in reasons(source, target, languages)


def test_other_languages_pass_too():
    assert reasons("3万人が来ました。", "About 30,000 people came.", JA_EN) == []
    assert reasons("The old man walked home.", "Der alte Mann ging nach Hause.", EN_DE) == []


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("100 of 365 days", "365日のうち百日"),
        ("1990s", "90年代"),
        ("3 dozen eggs", "36個の卵"),
        ("1.50 dollars", "1.5ドル"),
        ("３ men", "3人"),
        ("2 hands", "両手"),
        ("1,500 km", "1500キロ"),
        ("20,000 yen", "2万円"),
        ("7:30 p.m.", "19時半"),
        ("1. first\n2. second", "・一\n・二"),
        ("12,345,678", "1234万5678"),
        ("5 miles (8 km) in 20 min", "20分で5マイル（8km）"),
        ("a 3-year-old, $5 bills, 30 °C, 5 pounds", "3歳児、5ドル札、30度、5ポンド"),
        ("20% of it, 10 kilos, 5 km, 12 months", "20パーセント、10キロ、5キロ、12か月"),
        ("$1.5 billion, 2 thousand, 3 million", "15億ドル、二千、300万"),
        ("It is -5 degrees", "氷点下5度"),
        ("1/3 of 6 minutes", "6分の3分の1"),
    ],
)
def test_a_number_may_be_written_in_another_way(source, target):
    assert lacking(source, target) == []


@pytest.mark.parametrize(
    ("source", "target"), [("15 floors, 3/4 full", "16階、3/4"), ("50 ants, half of 9", "56匹の半分、9")]
)
def test_a_number_is_not_found_in_another_one(source, target):
    assert lacking(source, target) == [source.split()[0]]


TALK = [Message("user", "Why is it so?"), Message("assistant", "It is so because of the light of the sun.")]
TALK_JA = [Message("user", "なぜそうなのですか？"), Message("assistant", "太陽の光のためにそうなっています。")]


def test_a_conversation_keeps_its_turns_and_roles():
    assert conversation_faults(TALK, TALK_JA) == []
    assert [one.reason for one in conversation_faults(TALK, TALK_JA[:1])] == ["turns_lost"]
    assert [one.reason for one in conversation_faults(TALK, TALK_JA[::-1])] == ["turns_lost"]


def test_the_answers_of_a_conversation_are_in_one_style():
    source = [*TALK, *TALK]
    plain = [TALK_JA[0], Message("assistant", "太陽の光のためにそうなっているのだ。それだけである。")]
    polite = [TALK_JA[0], Message("assistant", "太陽の光のためにそうなっています。それだけです。")]
    assert "politeness_mixed" in [one.reason for one in conversation_faults(source, [*polite, *plain])]
    assert "politeness_mixed" not in [one.reason for one in conversation_faults(source, [*polite, *polite])]


def test_no_text_takes_long():
    units = [
        "1", "1,", "一", "```", "$a ", "<a ", "申し訳", "訳", "です。", "あ", "a b c d ",
        "\n- ", "(注", "https://",
        "か。",
        "日本語", "5 million ", "5 km ", "-5 ", "$5", "A) a\n", "、。", "ア", "⟦", "⟦0⟧ ", "5,555",
        "a", "\n", "\n#", "a-", "、「",
    ]  # fmt: skip
    for unit in units:
        text = unit * (50_000 // len(unit))
        start = time.process_time()
        faults(text, text[:-1] + "x")
        faults("Is it so? " + text, text)
        assert time.process_time() - start < 30, unit


def test_broken_texts_are_checked_without_an_error():
    for text in ("\ud800", "\x00", "�", "⟦", "a\u2028b", "٣ ٤", "𝟙𝟚", "１２"):
        faults(text, text * 2)
        faults(LONG, text)
