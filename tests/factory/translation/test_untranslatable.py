"""Tasks whose matter is their own language are known, and those that only speak of it are translated."""

import time

import pytest

from factory.row import Message
from factory.translation.languages import Languages
from factory.translation.untranslatable import untranslatable


def told(text, languages=None, role="user"):
    return untranslatable([Message(role, text)], languages or Languages())


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("How do you spell the word 'necessary'?", "spelling"),
        ("Change the given string to UPPERCASE.\nHello world.", "spelling"),
        ("Write the word 'stressed' backwards.", "spelling"),
        ("How many vowels are in the word banana?", "counting"),
        ("How many words are in the following sentence?", "counting"),
        ("Name three animals that start with the letter B.", "counting"),
        ("Give me a five-letter word for happy.", "counting"),
        ("Write a limerick about a frog.", "wordplay"),
        ("Tell me a dad joke with a pun.", "wordplay"),
        ("What rhymes with orange?", "wordplay"),
        ("Unscramble these letters: tac", "wordplay"),
        ("Should I use who or whom here?", "grammar"),
        ("What is an adjective?", "grammar"),
        ("Fix the errors in this sentence: he go home.", "grammar"),
        ("Change the following passage to past tense.\nHe goes.", "grammar"),
        ("Give me a synonym for happy.", "vocabulary"),
        ("What does the phrase 'ignorance is bliss' mean?", "vocabulary"),
        ("What is the opposite of hot?", "vocabulary"),
        ("Translate the following sentence into French: I am a student.", "translation"),
        ("How do you say good evening in Swahili?", "translation"),
        ("Please answer only in Spanish: what is the sun?", "answer_language"),
        ("How do you pronounce 'gif'?", "pronunciation"),
    ],
)
def test_a_task_about_its_own_words_is_named(text, slug):
    assert told(text) == slug


@pytest.mark.parametrize(
    "text",
    [
        "Why is the sky blue?",
        "In other words, what does a lawyer do?",
        "Write a Python function that counts the words in a sentence.",
        "Reverse a string in Java with this code.",
        "Can you translate this code into Go?\n```js\nfor (;;) {}\n```",
        "From the text, list Nokia's market capitalization timeline.",
        "We had a long spell of rain. What should I plant?",
        "Who was Caesar, and how did he die?",
        "What does the term anti-aliasing mean in video games?",
        "He can type 10 words per minute. How many words can he type in an hour?",
        "Convert the following measurement.\n3 ft = _____ in.",
        "I study English history. Which king came after Henry VIII?",
        "Where is Allauch?\n" + "Allauch (French pronunciation: [alo]) is a commune. " * 20 + "\nIt has 18,000 people.",
    ],
)
def test_other_tasks_are_translated(text):
    assert told(text) is None


def test_the_text_that_a_question_is_about_does_not_decide():
    passage = "She wrote rhymes and studied grammar, spelling and puns. " * 20
    assert told(f"Who wrote this?\n\n{passage}\n\nThe end.") is None
    assert told(f"{passage}\n\nCorrect the grammar of this text.") == "grammar"


def test_what_the_assistant_says_does_not_decide_and_a_later_question_does():
    assert told("This rhymes with cat.", role="assistant") is None
    turns = [Message("user", "Hello!"), Message("assistant", "Hi."), Message("user", "What rhymes with cat?")]
    assert untranslatable(turns) == "wordplay"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("「ありがとう」を英語に翻訳してください。", "translation"),
        ("しりとりをしましょう。りんご。", "wordplay"),
        ("「薔薇」は何画ですか。", "counting"),
        ("この文の助詞を直してください。", "grammar"),
        ("空はなぜ青いのですか。", None),
    ],
)
def test_japanese_sources_have_words_of_their_own(text, slug):
    assert told(text, Languages("ja", "en")) == slug


def test_no_text_takes_long():
    for unit in (
        "how many words ",
        "translate ",
        "use the word in ",
        "what does the word ",
        "spell ",
        "a ",
        "\n",
        "give a ",
    ):
        start = time.process_time()
        told(unit * (1_000_000 // len(unit)))
        assert time.process_time() - start < 10, unit
