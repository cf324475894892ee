"""The reader of rows: each reason to refuse is reached by a row that deserves it, and good rows by none."""

import pytest

from factory.errors import RecipeError
from factory.math.check import REASONS, Checker
from factory.math.render import FIELD, ROW, Writer, Written

PRICE = r"""
title: {ja: 代金, en: Prices}
grade: 小3
topic: multiplication
level: 1
parameters: {price: "int(20, 90)", n: "int(2, 9)"}
words:
  item: [{ja: りんご, ja_counter: 個, en: apple}, {ja: えんぴつ, ja_counter: 本, en: pencil}]
let: {cost: price * n, change: 1000 - cost}
question:
  ja: 1<<item_counter>><<price>>円の<<item>>を<<n>><<item_counter>>買い、1000円を出しました。おつりは何円ですか。
  en: One <<item>> costs <<price>> yen. You buy <<n>> with a 1000 yen note. What is the change?
solution:
  ja: |-
    代金は $<<price>> \times <<n>> = <<cost>>$（円）です。
    おつりは $1000 - <<cost>> = <<change>>$（円）です。
  en: |-
    The price of all <<n>> is $<<price>> \times <<n>> = <<cost>>$ yen.
    The change is $1000 - <<cost>> = <<change>>$ yen.
answer: {ja: "<<change>>円", en: "<<change>> yen"}
read:
  question:
    ja: 1<<item_counter>><<price>>円の<<item>>を<<n>><<item_counter>>買い、1000円を出しました。おつりは何円ですか。
    en: One <<item>> costs <<price>> yen. You buy <<n>> with a 1000 yen note. What is the change?
  answer: {ja: "<<change>>円", en: "<<change>> yen"}
  relation: [change + price * n == 1000, change > 0]
oracle: {change: 1000 - price * n}
"""

HALF = r"""
title: {ja: 割り算, en: Division}
grade: 中1
topic: equations
level: 2
parameters: {a: "int(2, 9)", b: "int(2, 9)"}
let: {left: "term(a, 'x')", answer: "frac(b, a)"}
question: {ja: "$<<left>> = <<b>>$ を解きなさい。", en: "Solve $<<left>> = <<b>>$."}
solution:
  ja: |-
    両辺を $<<a>>$ でわると、$<<left>> \div <<a>> = <<b>> \div <<a>>$
    $x = <<answer>>$
  en: |-
    Divide both sides by $<<a>>$: $<<left>> \div <<a>> = <<b>> \div <<a>>$
    $x = <<answer>>$
answer: {ja: "$x = <<answer>>$", en: "$x = <<answer>>$"}
read:
  question: {ja: "$<<l:expr>> = <<r>>$ を解きなさい。", en: "Solve $<<l:expr>> = <<r>>$."}
  answer: {ja: "$x = <<x:value>>$", en: "$x = <<x:value>>$"}
  relation: ['at(l, x) == r']
oracle: {x: "solve(l - r, symbol('x'))[0]"}
"""


@pytest.fixture(scope="module")
def price(loaded):
    return Checker(loaded(PRICE), "ja")


@pytest.fixture(scope="module")
def half(loaded):
    return Checker(loaded(HALF), "ja")


READ_QUESTION = (
    "en: One <<item>> costs <<price>> yen. You buy <<n>> with a 1000 yen note. What is the change?\n  answer"
)
READ_ANSWER = 'answer: {ja: "<<change>>円", en: "<<change>> yen"}\n  relation'

QUESTION = "1個50円のりんごを3個買い、1000円を出しました。おつりは何円ですか。"
SOLUTION = "代金は $50 \\times 3 = 150$（円）です。\nおつりは $1000 - 150 = 850$（円）です。"
GOOD = Written(QUESTION, SOLUTION, "850円")


def test_a_right_row_is_not_refused(price, half):
    assert price.why_refused(GOOD) == ""
    solved = Written("$4x = 6$ を解きなさい。", "両辺を $4$ でわると、$4x \\div 4 = 6 \\div 4$", "$x = \\frac{3}{2}$")
    assert half.why_refused(solved) == ""


FAULTS = [
    ("question", "何円ですか", "いくらですか", "unread_question"),
    ("question", "りんご", "みかん", "unread_question"),
    ("question", "1個50円", "2個50円", "unread_question"),
    ("question", "1000円を", "500円を", "unread_question"),
    ("question", "3個買い", "3本買い", "unread_question"),
    ("question", "りんご", "えんぴつ", "unread_question"),
    ("question", "50円", "５０円", "unread_question"),
    ("question", "50円", "五十円", "unread_question"),
    ("answer", "円", "", "unread_answer"),
    ("answer", "円", "円です", "unread_answer"),
    ("answer", "850", "850, 851", "unread_answer"),
    ("answer", "850", "八百五十", "unread_answer"),
    ("answer", "850円", "", "unread_answer"),
    ("solution", "50 \\times 3", "50 \\times -3", "unread_solution"),
    ("solution", "$（円）です。\n", "（円）です。\n", "unread_solution"),
    ("solution", "= 150", "= 150 = ", "unread_solution"),
    ("solution", "代金は", "代金は１５０円", "unread_solution"),
    ("solution", "代金は", "代金は²", ""),
    ("answer", "850", "851", "wrong_answer"),
    ("answer", "850", "-850", "wrong_answer"),
    ("answer", "850", "85", "wrong_answer"),
    ("question", "50円", "60円", "wrong_answer"),
    ("solution", "= 150$", "= 160$", "wrong_step"),
    ("solution", "1000 - 150 = 850", "1000 - 150 = 840", "wrong_step"),
    ("solution", "50 \\times 3 = 150", "50 \\times 3 = 150 = 151", "wrong_step"),
    ("solution", "\\times", "+", "wrong_step"),
    ("solution", "おつりは", "7円ひくと、おつりは", "stray_number"),
    ("solution", "おつりは", "$7$ をひくと、おつりは", "stray_number"),
    ("solution", "代金は $50 \\times 3 = 150$", "代金は $150$", "unused_number"),
    ("solution", "50 \\times 3 = 150", "30 \\times 5 = 150", "unused_number"),
]


@pytest.mark.parametrize(("field", "old", "new", "reason"), FAULTS)
def test_a_wrong_row_is_refused_with_its_reason(price, field, old, new, reason):
    text = getattr(GOOD, field)
    assert old in text
    assert price.why_refused(GOOD._replace(**{field: text.replace(old, new)})) == reason


@pytest.mark.parametrize(
    ("answer", "step", "reason"),
    [
        (r"$x = \frac{6}{4}$", "$4x = 6$", "unreduced"), (r"$x = \frac{3}{1}$", "$4x = 6$", "unreduced"),
        (r"$x = 1\frac{2}{4}$", "$4x = 6$", "unreduced"), (r"$x = 1.5$", "$4x = 6$", ""),
        (r"$x = 1\frac{1}{2}$", "$4x = 6$", ""),
        (r"$x = -\frac{3}{2}$", "$4x = 6$", "wrong_answer"), (r"$x = \frac{3}{0}$", "$4x = 6$", "wrong_answer"),
        (r"$x = \frac{2}{3}$", "$4x = 6$", "wrong_answer"), (r"$x = y$", "$4x = 6$", "wrong_answer"),
        (r"$x = 3 \div 2$", "$4x = 6$", ""), (r"$x = $", "$4x = 6$", "unread_answer"),
        (r"$x = 2 = 3$", "$4x = 6$", "unread_answer"),
        (r"$x = \frac{3}{2}$", "$4x = 7$", "wrong_step"), (r"$x = \frac{3}{2}$", "$4x - 6 = 1$", "wrong_step"),
        (r"$x = \frac{3}{2}$", "$2x = 3$ だから $4x = 6$", ""), (r"$x = \frac{3}{2}$", "$4x + 0 = 6$", "wrong_step"),
        (r"$x = \frac{3}{2}$", "$4x = 6$ から $1x = \\frac{6}{4}$", "wrong_step"),
        (r"$x = \frac{3}{2}$", "$x = 2$", "wrong_step"),
    ],
)  # fmt: skip
def test_fractions_and_unknowns_are_followed(half, answer, step, reason):
    assert half.why_refused(Written("$4x = 6$ を解きなさい。", step, answer)) == reason


def test_every_reason_is_reached_here():
    assert {"", "unreduced", *(reason for *_, reason in FAULTS)} == {"", *REASONS}


def test_words_that_do_not_belong_together_are_unread(loaded):
    checker = Checker(loaded(PRICE), "ja")
    for item, counter, reason in (
        ("りんご", "個", ""), ("えんぴつ", "本", ""), ("りんご", "本", "unread_question"),
        ("えんぴつ", "個", "unread_question"),
    ):  # fmt: skip
        question = QUESTION.replace("りんご", item).replace("個", counter)
        assert checker.why_refused(GOOD._replace(question=question)) == reason


def test_a_word_of_the_answer_is_that_of_the_question(loaded):
    checker = Checker(loaded(PRICE.replace('"<<change>>円"', '"<<item>>のおつりは<<change>>円"')), "ja")
    assert checker.why_refused(GOOD._replace(answer="りんごのおつりは850円")) == ""
    assert checker.why_refused(GOOD._replace(answer="えんぴつのおつりは850円")) == "wrong_answer"


def test_a_refused_row_spoils_no_other(price):
    bad = GOOD._replace(answer="1円")
    unread = Written("?", "$", "")
    rows = [GOOD, bad, GOOD, unread, GOOD, bad]
    block = "".join(FIELD.join(row) + ROW for row in rows)
    assert price.refusals(block) == ["", "wrong_answer", "", "unread_question", "", "wrong_answer"]
    assert price.refusals("") == []


def test_what_was_read_before_changes_nothing(loaded):
    fresh = Checker(loaded(PRICE), "ja")
    bad = GOOD._replace(solution=SOLUTION.replace("150", "15"))
    assert [fresh.why_refused(row) for row in (bad, GOOD, bad, GOOD)] == ["wrong_step", "", "wrong_step", ""]


@pytest.mark.parametrize(
    "text", ["", "$", "$$", "\0", "😀" * 50, "{" * 5_000, "$" + "9^" * 300 + "9$", "\ue001", "\\", "1" * 5_000]
)
def test_any_text_in_any_field_is_refused_without_an_error(price, text):
    for field in Written._fields:
        reason = price.why_refused(GOOD._replace(**{field: text}))
        assert reason in REASONS or (field == "solution" and reason == "")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_the_family_writes_its_reader_accepts(loaded, language):
    for text in (PRICE, HALF):
        family = loaded(text)
        keys = [(0, 0, 50, 3), (0, 1, 77, 9), (0, 0, 20, 2)] if text is PRICE else [(0, 4, 6), (0, 2, 4), (0, 3, 3)]
        rows = Writer(family, language).write(keys)
        assert [Checker(family, language).why_refused(row) for row in rows] == ["", "", ""]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[change + price", "[chnge + price", "unknown name 'chnge'"),
        (READ_ANSWER, READ_ANSWER.replace("change", "price"), "'price' is read from both"),
        (READ_QUESTION, READ_QUESTION.replace("<<price>>", "<<price:money>>"), "of no known kind"),
        ("change > 0]", "change.real > 0]", "Attribute is not allowed"),
        ("change > 0]", "'change >']", "is not an expression"),
    ],
)
def test_a_family_that_can_not_be_read_back_is_refused_with_its_place(loaded, old, new, message):
    assert old in PRICE
    with pytest.raises(RecipeError, match=rf"templates/math/area/family\.yaml: read.*{message}"):
        Checker(loaded(PRICE.replace(old, new)), "en")
