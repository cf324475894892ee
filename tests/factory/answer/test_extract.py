import time

import pytest

from factory.answer.grade import extract

FOUND = [
    (r"So the answer is $\boxed{72}$.", "72"),
    (r"\boxed{\frac{3}{4}}", r"\frac{3}{4}"),
    (r"\boxed{\left\{ 1, 2 \right\}}", r"\left\{ 1, 2 \right\}"),
    (r"First \boxed{1}, then \boxed{2}.", "2"),
    (r"\boxed{\boxed{5}}", "5"),
    (r"\fbox{958} values", "958"),
    (r"\boxed{7} and then \boxed{8", "7"),
    ("48/2 = 24\n#### 72", "72"),
    ("#### 1,234", "1,234"),
    ("計算すると 12 + 30 = 42。答えは42です。", "42"),
    ("答えは 42 個である。", "42 個"),
    ("答え：3/4", "3/4"),
    ("答え: 12人", "12人"),
    ("【答え】12", "12"),
    ("答え　12", "12"),
    ("答え 12個", "12個"),
    ("答え: $x = 2$ または $x = 3$", "$x = 2$ または $x = 3$"),
    ("答. 15", "15"),
    ("答えは、$x = 3$ です。", "x = 3"),
    ("正解は（ア）です。", "（ア）"),
    ("最終的な答えは $\\frac{1}{2}$ となります。", "\\frac{1}{2}"),
    ("**答え：** 36 cm", "36 cm"),
    ("したがって、$x = 3$", "x = 3"),
    ("よって、$x = 3$ である。", "x = 3"),
    ("よって 12 + 30 = 42", "42"),
    ("The answer is 5.", "5"),
    ("The answer is 3.5 apples.", "3.5 apples"),
    ("Therefore, the final answer is: $2\\sqrt{3}$.", "2\\sqrt{3}"),
    ("Answer: 12 km", "12 km"),
    ("**Final Answer:** 12", "12"),
    ("Final Answer: The final answer is $\\boxed{12}$. I hope it is correct.", "12"),
    ("Thus, $x = 3$.", "x = 3"),
    ("The answer is\n\\[ x = 5 \\]", "x = 5"),
    ("First we add.\n3 + 4\n= 7", "7"),
    ("3 × 4 + 30 = 42", "42"),
    ("Some words first.\n42", "42"),
    ("Some words first.\n$$\n42\n$$", "42"),
    ("42", "42"),
    ("水曜日", "水曜日"),
    ("(A)", "(A)"),
    ("はい", "はい"),
    ("<think>It is 5. The answer is 5.</think>The answer is 6.", "6"),
    ("The answer is 5.\n\nQuestion: What is 2 + 2?\nThe answer is 4.", "5"),
    ("答えは5です。\n問題：2 + 2 は？\n答えは4です。", "5"),
    ("72\n\nQuestion: What is 2 + 2?\nAnswer: 4", "72"),
    ("Question: What is 2 + 2?\nAnswer: 4", "4"),
    (r"\boxed{3}<|im_end|>\boxed{4}", "3"),
    ("It is 3. The answer is 4. No wait, the answer is 5.", "5"),
]
MISSING = [
    "",
    "   ",
    "<think>The answer is 5.",
    "He has 3 apples and 4 pears, which he sells.",
    "太郎は3個、花子は4個持っていました。",
    "Therefore he goes home with 4 of his 5 friends and 3 dogs.",
    "The answer is",
    "We get\n\\[ x =",
    r"\boxed{}",
]


@pytest.mark.parametrize(("text", "answer"), FOUND)
def test_a_marked_answer_is_found(text: str, answer: str) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize("text", MISSING)
def test_no_answer_is_guessed(text: str) -> None:
    assert extract(text) is None


MILLION = 1_000_000
LONG = [
    "\\boxed{" * 100_000,
    "答えは" * 100_000,
    "the answer is " * 70_000,
    "answer" * 160_000,
    "答" * MILLION,
    "解" * MILLION,
    "9" * MILLION,
    "(" * MILLION,
    "{" * MILLION,
    "}" * MILLION,
    "$" * MILLION,
    "\n" * MILLION,
    " " * MILLION,
    "、" * MILLION,
    "#" * MILLION,
    "\\" * MILLION,
    "\\[" * 500_000,
    "\\(x" * 300_000,
    "<think>" * 140_000,
    "</think>" * 120_000,
    "\nQuestion:" * 100_000,
    "\n問題：" * 200_000,
    "\nQuestion: 5\n5" * 60_000,
    "= " * 500_000,
    "です" * 500_000,
    "よって、" * 250_000,
    "Therefore " * 100_000,
    "a b " * 250_000,
    "1," * 500_000,
    "\\boxed{" + "{" * MILLION + "}" * MILLION,
    "答えは" + "1と" * 2_000,
]


@pytest.mark.parametrize("text", LONG, ids=lambda text: repr(text[:12]))
def test_a_megabyte_of_anything_is_searched_in_no_time(text: str) -> None:
    start = time.process_time()
    extract(text)
    assert time.process_time() - start < 0.25
