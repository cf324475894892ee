"""Leaks: what is found whatever was done to it, what is left alone, and that both kernels say the same."""

import importlib.util
import re
from collections.abc import Callable

import pytest
from leaky import clean, cut, full_width, misspelt, prompt

from factory.decontaminate import Benchmarks, scan, scan_texts
from factory.decontaminate.prompts import Prompt
from factory.dedup import TURN_ENDS
from factory.row import Message, Pair, Row

COUNT = 40
SHORT = Prompt("quiz", "capital", "千葉県の県庁所在地は？", ("千葉市", "船橋市"))
FOLLOW_UP = Prompt("talk", "1#2", "今の答えを英語に直してください。", (), True)
TEMPLATE = [
    Prompt("letters", str(number), f"「{name}」の苗字と名前の最後の文字を取り、つなげて答えてください。")
    for number, name in enumerate(f"{chr(0x5C71 + i)}{chr(0x6C34 + i)} {chr(0x592A + i)}郎" for i in range(60))
]
PLACES = [f"{chr(0x5C71 + i)}{chr(0x6C34 + i)}{place}" for i in range(20) for place in ("寺", "港", "橋")]
BRACKETS = Prompt("dyck", "0", "Complete: [ { ( < > ) } ] [ [ { ( ) } ] < { } > ( [ ] ) { { [ ( < > ) ] } }")


@pytest.fixture(scope="module")
def benchmarks() -> Benchmarks:
    made = [Prompt(f"bench_{language}", str(number), prompt(number, language))
            for language in ("ja", "en") for number in range(COUNT)]  # fmt: skip
    return Benchmarks([*made, SHORT, FOLLOW_UP, BRACKETS, *TEMPLATE])


def row(*contents: str, system: str = "") -> Row:
    roles = ("user", "assistant")
    turns = [Message(roles[place % 2], content) for place, content in enumerate(contents)]
    return Row((*([Message("system", system)] if system else []), *turns), "mit", "s", "g")


CHANGES: dict[str, tuple[Callable[[str], str], set[str]]] = {
    "verbatim": (str, {"exact"}),
    "full width": (full_width, {"exact"}),
    "in capitals, with other spaces and marks": (lambda t: re.sub(r"[ 、]", "　・ ", t.upper()), {"exact"}),
    "cut": (cut, {"partial", "near"}),
    "misspelt": (misspelt, {"near", "partial", "numbers_changed"}),
    "in the middle of other text": (lambda t: f"まず読んでください。{t} Then answer.", {"exact"}),
}


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_prompt_is_found_and_told_by_benchmark_and_id(benchmarks: Benchmarks, language: str, change: str) -> None:
    alter, kinds = CHANGES[change]
    rows = [row(alter(prompt(number, language)), clean(number)) for number in range(COUNT)]
    hits = scan(rows, benchmarks)
    told = [(hit.benchmark, hit.prompt) for hit in hits if hit]
    assert told == [(f"bench_{language}", str(number)) for number in range(COUNT)]
    assert {hit.kind for hit in hits if hit} <= kinds


def test_clean_rows_are_left_alone(benchmarks: Benchmarks) -> None:
    assert scan([row(clean(number), clean(number + 1)) for number in range(400)], benchmarks) == [None] * 400


def test_response_system_prompt_and_all_sides_of_a_pair_are_looked_at(benchmarks: Benchmarks) -> None:
    leak = prompt(7, "ja")
    pair = Pair(
        (Message("user", clean(0)),), (Message("assistant", clean(2)),), (Message("assistant", leak),), "", "", ""
    )
    hits = scan([row(clean(0), leak), row(clean(0), clean(2), system=leak), pair], benchmarks)
    assert [hit and hit.prompt for hit in hits] == ["7", "7", "7"]


def test_changed_numbers_are_told_apart_and_not_certain(benchmarks: Benchmarks) -> None:
    for language in ("ja", "en"):
        (hit,) = scan([row(prompt(5, language).replace("8", "97"), clean(1))], benchmarks)
        assert hit
        assert (hit.kind, hit.certain, hit.prompt) == ("numbers_changed", False, "5")


def test_a_decimal_point_that_moves_is_a_changed_number() -> None:
    asked = "A farmer sells 1.5 tons of apples and buys 20 crates of pears at the market; how much does she carry home?"
    (hit,) = scan_texts([asked.replace("1.5 tons", "15 tons")], Benchmarks([Prompt("math", "0", asked)]))
    assert hit
    assert hit.kind == "numbers_changed"


def test_the_evidence_is_the_stretch_of_the_row(benchmarks: Benchmarks) -> None:
    (hit,) = scan([row(clean(1), clean(3) + prompt(3, "ja") + clean(5))], benchmarks)
    assert hit
    assert prompt(3, "ja")[:-1].startswith(hit.text[:30])
    assert "昨日" not in hit.text
    assert hit.containment == 1


def test_a_short_prompt_inside_a_sentence_counts_where_its_answer_stands_beside(benchmarks: Benchmarks) -> None:
    inside = "旅行の話で千葉県の県庁所在地は？などと続くのを聞かれました。" + clean(1)
    alone = "旅行の話です。千葉県の県庁所在地は？と聞かれました。" + clean(1)
    texts = [row(SHORT.text, clean(1)), row(inside, clean(3)), row(inside, "千葉市です。"), row(alone, clean(3))]
    hits = [hit and (hit.prompt, hit.certain) for hit in scan(texts, benchmarks)]
    assert hits == [("capital", True), None, ("capital", True), ("capital", False)]


def test_a_reworded_short_prompt_counts_as_a_sentence_of_its_own(benchmarks: Benchmarks) -> None:
    reworded = "千葉県の県庁の所在地は？"
    within = "昨日は千葉県の新しい県庁と別の所在地はどうかと考えていた。"
    rows = [row(reworded, clean(1)), row(clean(1) + reworded + clean(3), clean(5)), row(within, clean(1))]
    hits = scan(rows, benchmarks)
    assert [hit and (hit.prompt, hit.certain) for hit in hits] == [("capital", False), ("capital", False), None]


def test_the_same_question_about_something_else_is_no_leak() -> None:
    asked = [Prompt("quiz", str(number), f"{one}はどこにありますか？") for number, one in enumerate(PLACES)]
    assert scan_texts(["夜の灯台はどこにありますか？", "会議室はどこにありますか？"], Benchmarks(asked)) == [None, None]


def test_a_line_that_is_a_piece_of_a_short_prompt_is_found() -> None:
    asked = "夜明けの港で古い羅針盤を磨いている人は誰ですか？"
    (hit,) = scan_texts(
        [f"{clean(1)}\nの港で古い羅針盤を磨いている人\n{clean(3)}"], Benchmarks([Prompt("q", "0", asked)])
    )
    assert hit
    assert (hit.prompt, hit.certain) == ("0", False)


REFILLED = "「鈴木 花子」の苗字と名前の最後の文字を取り、つなげて答えてください。"


ASKED = "夜明けの港で古い羅針盤を磨いている人は誰ですか"


@pytest.mark.parametrize("glued", [ASKED.replace("磨いて", "眺めて"), ASKED[:-6], ASKED])
def test_a_question_at_a_sentences_begin_is_found_though_nothing_parts_it_from_what_follows(glued: str) -> None:
    only = Benchmarks([Prompt("q", "0", ASKED)])
    hits = scan_texts([f"{clean(1)}{glued}{clean(3)}", f"{clean(1)}それで{ASKED[5:11]}と{clean(3)}"], only)
    assert [hit and (hit.prompt, hit.certain) for hit in hits] == [("0", glued == ASKED), None]


@pytest.mark.parametrize(("asked", "found"), [("羅針盤の発祥の地は", True), ("本を読むこと", False)])
def test_a_subject_is_no_question_where_a_sentence_begins_with_it(asked: str, found: bool) -> None:
    (hit,) = scan_texts([f"{clean(1)}{asked}はとても大切だと思います。"], Benchmarks([Prompt("q", "0", asked)]))
    assert (hit is not None) is found


def test_what_many_prompts_share_is_a_template_of_their_benchmark_and_never_certain(benchmarks: Benchmarks) -> None:
    reworded = REFILLED.replace("文字を取り", "語をとり")
    texts = [REFILLED, reworded, cut(REFILLED), full_width(REFILLED)]
    hits = scan([row(clean(1), text) for text in texts], benchmarks)
    assert [hit and (hit.benchmark, hit.kind, hit.certain) for hit in hits] == [("letters", "template", False)] * 4


def test_a_prompt_is_told_before_its_template(benchmarks: Benchmarks) -> None:
    (hit,) = scan([row(f"{REFILLED}{clean(1)}{TEMPLATE[11].text}", "答え")], benchmarks)
    assert hit
    assert (hit.prompt, hit.kind, hit.certain) == ("11", "exact", True)
    assert all(0 <= int(number) < len(TEMPLATE) for _, number in hit.others)


def test_a_phrase_that_many_prompts_share_is_no_template() -> None:
    some = [Prompt("exam", str(number), f"{one}についての次の文のうち正しいものはどれですか。")
            for number, one in enumerate(PLACES)]  # fmt: skip
    long = [Prompt("exam", str(number), f"{prompt(number, 'ja')}{REFILLED[7:]}") for number in range(COUNT)]
    asked = ["夜の灯台についての次の文のうち正しいものはどれですか。", REFILLED]
    assert scan_texts(asked, Benchmarks([*some, *long])) == [None, None]


def test_a_template_of_two_benchmarks_names_both() -> None:
    both = [*TEMPLATE, *(one._replace(benchmark="others") for one in TEMPLATE)]
    (hit,) = scan_texts([REFILLED], Benchmarks(both))
    assert hit
    assert {hit.benchmark, *(name for name, _ in hit.others)} == {"letters", "others"}


def test_a_short_follow_up_alone_never_rejects(benchmarks: Benchmarks) -> None:
    (hit,) = scan([row(FOLLOW_UP.text, clean(1))], benchmarks)
    assert hit
    assert not hit.certain


def test_a_prompt_of_symbols_is_found_by_them(benchmarks: Benchmarks) -> None:
    other = "Complete: ( ( ( ) ) ) [ ] [ ] [ ] { } < > < > ( ) ( ) [ ( ) ]"
    hits = scan([row(f"Please do this. {BRACKETS.text}", "] ]"), row(other, "] )")], benchmarks)
    assert hits[0]
    assert hits[0].benchmark == "dyck"
    assert hits[1] is None


def test_a_text_of_several_benchmarks_names_all_of_them() -> None:
    asked = prompt(1, "en")
    both = Benchmarks(
        [Prompt("vicuna", "9", asked), Prompt("alpaca", "3", asked.upper()), Prompt("x", "1", prompt(2, "en"))]
    )
    (hit,) = scan_texts([f"{asked} {prompt(2, 'en')}"], both)
    assert hit
    assert {(hit.benchmark, hit.prompt), *hit.others} == {("alpaca", "3"), ("vicuna", "9"), ("x", "1")}


def test_a_hit_on_a_twin_nobody_named_is_a_translation() -> None:
    twins = Benchmarks(
        [Prompt("gsm8k", "0", prompt(1, "en")), Prompt("mgsm_ja", "0", prompt(1, "ja"), twin_of="gsm8k")]
    )
    (hit,) = scan_texts([prompt(1, "ja")], twins)
    assert hit
    assert (hit.kind, hit.benchmark, hit.twin_of, hit.certain) == ("translated", "mgsm_ja", "gsm8k", True)


HOSTILE = [
    "",
    "\0",
    TURN_ENDS * 50,
    "\ud800\udfff",
    "ﾊﾞ" * 500,
    "a" * 100_000,
    "é" * 300,
    "🙂" * 99,
    "()" * 5_000,
    " \n",
]


def test_hostile_and_empty_texts_pass_through(benchmarks: Benchmarks) -> None:
    assert scan_texts(HOSTILE, benchmarks) == [None] * len(HOSTILE)
    assert scan_texts([], benchmarks) == []


@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")
@pytest.mark.slow
def test_numba_and_numpy_say_the_same_to_the_bit(benchmarks: Benchmarks) -> None:
    texts = [clean(number) for number in range(60)] + HOSTILE
    texts += [alter(prompt(number, language)) for alter, _ in CHANGES.values()
              for language in ("ja", "en") for number in range(10)]  # fmt: skip
    texts += [one.text for one in TEMPLATE] + [REFILLED, cut(REFILLED), BRACKETS.text, SHORT.text]
    assert scan_texts(texts, benchmarks, "numba") == scan_texts(texts, benchmarks, "numpy")


def test_the_hits_do_not_depend_on_order_or_batch(benchmarks: Benchmarks) -> None:
    texts = [misspelt(prompt(number, "ja")) for number in range(20)] + [clean(number) for number in range(20)]
    forwards = scan_texts(texts, benchmarks)
    assert scan_texts(texts[::-1], benchmarks)[::-1] == forwards
    assert [hit for text in texts for hit in scan_texts([text], benchmarks)] == forwards


def test_evidence_over_two_turns_has_no_control_characters(benchmarks: Benchmarks) -> None:
    half = len(prompt(3, "en")) // 2
    (hit,) = scan([row(prompt(3, "en")[:half], prompt(3, "en")[half:])], benchmarks)
    assert hit
    assert TURN_ENDS not in hit.text
