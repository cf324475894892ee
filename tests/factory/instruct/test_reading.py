"""What is read from replies: lists in every usual form, and each reason for which a text is refused."""

import random
import time

import pytest

from factory.instruct import reading
from factory.instruct.reading import Read

TWO = ["桜の名所の歩き方", "花見の弁当の献立"]
QUESTION = "東京で桜を見るなら、どの公園がよいですか。理由も教えてください。"


@pytest.mark.parametrize(
    "reply",
    [
        "1. 桜の名所の歩き方\n2. 花見の弁当の献立",
        "１．桜の名所の歩き方\n２．花見の弁当の献立",
        "1) 桜の名所の歩き方\n2) 花見の弁当の献立",
        "(1) 桜の名所の歩き方\n(2) 花見の弁当の献立",
        "① 桜の名所の歩き方\n② 花見の弁当の献立",
        "- 桜の名所の歩き方\n- 花見の弁当の献立\n",
        "・桜の名所の歩き方\n\n・花見の弁当の献立",
        "1. 「桜の名所の歩き方」\n2. **花見の弁当の献立**",
        "1. タイトル：桜の名所の歩き方\n2. タイトル：花見の弁当の献立。",
        "以下は質問のタイトルの例です。\n1. 桜の名所の歩き方\n2. 花見の弁当の献立\nいかがでしょうか。",
        '["桜の名所の歩き方", "花見の弁当の献立"]',
        "桜の名所の歩き方\n花見の弁当の献立",
    ],
)
def test_a_list_is_read_in_whatever_form_it_comes(reply):
    assert reading.titles(reply, "ja", 5) == [Read(title) for title in TWO]


def test_a_list_that_the_prompt_began_goes_on_without_its_first_mark():
    assert reading.titles(" Sleeping on trains\n2. Naps at work", "en", 5, continued=True) == [
        Read("Sleeping on trains"),
        Read("Naps at work"),
    ]


def test_no_more_titles_are_taken_than_were_asked():
    assert len(reading.titles("\n".join(f"{n}. Title about thing {n}" for n in range(1, 30)), "en", 4)) == 4


@pytest.mark.parametrize(
    ("reply", "language", "fault"),
    [
        ("", "ja", "no_title"),
        (" \n ", "en", "no_title"),
        ("桜についての質問は思いつきません。", "ja", "not_a_list"),
        ("はい、承知しました。", "ja", "meta_talk"),
        ("Sure! I would love to.", "en", "meta_talk"),
        ("1. Sure, here are some titles", "en", "meta_talk"),
        ("1. " + "長い題" * 20, "ja", "too_long"),
        ("1. 桜", "ja", "too_short"),
        ("1. The best places to see the cherry blossoms", "ja", "language"),
        ("1. 桜の名所の歩き方", "en", "language"),
        ("1. 如何选择适合自己的运动鞋", "ja", "language"),
        ("1. Comment choisir des chaussures de sport", "en", "language"),
        ("1. タイトル1", "ja", "placeholder"),
        ("1. [Topic] for beginners", "en", "placeholder"),
        ("1. ○○の歴史について", "ja", "placeholder"),
        ("1. この写真の花の名前", "ja", "needs_media"),
        ("1. Describe the attached picture", "en", "needs_media"),
        ("1. 桜の名所の歩き方、", "ja", "unfinished"),
    ],
)
def test_a_title_is_refused_for_what_is_wrong_with_it(reply, language, fault):
    assert [read.fault for read in reading.titles(reply, language, 3)] == [fault]


@pytest.mark.parametrize(
    "title",
    [
        "画像処理の基礎",
        "次の図書館の日",
        "写真の構図",
        "「了解しました」の言いかえ",
        "C++とRustの違い",
        "四字熟語",
        "俳句 vs 川柳",
    ],
)
def test_a_good_title_is_let_through(title):
    assert reading.titles(f"1. {title}", "ja", 3) == [Read(title)]


@pytest.mark.parametrize(
    "reply",
    [
        QUESTION,
        f"質問：{QUESTION}",
        f"**質問:** {QUESTION}",
        f"「{QUESTION}」",
        f"{QUESTION}\n回答：上野公園です。",
        f"Q: {QUESTION}\nA: 上野公園です。",
    ],
)
def test_a_question_is_read_without_its_label_and_its_answer(reply):
    assert reading.question(reply, "桜の名所", "open", "ja") == Read(QUESTION)


@pytest.mark.parametrize(
    ("reply", "kind", "language", "fault"),
    [
        ("質問：", "open", "ja", "no_question"),
        ("Sure! What is the capital of France?", "open", "en", "meta_talk"),
        ("以下に質問の例を示します。富士山は何県にありますか。", "open", "ja", "meta_talk"),
        ("What is the best time of the year to see cherry blossoms in Tokyo?", "open", "ja", "language"),
        (QUESTION, "open", "en", "language"),
        ("この画像に写っている花の名前と、その特徴を教えてください。", "open", "ja", "needs_media"),
        ("Summarise the article at https://example.org/news in one sentence, please.", "open", "en", "needs_media"),
        ("[商品名]という題で、○○の紹介文を書いてください。", "open", "ja", "placeholder"),
        ("How would you rewrite this sentence: [insert sentence here]?", "open", "en", "placeholder"),
        ("How do I see the best cherry blossoms in Tokyo", "open", "en", "repeats_title"),
        ("次の文章を50字以内で要約してください。", "passage", "ja", "no_text"),
        ("Please summarise the following text in one sentence.", "passage", "en", "no_text"),
        ("次の文を要約してください：", "passage", "ja", "unfinished"),
        ("桜の名所を教えてください。" * 30, "open", "ja", "repetition"),
        ("あ" * 3000, "open", "ja", "too_long"),
        ("<|im_start|>user\n桜の名所はどこですか。", "open", "ja", "template"),
        ("何かお手伝いできることはありますか？", "open", "ja", "as_assistant"),
    ],
)
def test_a_question_is_refused_for_what_is_wrong_with_it(reply, kind, language, fault):
    title = "How do I see the best cherry blossoms in Tokyo?"
    assert reading.question(reply, title, kind, language).fault == fault


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("上野公園がおすすめです。池のまわりの桜が見事です。", ""),
        ("回答：上野公園です。", ""),
        ("A", ""),
        ("120", ""),
        ("回答：", "answer_empty"),
        (QUESTION, "answer_repeats_question"),
        (QUESTION + "\n上野公園がおすすめです。", "answer_repeats_question"),
        ("申し訳ありませんが、その質問にはお答えできません。", "answer_refusal"),
        ("AIとして、個人的な好みは持っていません。", "answer_refusal"),
        ("上野公園がおすすめです。" * 40, "answer_repetition"),
        ("The best park for cherry blossoms in Tokyo is Ueno Park.", "answer_language"),
        ("上野公園がおすすめで、理由は次のとおりです：", "answer_unfinished"),
        ("[公園名] is not here. 上野公園の[park name]へ行ってください。", "answer_placeholder"),
    ],
)
def test_an_answer_is_refused_for_what_is_wrong_with_it(reply, fault):
    assert reading.answer(reply, QUESTION, "ja").fault == fault


def test_a_list_of_names_is_an_english_answer():
    names = "- Spider plant\n- Parlour palm\n- Boston fern\n- African violet\n- Calathea\n- Frappé"
    assert reading.answer(names, "Name six things.", "en") == Read(names)
    assert (
        reading.answer("- オリヅルラン\n- テーブルヤシ\n- タマシダ", "Name three plants.", "en").fault
        == "answer_language"
    )


def test_a_translation_may_be_in_the_other_language():
    asked = "次の文を英語に訳してください。「雨が降りそうだから、傘を持っていったほうがいいよ。」"
    assert reading.answer("It looks like rain, so you'd better take an umbrella with you.", asked, "ja").fault == ""


def test_hostile_replies_are_read_in_time_and_never_raise():
    rng = random.Random(1)
    pieces = [
        "[",
        "「",
        "1. ",
        "\n",
        "*",
        "{{",
        "http://",
        "Question:",
        "答え：",
        "\x1b[31m",
        "\u202e",
        "<",
        "図",
        " ",
        "あ",
        "a",
    ]
    texts = ["".join(rng.choices(pieces, k=4000)) for _ in range(20)]
    texts += [piece * 20_000 for piece in pieces]
    start = time.monotonic()
    for text in texts:
        for language in ("ja", "en"):
            reading.titles(text, language, 5)
            reading.question(text, "t", "passage", language)
            reading.answer(text, "q", language)
    assert time.monotonic() - start < 60  # seconds of slack: what is feared takes hours
