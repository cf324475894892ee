"""Rows in another language: what is asked, what is refused, and what a row says of itself."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from factory import columns, dataset, pipeline
from factory import recipe as recipes
from factory.cli import main
from factory.component import Run
from factory.engine import Completion, Request, Unanswered
from factory.errors import RecipeError
from factory.row import Message, Pair, Row
from generators.translate import Translate

ROOT = Path(__file__).parents[2]
POEM, POEM_JA = "Write a poem about the sea in winter.", "冬の海についての詩を書いてください。"
ANSWER = "The waves are grey, and no boat leaves the harbour."
ANSWER_JA = "波は灰色で、港を出る船は一つもありません。"
FORMULA = "The area is $\\pi r^2$, as [the page](https://example.org/circle) says."
FORMULA_JA = "[そのページ](⟦1⟧)にあるように、面積は⟦0⟧です。"
Said = str | Unanswered


class Told:
    """A model that says what it is told to, and remembers what it was asked."""

    label, license = "told@1", "apache-2.0"

    def __init__(self, *said: Said) -> None:
        self.said, self.asked = list(said), list[Request]()

    async def complete(self, request: Request) -> list[Completion | Unanswered]:
        self.asked.append(request)
        one = self.said.pop(0)
        return [one if isinstance(one, Unanswered) else Completion(one)]

    @property
    def shown(self) -> list[str]:
        """What it was asked, the last turn of each."""
        return [one.prompt if isinstance(one.prompt, str) else one.prompt[-1].content for one in self.asked]


def conversation(*texts: str, system: str = "") -> dict[str, Any]:
    turns = [{"role": role, "content": text} for role, text in zip(("user", "assistant") * 9, texts, strict=False)]
    return {"messages": [*([{"role": "system", "content": system}] if system else []), *turns]}


def translated(asker: Told, folder: Path, row: dict[str, Any], **settings: Any) -> Row | Pair:
    """What comes of one row."""
    (folder / "source.jsonl").write_text(json.dumps(row))

    class TheRun(Run):
        def engine(self, name: str) -> Any:
            return asker

    run = TheRun(1)
    source = {"source": str(folder / "source.jsonl"), "license": "cc-by-4.0"}
    generator = Translate(model="m", dataset=source, **settings)
    assert generator.check() == []
    (item,) = generator.items(run)
    (made,) = asyncio.run(generator.rows(item, run))
    return made


def verdict(row: Row | Pair) -> tuple[bool | None, str]:
    (said,) = row.verdicts
    return said.passed, said.reason


def contents(row: Row | Pair) -> list[str]:
    turns = row.messages if isinstance(row, Row) else (*row.prompt, *row.chosen, *row.rejected)
    return [turn.content for turn in turns]


def test_a_row_is_translated_and_says_what_it_is_a_translation_of(tmp_path: Path) -> None:
    row = translated(Told(POEM_JA, ANSWER_JA), tmp_path, conversation(POEM, ANSWER))
    assert contents(row) == [POEM_JA, ANSWER_JA]
    assert verdict(row) == (True, "")
    source = Row((Message("user", POEM), Message("assistant", ANSWER)), "", "", "")
    assert row.meta["parents"] == [source.id]
    assert row.meta["source_messages"] == [turn._asdict() for turn in source.messages]
    assert (row.meta["language"], row.meta["source_language"], row.meta["attempts"]) == ("ja", "en", 1)
    assert (row.license, row.model, row.generator) == ("cc-by-4.0", "told@1", "translate")
    assert row.source.startswith("source.jsonl@")


def test_each_turn_is_asked_with_those_before_it_and_their_translations(tmp_path: Path) -> None:
    asker = Told("簡潔に答えること。", POEM_JA, ANSWER_JA, "もっと短くしてください。", "灰色の波、船はありません。")
    row = conversation(POEM, ANSWER, "Make it shorter.", "Grey waves, no boats.", system="Answer briefly.")
    made = translated(asker, tmp_path, row, style={"system": "plain"})
    assert isinstance(made, Row)
    assert [turn.role for turn in made.messages] == ["system", "user", "assistant", "user", "assistant"]
    first, *_, last = asker.shown
    assert "だ・である体" in first
    assert "before" not in first
    for text in ("Answer briefly.", "簡潔に答えること。", POEM, POEM_JA, ANSWER, ANSWER_JA, "Make it shorter."):
        assert text in last
    assert last.rstrip().endswith("</text-" + last.rpartition("</text-")[2].strip())
    assert "Make it shorter." not in asker.shown[2]
    assert last.index("Make it shorter.") < last.index("The text to translate") < last.index("Grey waves")


def test_formulas_and_links_are_sent_as_marks_and_come_back_exactly(tmp_path: Path) -> None:
    asker = Told("円の面積は？", FORMULA_JA)
    row = translated(asker, tmp_path, conversation("What is the area of a circle?", FORMULA))
    assert contents(row)[1] == "[そのページ](https://example.org/circle)にあるように、面積は$\\pi r^2$です。"
    assert "pi r^2" not in asker.shown[1]
    assert "example.org" not in asker.shown[1]
    assert "⟦0⟧ ⟦1⟧" in asker.shown[1]


def test_code_is_copied_and_never_sent(tmp_path: Path) -> None:
    block = "```python\nprint('hello')\n\nprint('world')\n```"
    asker = Told("Pythonで挨拶するには？", "次のコードを実行します。", "これで終わりです。")
    row = translated(
        asker,
        tmp_path,
        conversation("How do I greet in Python?", f"Run this code:\n\n{block}\n\nThat is all."),
    )
    assert contents(row)[1] == f"次のコードを実行します。\n\n{block}\n\nこれで終わりです。"
    assert not any("print" in shown for shown in asker.shown)


def test_what_has_no_letters_is_copied(tmp_path: Path) -> None:
    asker = Told("7かける6はいくつですか。")
    assert contents(translated(asker, tmp_path, conversation("What is 7 times 6?", "= 42"))) == [
        "7かける6はいくつですか。",
        "= 42",
    ]


LONG = "\n\n".join(f"The {animal} sleeps in the barn all winter long." for animal in ("cat", "dog", "cow", "hen"))
LONG_JA = [f"{animal}は冬のあいだ中、納屋で眠ります。" for animal in ("猫", "犬", "牛", "鶏")]


def test_a_long_text_is_asked_piece_by_piece_with_what_stands_before(tmp_path: Path) -> None:
    asker = Told("動物はどこで眠りますか。", "\n\n".join(LONG_JA[:2]), "\n\n".join(LONG_JA[2:]))
    row = translated(asker, tmp_path, conversation("Where do the animals sleep?", LONG), piece_characters=100)
    assert contents(row)[1] == "\n\n".join(LONG_JA)
    assert "The dog" in asker.shown[2]
    assert LONG_JA[1] in asker.shown[2]
    assert asker.shown[2].index("The text to translate") > asker.shown[2].index(LONG_JA[1])


def test_what_is_shown_from_before_is_bounded_and_the_nearest_stays(tmp_path: Path) -> None:
    asker = Told(POEM_JA, ANSWER_JA, "もっと短くしてください。")
    row = conversation(POEM, ANSWER, "Make it shorter.")
    translated(asker, tmp_path, row, context_characters=len(ANSWER) + len(ANSWER_JA))
    assert ANSWER_JA in asker.shown[2]
    assert POEM_JA not in asker.shown[2]


BAD: list[tuple[str, Said, str]] = [
    ("answered instead", "冬の海は灰色で、\n波は静かに眠ります。\n港には船もなく、\n空には雪が舞います。", "answered"),
    ("answered at length", "冬の海は灰色で、波は静かに眠る。\n" * 9, ""),
    ("cut off", Unanswered("truncated", "length", "冬の海に"), "truncated"),
    ("nothing said", Unanswered("empty"), "empty"),
    ("withheld", Unanswered("filtered", "content filter"), "filtered"),
    ("refused", "申し訳ありませんが、そのご依頼にはお応えできません。", "refusal"),
    ("copied", POEM, "copied"),
    ("announced", "以下は翻訳です。\n冬の海についての詩を書いてください。", "meta_words"),
    ("letters cut in two", "冬の海につい\ufffd\ufffdの詩を書いてください。", "malformed"),
    ("tags left", "<text-0123456789abcdef>冬の海", "fence_left"),
    ("looped", "冬の海についての詩を書いてください。" * 40, ""),
]


@pytest.mark.parametrize(("said", "reason"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_a_bad_answer_is_asked_for_again_with_the_fault_named(tmp_path: Path, said: Said, reason: str) -> None:
    asker = Told(said, POEM_JA)
    row = translated(asker, tmp_path, conversation(POEM))
    assert contents(row) == [POEM_JA]
    assert row.meta["attempts"] == 2
    first, second = asker.asked
    assert first.sampling.temperature == 0
    assert second.sampling.temperature == 0.5
    assert first.sampling.seed != second.sampling.seed
    assert "An earlier translation of this text was refused" not in asker.shown[0]
    assert "An earlier translation of this text was refused" in asker.shown[1]
    if reason in ("truncated", "copied", "refusal"):
        words = {"truncated": "broke off", "copied": "without translating", "refusal": "It refused"}
        assert words[reason] in asker.shown[1]


@pytest.mark.parametrize(("said", "reason"), [one[1:] for one in BAD if one[2]], ids=[one[0] for one in BAD if one[2]])
def test_what_stays_bad_is_refused_with_its_reason_and_the_raw_text(tmp_path: Path, said: Said, reason: str) -> None:
    asker = Told(said, said, said)
    row = translated(asker, tmp_path, conversation(POEM, ANSWER))
    assert verdict(row) == (False, reason)
    assert contents(row) == [POEM, ANSWER]
    assert len(asker.asked) == 3
    note = row.verdicts[0].note
    assert [line.partition(":")[0] for line in note.split("\n")[:3]] == ["attempt 1", "attempt 2", "attempt 3"]
    raw = said.text if isinstance(said, Unanswered) else said
    assert note.endswith(raw)


@pytest.mark.parametrize(
    ("said", "loss"),
    [
        ("[そのページ](⟦1⟧)にあるように、面積はパイです。", "mark_lost"),
        (FORMULA_JA + "⟦0⟧", "mark_doubled"),
        (FORMULA_JA + "⟦7⟧", "mark_unknown"),
    ],
)
def test_marks_that_get_lost_twice_are_left_out_of_the_third_attempt(tmp_path: Path, said: str, loss: str) -> None:
    plain = "[そのページ](https://example.org/circle)にあるように、面積は$\\pi r^2$です。"
    asker = Told(said, said, plain)
    row = translated(asker, tmp_path, {"messages": [{"role": "user", "content": FORMULA}]})
    assert contents(row) == [plain]
    assert "⟦0⟧" in asker.shown[1]
    assert FORMULA in asker.shown[2]
    refused = translated(Told(said, said, "面積はパイです。"), tmp_path, conversation(FORMULA))
    assert verdict(refused) in ((False, "formula_changed"), (False, "link_changed"))
    assert loss in refused.verdicts[0].note


def test_a_prompt_that_is_too_long_is_asked_again_without_what_stands_before(tmp_path: Path) -> None:
    asker = Told(POEM_JA, Unanswered("too_long", "8192 tokens"), ANSWER_JA)
    assert contents(translated(asker, tmp_path, conversation(POEM, ANSWER))) == [POEM_JA, ANSWER_JA]
    assert POEM_JA in asker.shown[1]
    assert POEM_JA not in asker.shown[2]


def test_of_answers_with_small_faults_the_best_one_is_taken_and_the_faults_stay_known(tmp_path: Path) -> None:
    said = "列車は来ます。"
    row = translated(Told(said, said), tmp_path, conversation("The train leaves at 7:45."), attempts=2)
    assert contents(row) == [said]
    assert "numbers_changed" in row.meta["faults"]
    assert verdict(row) == (True, "")


def test_terms_are_asked_for_where_the_text_has_them_and_looked_for_in_the_answer(tmp_path: Path) -> None:
    terms = {"sea": "大洋", "harbour": ["港", "湾"], "mountain": "山"}
    asker = Told(POEM_JA, "冬の大洋についての詩を書いてください。", ANSWER_JA)
    row = translated(asker, tmp_path, conversation(POEM, ANSWER), glossary=terms)
    assert contents(row) == ["冬の大洋についての詩を書いてください。", ANSWER_JA]
    assert "- sea → 大洋" in asker.shown[0]
    assert "mountain" not in asker.shown[0]
    assert "- harbour → 港" in asker.shown[2]
    assert "sea → 大洋</quote-" in asker.shown[1]


@pytest.mark.parametrize("answer", ["x = 3, y = -2", "(B)", "42", "| a | b |\n|---|---|\n| 1 | 2 |"])
def test_an_answer_without_words_stays_as_it_is_and_is_no_copy(tmp_path: Path, answer: str) -> None:
    row = translated(Told("方程式を解いてください。"), tmp_path, conversation("Solve the equations.", answer))
    assert verdict(row) == (True, "")
    assert contents(row) == ["方程式を解いてください。", answer]


def test_a_style_that_was_not_asked_for_is_a_small_fault(tmp_path: Path) -> None:
    plain = "波は灰色である。船は港を出ない。"
    text = "The waves are grey. No boat leaves the harbour."
    row = translated(Told(POEM_JA, plain, plain), tmp_path, conversation(POEM, text), attempts=2)
    assert row.meta["faults"] in (["style"], [])
    kept = translated(Told(POEM_JA, plain), tmp_path, conversation(POEM, text), style={"assistant": "plain"})
    assert kept.meta["faults"] == []
    assert kept.meta["attempts"] == 1


PAIR = {"prompt": POEM, "chosen": ANSWER, "rejected": "The sea is wet."}


def test_both_answers_of_a_pair_are_translated_with_one_terminology(tmp_path: Path) -> None:
    asker = Told(POEM_JA, ANSWER_JA, "海は濡れています。")
    pair = translated(asker, tmp_path, PAIR)
    assert isinstance(pair, Pair)
    assert contents(pair) == [POEM_JA, ANSWER_JA, "海は濡れています。"]
    assert "another answer of the assistant:\n" in asker.shown[2]
    assert ANSWER_JA in asker.shown[2]
    assert [turn["content"] for turn in pair.meta["source_messages"]] == [POEM, ANSWER]
    assert [turn["content"] for turn in pair.meta["source_rejected"]] == ["The sea is wet."]


def test_what_both_answers_share_is_asked_once_and_reads_alike(tmp_path: Path) -> None:
    first, second = LONG.split("\n\n")[:2]
    chosen, rejected = f"{first}\n\n```\nx\n```\n{second}", f"{first}\n\n```\ny\n```\n"
    asker = Told(POEM_JA, LONG_JA[0], LONG_JA[1])
    pair = translated(asker, tmp_path, {"prompt": POEM, "chosen": chosen, "rejected": rejected})
    assert contents(pair)[2] == f"{LONG_JA[0]}\n\n```\ny\n```\n"
    assert len(asker.asked) == 3


def test_answers_that_say_the_same_once_they_are_translated_are_no_pair(tmp_path: Path) -> None:
    row = {"prompt": POEM, "chosen": "No boat leaves.", "rejected": "No boats leave."}
    said = "船は出ません。"
    assert verdict(translated(Told(POEM_JA, said, said), tmp_path, row)) == (False, "same_answers")


SPELLING = conversation('How do you spell the word "necessary"?', "N-e-c-e-s-s-a-r-y.")


def test_a_task_that_lives_of_its_language_is_dropped_or_kept_as_it_is(tmp_path: Path) -> None:
    dropped = translated(Told(), tmp_path, SPELLING)
    assert verdict(dropped) == (False, "untranslatable_spelling")
    kept = translated(Told(), tmp_path, SPELLING, untranslatable="keep")
    assert verdict(kept) == (True, "")
    assert contents(kept) == contents(dropped)
    assert (kept.meta["language"], kept.meta["untranslatable"], kept.model) == ("en", "spelling", "")
    assert "source_messages" not in kept.meta


def test_a_row_in_another_language_is_refused_unasked(tmp_path: Path) -> None:
    row = conversation("Quelle est la capitale de la France et de l'Italie ?", "Paris et Rome.")
    assert verdict(translated(Told(), tmp_path, row)) == (False, "source_language")
    assert verdict(translated(Told(), tmp_path, conversation("海はなぜ青いのですか。"))) == (False, "source_language")


def test_a_record_that_cannot_be_read_stays_what_it_is(tmp_path: Path) -> None:
    row = translated(Told(), tmp_path, {"messages": [{"role": "wizard", "content": "x"}]})
    assert row.verdicts[0].judge == "read"


def test_a_base_model_is_asked_with_raw_text_that_ends_where_the_translation_does(tmp_path: Path) -> None:
    asker = Told("\n" + POEM_JA)
    assert contents(translated(asker, tmp_path, conversation(POEM), prompt="base")) == [POEM_JA]
    (asked,) = asker.asked
    assert isinstance(asked.prompt, str)
    assert asked.sampling.stop[0].startswith("</translation-")


def test_a_prompt_of_ones_own_may_show_the_text_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.j2").write_text("{{ text }} =>")
    asker = Told(POEM_JA)
    row = translated(asker, tmp_path, conversation(POEM), prompt=str(tmp_path / "mine.j2"), stop=["\n"])
    assert asker.asked[0].prompt == f"{POEM} =>"
    assert asker.asked[0].sampling.stop[1:] == ("\n",)
    assert contents(row) == [POEM_JA]


def test_the_other_direction_is_a_setting(tmp_path: Path) -> None:
    asker = Told(POEM, ANSWER)
    row = translated(asker, tmp_path, conversation(POEM_JA, ANSWER_JA), source_language="ja", target_language="en")
    assert contents(row) == [POEM, ANSWER]
    assert "from Japanese into English" in asker.asked[0].prompt[0].content  # type: ignore[union-attr]
    assert "です・ます体" not in asker.shown[0]


@pytest.mark.parametrize("name", ["translate_instructions", "translate_preferences"])
def test_the_recipe_that_ships_runs_with_its_script(
    tmp_path: Path, name: str, run: Callable[..., Any], contents: Callable[[Path], dict[str, bytes]]
) -> None:
    recipe = recipes.load(ROOT / f"recipes/{name}.yaml", [])
    manifest, rows = run(recipe, tmp_path / "out")
    assert manifest.rows_made == len(rows) + sum(manifest.dropped.values())
    expected = {
        "translate_instructions": {
            "decontaminate: house_problems": 1,
            "translate: refusal": 1,
            "translate: untranslatable_counting": 1,
        },
        "translate_preferences": {"translate: truncated": 1},
    }
    assert manifest.dropped == expected[name]
    assert {row.meta["language"] for row in rows} == {"ja"}
    assert {row.verdicts[1].judge for row in rows} == {"translation"}
    assert max(row.meta["attempts"] for row in rows) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("generate.0.target_language=en", "'en' is the source_language too"),
        ("generate.0.target_language=xx", "target_language: 'xx' is not known; there are: ar, bg"),
        ("generate.0.source_language=English", "'English' does not fit"),
        ("generate.0.prompt=chatty", "there is no 'chatty'; there are: chat, base, or write a path to a .j2"),
        ("generate.0.prompt=none.j2", "none.j2 can't be read"),
        ("generate.0.style={assistant: polit}", "did you mean 'polite'"),
        ("generate.0.style={narrator: polite}", "narrator"),
        ("generate.0.glossary=none.yaml", "none.yaml: can't be read"),
        ("generate.0.glossary={Kyoto: []}", "glossary"),
        ("generate.0.examples=translate/glossary.yaml", "the prompt 'chat' shows none"),
        ("generate.0.mark=<<>>", "mark: '<<>>'"),
        ("generate.0.attempts=0", "attempts"),
        ("generate.0.untranslatable=perhaps", "'perhaps' is not one of"),
        ("generate.0.dataset={source: none.jsonl}", "none.jsonl"),
        ("generate.0.model=nobody", "nobody"),
        ("generate.0.dataset={source: translate/instructions.jsonl, bring: pairs}", "holds no pairs"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_2(change: str, said: str, monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(main, ["check", "recipes/translate_instructions.yaml", "--set", change])
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1


def test_a_base_prompt_for_a_language_without_examples_asks_for_them() -> None:
    with pytest.raises(RecipeError, match="give a file with texts in both"):
        recipes.load(
            ROOT / "recipes/translate_instructions.yaml",
            ["generate.0.prompt=base", "generate.0.target_language=ko", "generate.0.style={}"],
        )


def test_a_changed_prompt_glossary_or_source_is_another_recipe(tmp_path: Path) -> None:
    def digest(terms: str, text: str) -> str:
        (tmp_path / "g.yaml").write_text(terms)
        (tmp_path / "s.jsonl").write_text(json.dumps(conversation(text)))
        generator = Translate(
            model="m",
            dataset={"source": str(tmp_path / "s.jsonl"), "license": "mit"},
            glossary=str(tmp_path / "g.yaml"),
        )
        return generator.fingerprint()

    assert len({digest("a: あ", "x"), digest("a: い", "x"), digest("a: あ", "y")}) == 3
    assert digest("a: あ", "x") == digest("a: あ", "x")


def test_rejects_are_told_by_why_and_show(tmp_path: Path) -> None:
    recipe = recipes.load(ROOT / "recipes/translate_instructions.yaml", [])
    out = tmp_path / "out"
    pipeline.generate(recipe, out, workers=1, progress=lambda now: None, options=pipeline.Options(keep_going=True))
    (bad,) = [one for one in dataset.read_rejects(out) if one.reason == "refusal"]
    told = CliRunner().invoke(main, ["why", bad.row.id[:8], str(out)]).output
    assert "dropped by translate: refusal" in told
    assert "attempt 3: refusal" in told


@pytest.mark.parametrize("name", ["translate_instructions", "translate_preferences"])
def test_the_originals_are_a_second_configuration_row_by_row(
    tmp_path: Path, name: str, run: Callable[..., Any], contents: Callable[[Path], dict[str, bytes]]
) -> None:
    recipe = recipes.load(ROOT / f"recipes/{name}.yaml", ["generate.0.originals=true", "shard_rows=3"])
    manifest, rows = run(recipe, tmp_path / "out")
    assert [file.rows for file in manifest.originals] == [file.rows for file in manifest.shards]
    paths = [tmp_path / "out" / file.file for file in manifest.originals]
    originals = [row for path in paths for batch in dataset.batches(path) for row in columns.rows(batch)]
    assert [[row.id] for row in originals] == [row.meta["parents"] for row in rows]
    assert [row.meta["translation"] for row in originals] == [row.id for row in rows]
    assert {(row.license, row.model, row.meta["language"]) for row in originals} == {("apache-2.0", "", "en")}
    card = (tmp_path / "out/README.md").read_text()
    assert "originals/train-*.parquet" in card
    plain = recipes.load(ROOT / f"recipes/{name}.yaml", ["generate.0.originals=false", "shard_rows=3"])
    manifest, _ = run(plain, tmp_path / "plain")
    assert manifest.originals == ()
    assert not (tmp_path / "plain/originals").exists()
    assert "originals/train" not in (tmp_path / "plain/README.md").read_text()


def test_a_row_that_is_kept_in_its_language_passes_the_judge_of_translations(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    recipe = recipes.load(ROOT / "recipes/translate_instructions.yaml", ["generate.0.untranslatable=keep"])
    manifest, rows = run(recipe, tmp_path / "out")
    (kept,) = [row for row in rows if "untranslatable" in row.meta]
    assert kept.messages[0].content.startswith("How many letters")
    assert [(said.judge, said.passed) for said in kept.verdicts] == [("translate", True), ("translation", True)]
    assert manifest.languages == {"en": 1, "ja": len(rows) - 1}


def test_a_retry_finds_a_source_that_only_this_machine_has(tmp_path: Path) -> None:
    source = tmp_path / "elsewhere/rows.jsonl"
    source.parent.mkdir()
    source.write_text(json.dumps(conversation(POEM)))
    arguments = [
        "generate",
        str(ROOT / "recipes/translate_instructions.yaml"),
        "-o",
        str(tmp_path / "out"),
        "--set",
        f"generate.0.dataset={{source: {source}, license: mit}}",
        "--set",
        f"models.translator={{use: scripted, license: mit, rules: [{{say: ['{POEM_JA}']}}]}}",
    ]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert str(tmp_path) not in (tmp_path / "out/recipe.yaml").read_text()
    retried = CliRunner().invoke(main, ["retry", str(tmp_path / "out")])
    assert retried.exit_code == 0, retried.output
