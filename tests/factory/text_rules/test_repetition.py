"""Loops are told from what is only said twice."""

import pytest

from factory.text_rules.repetition import period, repetitions

STORY = (
    "昔々、ある村に二人の兄弟が住んでいました。兄は山で木を切り、弟は川で魚を取って暮らしていました。"
    "ある日、弟が川で光る石を見つけ、それを家に持って帰ると、夜になって石が話し始めたのです。"
)

WORDS = ("monday", "slowly", "yesterday", "once", "twice", "quietly", "again", "later", "sadly", "often")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (STORY + "そして、" * 60, "period"),
        (STORY + "".join(f"{n}. 毎日を大切に、笑顔で生きること。\n" for n in range(1, 20)), "period"),
        (STORY + "光は粒であり波でもあるのです。" * 9 + "\ufffd", "period"),
        (
            STORY + "".join(f"彼は静かに笑っていました。{one}と話しました。" for one in "父母兄姉弟") + "おわり。",
            "sentences",
        ),
        (" ".join(f"{one} the old man went down to the river and sat there until the" for one in WORDS), "grams"),
    ],
)
def test_a_loop_is_seen_by_its_sign(text, reason):
    found = repetitions([text])[0]
    assert found.reason == reason
    assert found.reason == "grams" or found.piece


@pytest.mark.parametrize(
    "text",
    [
        STORY,
        STORY + STORY,
        "",
        "はい。",
        ", ".join(["'triangle'"] * 3 + ["'not a triangle'"] * 5 + ["'triangle'"]),
        "".join(f"| {n} | {n * n} 円 |\n" for n in range(40)),
        "".join(f"{n} {n * 7} {n * n}\n" for n in range(60)),
        "```\n" + "x = x + 1\n" * 40 + "```",
        "\n".join(f"https://example.com/articles/2024/{n}" for n in range(30)),
        "".join(f"{n}. {name}の{'前' * n}で30秒止まる。\n" for n, name in enumerate("壁床椅机窓門")),
    ],
)
def test_what_is_no_loop_passes(text):
    assert repetitions([text])[0].reason == ""


def test_each_text_gets_its_own_answer_whatever_stands_beside_it():
    loop = STORY + "そして、" * 60
    alone = [repetitions([text])[0] for text in (STORY, loop, "")]
    assert repetitions([STORY, loop, ""]) == alone
    assert [one.reason for one in alone] == ["", "period", ""]
    assert alone[2].share is None


def test_thresholds_are_arguments():
    twice = (STORY + "弟は驚いて兄を呼び、二人はその晩、眠らずに石の話を聞いていました。") * 2
    assert repetitions([twice], most=0.3)[0].reason == "grams"
    assert repetitions([twice], times=2)[0].reason == "sentences"
    assert repetitions([twice], times=3)[0].reason == ""
    assert repetitions(["同じことを二度言う文です。" * 2 + "別の文。"], times=2)[0].reason == "sentences"


def test_a_period_is_found_with_a_cut_end_and_none_is_made_up():
    assert period("さて。" + "行ったり来たり、" * 30 + "行っ") in "行ったり来たり、" * 2
    assert period("abcdefgh" * 4) == ""


@pytest.mark.parametrize("text", ["a" * 1_000_000, "ab" * 500_000, ("x" * 44 + "y") * 20_000, "あ。" * 400_000])
def test_hostile_texts_take_no_long_time(text):
    assert repetitions([text])[0].reason
