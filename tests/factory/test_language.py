"""Languages are told apart by script and common words."""

import pytest

from factory.language import drifted, language, names_language


@pytest.mark.parametrize(
    "text",
    [
        "空はなぜ青いのですか？",
        "PythonのFastAPIでRESTful APIを実装する方法を教えてください",
        "私の会社のSlack botをAWS Lambdaで動かしたい",
        "$x^2 + 1 = 0$ を解いてください",
        "日本国憲法第九条",
        "次のコードの誤りを直して。\n```python\nfor index in range(3): print(values[index] + values[index + 1])\n```",
        "ﾃﾞｰﾀのｸﾘｰﾆﾝｸﾞとは",
    ],
)
def test_japanese_is_known_with_loanwords_code_and_formulas_in_it(text):
    assert language(text) == "ja"


@pytest.mark.parametrize(
    "text",
    [
        "Write a haiku about autumn.",
        "Why is the sky blue?",
        "Explain the French phrase 'je ne sais quoi' to me.",
        "Solve $x^2 + 1 = 0$ for x.",
        "Python quicksort",
        "I've been to the café near the Tour Eiffel; what else should I see in Paris?",
        "Fix this: ```python\nprint('こんにちは、世界。これは日本語の文です')\n```",
    ],
)
def test_english_is_known(text):
    assert language(text) == "en"


@pytest.mark.parametrize(
    "text",
    [
        "请你介绍一下北京的历史",
        "如何提高学习效率",
        "使用Python编写一个排序算法",
        "請問你們的營業時間是幾點到幾點？",
        "안녕하세요, 반갑습니다",
        "Привет, как дела?",
        "Bonjour, comment allez-vous aujourd'hui ?",
        "Wie kann ich meine Katze beruhigen?",
        "¿Cómo puedo aprender a cocinar?",
        "Selamat pagi, bagaimana cara membuat kue yang enak?",
        "สวัสดีครับ",
        "",
        "123 + 456 = ?",
        "🍵🍡",
    ],
)
def test_other_languages_and_texts_without_letters_are_other(text):
    assert language(text) == "other"


def test_a_text_with_much_of_both_is_mixed_and_no_drift():
    text = "次の英文を日本語に訳してください: I have been working at this company for ten years and I want to quit."
    assert language(text) == "mixed"
    assert not drifted(text, "ja")
    assert not drifted(text, "en")


def test_an_answer_in_another_language_drifted_and_one_of_code_alone_did_not():
    assert drifted("The sky is blue because of Rayleigh scattering.", "ja")
    assert drifted("空が青いのはレイリー散乱のためです。", "en")
    assert drifted("因为瑞利散射，天空是蓝色的。", "ja")
    assert not drifted("```python\nprint('hello world')\n```", "ja")
    assert not drifted("$x = 2$", "ja")


def test_a_question_that_speaks_of_a_language_is_known():
    assert names_language("次の文を英語に翻訳してください。")
    assert names_language("How do you say good morning in Japanese?")
    assert not names_language("語彙を増やすには？")
    assert not names_language("Plan a trip in May.")
    assert not names_language("物語を書いてください。")


def test_a_long_text_is_told_by_its_beginning():
    assert language("空は青い。" * 1_000 + "The sky is blue. " * 100_000) == "ja"
