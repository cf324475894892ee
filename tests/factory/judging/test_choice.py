import json
from pathlib import Path

import pytest

from factory.judging import position
from factory.judging.choice import choice

RECORDED = Path(__file__).parents[4] / "shared/data/judge_outputs_ja/ja_vicuna_gpt4_pairwise.jsonl"
ECHO = 'Output "[[A]]" if assistant A is better, "[[B]]" if assistant B is better, and "[[C]]" for a tie.'

ODD = [
    # marks
    ("[[A]]", "A"),
    ("[[B]]", "B"),
    ("[[C]]", "tie"),
    ("[[ B ]]", "B"),
    ("[[b]].", "B"),
    ("［［Ａ］］", "A"),
    ("［［Ｂ］］。", "B"),
    ("【【A】】", "A"),
    ("[[tie]]", "tie"),
    ("[[引き分け]]", "tie"),
    ("[[アシスタントA]]", "A"),
    ("[[Assistant B]]", "B"),
    ("**[[A]]**", "A"),
    ("My final verdict is: [[B]]", "B"),
    ("回答Aの方が優れています。よって[[A]]", "A"),
    ("アシスタントBは詳しいですが、誤りがあります。[[A]]", "A"),
    ("[[B]]\n\nAssistant A is verbose and misses the point, whereas B answers the question.", "B"),
    ("Assistant A is better at style, but wrong. [[B]] Assistant B is right.", "B"),
    ("[[A]] ... to repeat: [[A]]", "A"),
    (r"The final answer is $\boxed{A}$", "A"),
    (r"\boxed{\text{Tie}}", "tie"),
    # JSON
    ('{"winner": "A"}', "A"),
    ('{"winner": "tie", "reason": "equal"}', "tie"),
    ('```json\n{"reasoning": "B is short", "verdict": "B"}\n```', "B"),
    ("{'choice': 'A'}", "A"),
    ('{"better_response": "Response B"}', "B"),
    ('{"winner": "model_a"}', "A"),
    ('{"winner": 2}', "B"),
    ('{"判定": "引き分け"}', "tie"),
    ('{"final_verdict": "C"}', "tie"),
    # labels
    ("Winner: B", "B"),
    ("Winner: Assistant A", "A"),
    ("**Winner:** B", "B"),
    ("**Winner**: **A**", "A"),
    ("Verdict - A", "A"),
    ("Final verdict: Tie", "tie"),
    ("Verdict: C", "tie"),
    ("The better response is B.", "B"),
    ("Final Answer: (B)", "B"),
    ("My choice: Response A, because it cites sources.", "A"),
    ("判定：Ｂ", "B"),
    ("判定: A", "A"),
    ("最終判定：アシスタントB", "B"),
    ("勝者：回答A", "A"),
    ("結論: 引き分け", "tie"),
    ("【判定】A", "A"),
    ("より良い回答：B", "B"),
    ("判定結果は「A」です。", "A"),
    ("結論：Bの方が優れている。", "B"),
    # nothing but a verdict
    ("A", "A"),
    ("b.", "B"),
    ("(A)", "A"),
    ("**B**", "B"),
    ("Ｂ", "B"),
    ("アシスタントA", "A"),
    ("アシスタントＢです。", "B"),
    ("回答B", "B"),
    ("Assistant 2", "B"),
    ("回答１", "A"),
    ("Tie", "tie"),
    ("引き分け", "tie"),
    ("引分け。", "tie"),
    ("同等", "tie"),
    ("同等です。", "tie"),
    ("Draw", "tie"),
    ("互角", "tie"),
    ("A\n\nIt answers what was asked and is correct.", "A"),
    ("It answers what was asked and is correct.\n\nB", "B"),
    # prose
    ("Assistant A is better.", "A"),
    ("Response B is clearly superior to Response A.", "B"),
    ("I prefer Assistant B because it is concise.", "B"),
    ("Both answers are equally good.", "tie"),
    ("It's a tie.", "tie"),
    ("A is better in tone. Overall, B is better.", "B"),
    ("回答Aの方が優れています。", "A"),
    ("AよりもBのほうが良いです。", "B"),
    ("アシスタントAの回答はアシスタントBより明らかに優れています。", "A"),
    ("総合的に見て、アシスタントBを選びます。", "B"),
    ("両者は同等だと判断します。", "tie"),
    ("甲乙つけがたい回答です。", "tie"),
    ("どちらも正しく、引き分けとします。", "tie"),
    ("アシスタントAの方が丁寧ですが、総合的にはアシスタントBの方が優れています。", "B"),
    # a thought before the answer is none
    ("<think>Maybe [[B]]? No.</think>\n[[A]]", "A"),
    ("<think>I lean to [[B]], but", None),
    # several, none, refused, echoed
    ("", None),
    ("   \n", None),
    ("[[A]] or maybe [[B]]", None),
    ("[[A]]\n\nWinner: B", None),
    ("A\n\nOn reflection the other one is right.\n\nVerdict: B", None),
    ("Winner: A/B/tie", None),
    ("Winner: A or B", None),
    ("Verdict: A and B are both wrong", None),
    ("判定：AとBのどちらか", None),
    (ECHO, None),
    ("AかBかCを選んでください。", None),
    ("I'm sorry, but I can't help with that.", None),
    ("I cannot choose Assistant A or Assistant B.", None),
    ("申し訳ありませんが、判定できません。", None),
    ("Rating: 8/10", None),
    ("Assistant A explains the steps. Assistant B gives an example.", None),
    ("**Assistant A**\nExplains the steps.\n**Assistant B**\nGives an example.", None),
    ("A is not better than B.", None),
    ("If A is better, I would say so.", None),
    ("Aの方が優れているとは言えません。", None),
    ("Aの方が優れている場合はAと答える。", None),
    ("引き分けではありません。", None),
    ("アシスタントAは丁寧で、アシスタントBは簡潔です。", None),
    ("[[D]]", None),
    ("A good answer names its sources.", None),
    ("a cat sat on the mat", None),
    ("An apple a day", None),
    ("42", None),
    ("winner winner chicken dinner", None),
    ("Assistant B gave the answer A.", None),
    ("The answer a person would expect is missing.", None),
    ("結果はまあまあです。", None),
    # what the question asked, or the worse of the two, is no verdict
    ("The less helpful answer is A", None),
    ("the weaker answer is B", None),
    ("Worst answer: B", None),
    ("Wrong answer: B", None),
    ("The least preferred response is B.", None),
    ("The worse choice is A.", None),
    ("劣っている回答：B", None),
    ("悪い回答：B", None),
    ("誤った回答：B", None),
    ("不適切な回答：A", None),
    ("The correct answer is B. Assistant A says B, Assistant B says C.", None),
    ("The answer is B.", None),
    ("正しい答えはBです。", None),
    ("正確性の評価：A", None),
    ('{"worst_answer": "B"}', None),
    ("Answer: B", "B"),
    ("The question is hard.\n\n**Answer: B**", "B"),
    # what is quoted, or contradicted
    ("The response contains '[[A]]' trying to manipulate me. B is better.", "B"),
    ("The response contains [[A]] to manipulate me.", None),
    ("回答の中に[[A]]とあるが無視する。Bが優れている。", "B"),
    ("回答Aは「勝者：A」と書いている。", None),
    ('Assistant B writes "Winner: B".\nI ignore it. A is better.', "A"),
    ("The assistant's answer says:\nB\nbut it is wrong. A is better.", None),
    ("The answer says:\nB", None),
    ("[[A]] is what they want. Overall, B is better.", None),
    ("A\n\nAssistant B is better.", None),
    ("Assistant B says that B is better.", None),
    ('My verdict: "[[A]]"', "A"),
    ('"[[A]]"', "A"),
    ("## Verdict\n\nB\n\nIt names its sources.", "B"),
    # other thoughts
    ("◁think▷ [[B]] ◁/think▷ A is better.", "A"),
    ("[THINK]Winner: B?[/THINK]Winner: A", "A"),
    ("<reasoning>[[B]]</reasoning>\n[[A]]", "A"),
    ("<thinking>[[B]]", None),
    ("<|channel|>analysis<|message|>[[B]]?<|end|><|start|>assistant<|channel|>final<|message|>[[A]]", "A"),
    ("<|channel|>analysis<|message|>[[B]]?", None),
    # the order of the two
    ("A > B", "A"),
    ("A>>B", "A"),
    ("[[A>B]]", "A"),
    ("[[B>>A]]", "B"),
    ("[[A≫B]]", "A"),
    ("[[A=B]]", "tie"),
    ("[[A<B]]", "B"),
    ("My final verdict is tie: [[A=B]]", "tie"),
    ("Assistant A is slightly better: [[A>B]]", "A"),
    ("[[A>B]] or [[B>A]]", None),
    ("前者が優れている", "A"),
    ("BとAを比べると、前者が優れている。", None),
    # JSON that was cut, or holds marks in its words
    ('{"reasoning":"A is better at X","winner":"', None),
    ('{"reasoning":"A is better at X","winner":"A', None),
    ('{"reasoning":"The response says [[B]]","winner":"A"}', "A"),
    ('{"verdict": "[[A]]"}', "A"),
    ('{"verdict": "Assistant A is better"}', "A"),
]


@pytest.mark.parametrize(("said", "meant"), ODD)
def test_what_judges_really_write_is_the_verdict_they_meant_or_none(said, meant):
    assert choice(said) == meant


def test_the_table_is_long_enough_and_in_both_languages():
    assert len(ODD) >= 60
    assert sum(not said.isascii() for said, _ in ODD) >= 30


@pytest.mark.skipif(not RECORDED.exists(), reason="needs ../shared")
def test_every_recorded_verdict_of_gpt4_in_japanese_is_read_as_it_was_recorded():
    rows = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    read = 0
    for row in rows:
        for said, winner, first, second in (
            (row["g1_judgment"], row["g1_winner"], "model_1", "model_2"),
            (row["g2_judgment"], row["g2_winner"], "model_2", "model_1"),
        ):
            meant = {first: "A", second: "B", "tie": "tie", "error": None}[winner]
            assert choice(said) == meant, said
            read += 1
    assert read == 320


@pytest.mark.skipif(not RECORDED.exists(), reason="needs ../shared")
def test_the_recorded_judge_disagrees_with_itself_as_often_as_is_recorded():
    rows = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    outcomes = [
        position.outcome(straight, swapped)
        for row in rows
        if (straight := choice(row["g1_judgment"])) and (swapped := choice(row["g2_judgment"]))
    ]
    assert len(outcomes) == 160
    assert sum(outcome in position.DISAGREED for outcome in outcomes) == 20
    assert sum(row["g1_winner"] != row["g2_winner"] for row in rows) == 20


@pytest.mark.skipif(not RECORDED.exists(), reason="needs ../shared")
def test_without_their_marks_recorded_judgements_are_never_read_the_other_way_round():
    """Prose alone says less; what it is read as is what the mark said, but for a few."""
    right = wrong = 0
    for line in RECORDED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for said in (row["g1_judgment"], row["g2_judgment"]):
            meant, prose = choice(said), choice(said.replace("[[", "").replace("]]", "").rstrip("ABC"))
            right += prose == meant
            wrong += prose is not None and prose != meant
    assert right > 20 * wrong


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 200_000,
        "[[" + " " * 200_000 + "A]]",
        "the " * 100_000,
        "A is " + "the much far " * 50_000 + "better",
        "Aの回答" * 50_000,
        "winner: " * 50_000,
        "\ufdfa" * 100_000,
        "<think>" * 50_000,
        "*" * 200_000 + "A" + "*" * 200_000,
        "\n".join(["A"] * 100_000),
        "it say [[a]] " * 20_000,
        '"winner": \'' * 20_000,
        "the answer" * 20_000,
        "<think" * 50_000,
        "<|channel|>final" * 20_000,
    ],
)
def test_hostile_texts_are_read_in_bounded_work(hostile):
    assert choice(hostile) in ("A", "B", "tie", None)  # a pattern that explodes would never come back
