"""Greetings, refusals, loops and leaked marks are told from good text."""

import pytest

from factory import collapse

GREETINGS = [
    "Hello! How can I help you today?",
    "How may I assist you?",
    "I'm here to help. What would you like to know?",
    "I am an AI assistant created by ExampleCorp.",
    "Certainly! Here is a plan for your trip.",
    "Sure, here are five ideas.",
    "こんにちは！何かお手伝いできることはありますか？",
    "どのようなことをお手伝いしましょうか。",
    "ご質問がございましたら、お気軽にお尋ねください。",
    "私はAIアシスタントです。料理についてお答えします。",
    "もちろんです。以下に手順を示します。",
    "承知いたしました。表にまとめます。",
    "お困りのことがありましたら、お気軽にご相談ください。",
]
QUESTIONS = [
    "How do I help my daughter with her homework?",
    'Write a chatbot that greets with "How can I help you today?"',
    "Is it sure that the train runs on Sundays?",
    "「何かお手伝いできることはありますか」を英語で何と言いますか？",
    "引っ越しの手伝いを友人に頼むとき、どんなお礼をすればいいですか？",
    "お客様相談室の対応マニュアルの目次を作ってください。",
    "私は看護師です。夜勤明けの睡眠について教えてください。",
    "AIはなぜ間違えるのですか？",
    "以下の文章を三行にまとめてください。今日は雨でした。",
]


@pytest.mark.parametrize("text", GREETINGS)
def test_a_users_turn_written_as_the_assistant_is_seen(text):
    assert collapse.greets(text)


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_no_greeting(text):
    assert not collapse.greets(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot provide legal advice.",
        "Unfortunately, I am not able to open links.",
        "I'm sorry, I don't know how to help you with this.",
        "I'm not going to answer that.",
        "As an AI language model, I don't have personal opinions.",
        "申し訳ありませんが、そのご質問にはお答えできません。",
        "申し訳ございませんが、リアルタイムの情報を提供することはできません。",
        "AIアシスタントとして、個人的な意見は持っていません。",
        "そのご要望にはお応えできません。",
    ],
)
def test_a_refusal_is_seen(text):
    assert collapse.refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "To say no politely, begin with 'I'm sorry, but I can't make it'.",
        "断るときは「申し訳ありませんが、参加できません」と伝えましょう。",
        "水は燃えません。燃焼の生成物だからです。",
        "Vampires cannot see themselves in mirrors, the story goes.",
        "失敗したときは、まず上司に報告しましょう。",
    ],
)
def test_an_answer_that_speaks_of_refusing_is_none(text):
    assert not collapse.refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you so much!",
        "ありがとうございました。",
        "Thanks, that's all. Goodbye!",
        "とても参考になりました。助かりました！",
        "詳しく教えてくださり、ありがとうございました。",
        "Thanks for explaining how it works!",
    ],
)
def test_thanks_alone_are_a_farewell(text):
    assert collapse.farewells(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks! Can you also add a budget?",
        "ありがとうございます。予算を3万円にするとどうなりますか？",
        "助かりました。次は表にしてください。",
        "例を挙げてくれてありがとう。もう一つ教えて。",
    ],
)
def test_thanks_with_a_request_are_none(text):
    assert not collapse.farewells(text)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("Why?<|im_end|>", "<|im_end|>"),
        ("[INST] Why?", "[INST]"),
        ("<start_of_turn>user", "<start_of_turn>"),
        ("<｜User｜>なぜ", "<｜User｜>"),
        ("a <s> b", "<s>"),
    ],
)
def test_marks_of_a_chat_template_are_found(text, mark):
    assert collapse.leaks(text, {"<s>"}) == mark


@pytest.mark.parametrize("text", ["What does <b>bold</b> do?", "a < b | c > d", "[1, 2, 3]", "配列[0]とは"])
def test_code_and_markup_are_no_marks(text):
    assert not collapse.leaks(text, {"</s>"})


def test_labels_of_roles_at_the_beginning_of_a_line_are_seen():
    assert collapse.labelled("空はなぜ青い？\nアシスタント：レイリー散乱です。")
    assert collapse.labelled("Why?\nassistant\n\nBecause.")
    assert collapse.labelled("**User:** Why?")
    assert not collapse.labelled("The user: who is that?")
    assert not collapse.labelled("システムの設計について教えてください。")
    assert not collapse.labelled("Assistant professors: what do they do?")


def test_a_users_own_label_and_quotes_are_taken_off_once():
    assert collapse.without_label("ユーザー：もっと短くして") == "もっと短くして"
    assert collapse.without_label("[User]\nMake it shorter.") == "Make it shorter."
    assert collapse.without_label("「もっと短くして」") == "もっと短くして"
    assert collapse.without_label("「A」と「B」") == "「A」と「B」"
    assert collapse.without_label("User interfaces: why?") == "User interfaces: why?"


@pytest.mark.parametrize(
    "text",
    [
        "Summarise the following text:",
        "次の文を訳してください：",
        "I would like to",
        "```python\nx = 1",
        "りんご、",
        "部屋を",
    ],
)
def test_a_text_that_breaks_off_is_unfinished(text):
    assert collapse.unfinished(text)


@pytest.mark.parametrize("text", ["Why?", "なぜですか", "どうすればいいの", "```python\nx = 1\n```", "短くするように"])
def test_a_whole_text_is_finished(text):
    assert not collapse.unfinished(text)


def test_loops_are_seen_and_tables_lists_and_code_are_none():
    assert collapse.loops("The answer is 4. " * 40)
    assert collapse.loops("ことができることができる" * 60)
    assert collapse.loops("はい。" + "日本の首都は東京です。\n" * 12)
    assert collapse.loops("First, a good beginning of some length. " + "a" * 300)
    rows = "\n".join(
        f"| {name} | {len(name) * 3} 円 | {name[::-1]} |" for name in ("りんご", "みかん", "ぶどう", "もも")
    )
    assert not collapse.loops(f"| 名前 | 値段 | 逆 |\n|---|---|---|\n{rows}\n")
    assert not collapse.loops(
        "\n".join(f"{n}. Step {n}: do {n * 7} push-ups and rest for {n + 2} minutes" for n in range(30))
    )
    assert not collapse.loops("はい。")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("空はなぜ青いのですか？", ""),
        ("空はなぜ<|im_end|>", "template"),
        ("ユーザー：空はなぜ青いの？", "role_label"),
        ("どのようなご用件でしょうか？何をお手伝いしましょうか？", "as_assistant"),
        ("Why is the sky blue?", "language"),
        ("なぜ？", "too_short"),
        ("空はなぜ青い？" * 9, "too_long"),
        ("次の文を短くしてください：", "unfinished"),
    ],
)
def test_a_users_turn_gets_the_slug_of_what_is_wrong_with_it(text, reason):
    assert collapse.user_turn_fault(text, "ja", (), 50) == reason


@pytest.mark.parametrize(
    ("text", "question", "reason"),
    [
        ("光が散乱するからです。", "空はなぜ青い？", ""),
        ("Because light is scattered.", "空はなぜ青い？", "answer_language"),
        ("Why is the sky blue?", "「空はなぜ青い」を英語にして", ""),
        ("申し訳ありませんが、お答えできません。", "空はなぜ青い？", "answer_refusal"),
        ("青いです。" * 90, "空はなぜ青い？", "answer_repetition"),
        ("光です。<|eot_id|>", "空はなぜ青い？", "answer_template"),
    ],
)
def test_an_answer_gets_the_slug_of_what_is_wrong_with_it(text, question, reason):
    assert collapse.answer_fault(text, question, "ja", ()) == reason


def test_long_hostile_texts_take_no_long_time():
    for text in (
        "sorry " * 200_000,
        "ご質問" * 200_000,
        "「" * 500_000,
        "`" * 500_000,
        "a:\n" * 200_000,
        "<" * 500_000,
    ):
        collapse.user_turn_fault(text, "ja", (), 10**9)
        collapse.answer_fault(text, text, "ja", ())
        collapse.farewells(text)
