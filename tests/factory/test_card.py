import re

import pytest
import yaml

from factory import card, columns, dataset_info, durable, markdown
from factory.licence import notice
from factory.licence.plan import Origin
from factory.manifest import read_manifest
from factory.recipe import Part
from factory.row import Message, Row, Verdict
from factory.spending import ModelUse


def table(text: str, header: str) -> dict[str, list[str]]:
    """The rows of the table under that header, by their first cell."""
    lines = text[text.index(header) :].splitlines()[2:]
    cells = []
    for line in lines:
        if not line.startswith("|"):
            break
        cells.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return {first: rest for first, *rest in cells}


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.fixture
def finished(sums, generate, tmp_path):
    manifest = generate(sums(4000, judges=("Even",), range=9000, shard_rows=500), tmp_path)
    return manifest, (tmp_path / "README.md").read_text()


def test_each_number_on_the_card_is_the_manifests(finished):
    manifest, text = finished
    rows = {name: number(cells[0]) for name, cells in table(text, "| | rows |").items()}
    dropped = {f"dropped, {fate}": count for fate, count in manifest.dropped.items()}
    assert rows == {"asked": 4000, "made": 4000, "kept": manifest.rows_kept} | dropped
    languages = table(text, "| language | rows |")
    assert {name: number(cells[0]) for name, cells in languages.items()} == manifest.languages
    families = {
        name: [number(cell) for cell in cells] for name, cells in table(text, "| family | kept | dropped |").items()
    }
    drops = {name: sum(fates.values()) for name, fates in manifest.group_drops.items()}
    assert families == {name: [kept, drops[name]] for name, kept in manifest.groups.items()}
    texts = table(text, "| turns of | turns |")
    assert texts == {
        name: [f"{one.texts:,}", f"{one.mean:g}", f"{one.longest:,}"] for name, one in manifest.lengths.items()
    }
    assert set(texts) == {"assistant", "user"}
    assert manifest.lengths["user"].texts == manifest.rows_kept
    assert table(text, "| rows under |") == {"apache-2.0": ["Apache-2.0", f"{manifest.rows_kept:,}"]}
    assert table(text, "| source | rows |") == {"generated": [f"{manifest.rows_kept:,}"]}
    shards = table(text, "| file | rows | sha256 |")
    assert shards == {f"`{s.file}`": [f"{s.rows:,}", f"`{s.sha256}`"] for s in manifest.shards}
    assert f"digest `{manifest.digest}`, seed {manifest.seed}" in text


def test_the_front_matter_is_what_the_hub_reads(finished):
    manifest, text = finished
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["license"] == "apache-2.0"
    assert front["language"] == ["en", "ja"]
    assert {"synthetic", "factory"} <= set(front["tags"])
    assert front["annotations_creators"] == ["machine-generated"]
    assert front["size_categories"] == ["1K<n<10K"]
    assert front["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    assert manifest.rows_kept >= 1000


def test_the_front_matter_names_languages_as_the_hub_takes_them(finished):
    odd = finished[0].model_copy(update={"languages": {"English": 3, "": 1, "pt-BR": 2, "ja": 4, "pt": 1, "en\n": 1}})
    assert dataset_info.front_matter(odd, {})["language"] == ["ja", "pt"]


@pytest.mark.parametrize(
    ("rows", "name"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**9, "1B<n<10B"), (10**12, "n>1T")],
)
def test_size_categories_are_the_hubs(rows, name):
    assert dataset_info.size_category(rows) == name


def test_recipe_yaml_makes_the_dataset_again(finished, tmp_path):
    manifest, _ = finished
    assert yaml.safe_load((tmp_path / "recipe.yaml").read_text()) == manifest.settings


def test_licence_and_notice_name_the_licence_and_the_sources(finished, tmp_path):
    manifest, _ = finished
    assert "SPDX-License-Identifier: Apache-2.0" in (tmp_path / "LICENSE").read_text()
    notice = (tmp_path / "NOTICE").read_text()
    assert f"- generated: {manifest.rows_kept:,} rows" in notice
    assert f"- apache-2.0 (SPDX Apache-2.0): {manifest.rows_kept:,} rows" in notice


EVIL = "a|b <script>alert(1)</script> [x](javascript:1) `c` *d* {{ 7*7 }} {% for %}\n---\n# e"


def test_text_from_rows_and_recipes_can_neither_break_nor_fill_the_card(sums, generate, tmp_path, synthetic):
    part = Part("sums", synthetic.Sums(count=50, family=EVIL))
    recipe = sums(50).model_copy(update={"generate": (part,), "description": EVIL})
    generate(recipe, tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert yaml.safe_load(text.split("---\n")[1])["license"] == "apache-2.0"
    outside = re.sub(r"(?s)(`{3,})(json|yaml)\n.*?\n\1\n", "", text)
    assert "<script>" not in outside
    assert "\n# e" not in outside
    assert "49" not in table(text, "| | rows |")
    assert "{{ 7\\*7 }}" in outside
    assert len(table(text, "| family | kept | dropped |")) == 2


def test_a_sample_with_fences_stays_inside_its_own(finished):
    manifest, _ = finished
    turns = (Message("user", "show ````code````"), Message("assistant", "```\n# out\n```"))
    row = Row(turns, "mit", "generated", "test", verdicts=(Verdict("judge", True),))
    text = card.render(manifest, [row])
    assert "`````json\n{" in text
    assert "}\n`````\n" in text


def test_what_turns_the_reading_direction_around_is_named(finished):
    named = Row((Message("user", "a\u202eb\nc"),), "mit", "s", "g", "", {})
    text = card.render(finished[0].model_copy(update={"groups": {"exe\u202egnp": 1}}), [named])
    assert "exe⟨U+202E⟩gnp" in text
    assert "a⟨U+202E⟩b\\nc" in text
    assert "\u202e" not in text


def test_a_dataset_without_rows_has_a_card(sums, generate, tmp_path):
    generate(sums(10, use="Unlicensed"), tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "no row was kept" in text
    assert table(text, "| | rows |")["kept"] == ["0"]


def test_a_shard_of_the_card_is_the_file_on_disk(finished, tmp_path):
    manifest, _ = finished
    for shard in manifest.shards:
        assert durable.sha256(tmp_path / shard.file) == shard.sha256
    assert read_manifest(tmp_path) == manifest


def test_models_and_their_tokens_are_on_the_card(finished):
    manifest, _ = finished
    used = ModelUse(model="org/a|b", license="mit", answers=1234, prompt_tokens=56_789, completion_tokens=1_000_000)
    text = card.render(manifest.model_copy(update={"models": {"writer": used}}), [])
    assert table(text, "| model | licence | answers |") == {"org/a\\|b": ["mit", "1,234", "56,789", "1,000,000"]}
    assert "| model | licence | answers |" not in card.render(manifest, [])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"duplicates": "exact"}, "Rows with the same prompt, up to case"),
        ({"duplicates": "off"}, "Duplicates were not looked for."),
        ({"duplicates": {"near": 0.85, "key": "conversation"}}, "whose turns are the same or alike the best"),
        ({"duplicates": "off", "template_cap": 1500}, "Of rows cut from one template, the best 1,500 stay."),
    ],
)
def test_the_card_says_how_duplicates_were_looked_for(finished, settings, said):
    manifest, _ = finished
    assert said in card.render(manifest.model_copy(update={"settings": manifest.settings | settings}), [])


@pytest.fixture
def preferred(finished, reported, pair, answers):
    """A manifest with a report that has something of everything."""
    manifest, _ = finished
    margins = [float(n % 50) for n in range(1200)]
    pairs = [pair("a" * (2 + n % 3), "- a\n- b", f"q{n}", margin=m, model=EVIL) for n, m in enumerate(margins)]
    pairs += [pair("You can bake the bread with this.", "パンを焼きます。", "q", source=EVIL, iteration=3)]
    counts = {"judged": 4000, "failed": 40, "canaries": 50, "canaries_missed": 10, "jury_pairs": 8, "jury_agree": 7}
    tallies = {EVIL: counts | {"first_better": 3000, "second_twice": 1000}, "on_policy": {"prompts": 1500}}
    samples = [one for n in range(9) for one in answers(f"p{n}", (1.0, 2.0), (2.0, 1.0), (3.0, None))]
    samples.append(samples[-1]._replace(sample=9, reason=EVIL))
    found = reported(pairs, samples=samples, tallies=tallies, dropped={f"g: {EVIL}": 299}, uses=["g"])
    return manifest.model_copy(update={"preferences": found})


def leaves(value):
    """Every number in nested values."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [number for inner in value for number in leaves(inner)]
    return [value] if isinstance(value, int | float) else []


def test_each_number_of_the_report_is_on_the_card_and_no_other_is(preferred):
    text = card.render(preferred, [])
    part = text[text.index("## Preferences") : text.index("## Licence")]
    found = preferred.preferences
    body = part[part.index("| prompts without |") :]
    shown = {
        cell for line in body.splitlines() if "|" in line for cell in re.findall(r"-?[\d.,]*\d(?:e[+-]\d+)?", line)
    }
    shown |= set(re.findall(r"-?[\d.,]*\d", part[part.index("Margins of") :].splitlines()[0]))
    values = leaves(found.model_dump(exclude={"warnings"}))
    known = {f"{value:,}" if isinstance(value, int) else f"{value:g}" for value in values}
    known |= {f"{100 * value:.2f}" for value in values if isinstance(value, float)}
    names = {"0", "1", "2", "5", "25", "50", "75", "95", "100", "3", "7"}  # quantiles, and what names hold
    assert shown <= known | names
    of_pairs = leaves(found.pairs.model_dump()) + leaves(found.samples.model_dump(exclude={"scores"}))
    for number in of_pairs:
        written = {f"{number:,}", f"{number:g}", f"{100 * number:.2f}"}
        assert written & (shown | set(re.findall(r"[\d,]*\d", part))), number
    of_pairs, pairs = table(text, "| of the pairs |"), found.pairs
    assert of_pairs["pairs"] == [f"{pairs.pairs:,}"] == ["1,201"]
    assert of_pairs["mean characters, chosen"] == [f"{pairs.lengths.chosen_mean:g}"]
    assert of_pairs["chosen is longer"] == [f"{pairs.lengths.chosen_longer:,} (0.08 %)"]
    assert of_pairs["correlation of margin and difference in length"] == [f"{pairs.lengths.correlation:g}"]
    sides = table(text, "| what | chosen alone | rejected alone | both |")
    assert {name: sides[name] for name in pairs.formats} == {
        name: [f"{count:,}" for count in sided.model_dump().values()] for name, sided in pairs.formats.items()
    }
    bars = list(table(text, "| margin | pairs |").items())
    assert [cells for _, cells in bars[:20]] == [[f"{bar.count:,}"] for bar in pairs.margins.spread.bins]
    assert table(text, "| asked in both orders |").popitem()[1] == ["4,000", "-25.00 %", "75.00 %", "25.00 %"]


def test_warnings_and_names_of_the_report_are_text_on_the_card(preferred):
    text = card.render(preferred, [])
    part = text[text.index("## Preferences") : text.index("## Licence")]
    assert "- ⚠ chosen is shorter in" in part
    assert "<script>" not in part
    assert "\n# e" not in part
    rows = [line for line in part.splitlines() if line.startswith("| source |")]
    assert [len(re.split(r"(?<!\\)\|", row)) for row in rows] == [7, 7]


def test_only_preferences_have_a_report_on_the_card(finished):
    manifest, text = finished
    assert manifest.preferences is None
    assert "## Preferences" not in text


def test_the_japanese_card_says_the_same_numbers_in_japanese(preferred):
    english, japanese = (card.render(preferred, [], language) for language in ("en", "ja"))
    assert english.split("---\n")[1] == japanese.split("---\n")[1]
    assert sorted(re.findall(r"\d+(?:[.,]\d+)*", english)) == sorted(
        re.findall(r"\d+(?:[.,]\d+)*", japanese.replace("1 行", ""))
    )
    for said in ("## 既知の制約", "## 作成方法", "| 採用 | 1,448 |", "各行の検査は"):
        assert said in japanese
    headings = [line for line in japanese.splitlines() if line.startswith("## ")]
    assert len(headings) == english.count("\n## ")
    assert not [line for line in headings if line.isascii()]


def test_every_message_of_the_card_has_its_japanese_and_no_other_is_there():
    source = markdown.source("card.md.j2")
    said = [one for _, _, one in markdown.environment().extract_translations(source)]
    words = yaml.safe_load(markdown.source("ja.yaml"))
    assert set(words) == {one if isinstance(one, str) else one[0] for one in said}
    for english, japanese in words.items():
        assert sorted(re.findall(r"%\(\w+\)s", english)) == sorted(re.findall(r"%\(\w+\)s", japanese))
        assert sorted(re.findall(r"`[^`]*`", english)) == sorted(re.findall(r"`[^`]*`", japanese)), english
    assert notice.NO_ADVICE in words


def test_the_card_names_steps_prompts_sources_models_and_limits(finished):
    manifest, _ = finished
    said = Origin(role="model", name="org/writer@1", license="llama3.1", url="https://llama.com/x", confirmed=False)
    update = {"origins": (said,), "prompts": {"llm/a_b.en.j2": "a" * 64}, "tallies": {"llm": {"failed": 7}}}
    text = card.render(manifest.model_copy(update=update), [])
    assert "```yaml\npolicy: open\nduplicates: exact\ngenerate:\n- use: " in text
    assert table(text, "| file | sha256 |") == {"`templates/prompts/llm/a_b.en.j2`": [f"`{'a' * 64}`"]}
    sources = table(text, "| role | name |")
    assert sources["written by"][:3] == ["org/writer@1", "llama3.1", "<https://llama.com/x>"]
    limits = text[text.index("## Known limits") : text.index("## Columns")]
    for limit in ("7 times a judge could not tell", "No benchmark was looked for", "terms of: org/writer@1"):
        assert limit in limits
    assert f"{manifest.rows_asked - manifest.rows_kept:,} fewer rows" in limits
    assert yaml.safe_load(text.split("---\n")[1])["base_model"] == ["org/writer"]


def test_long_texts_of_a_sample_are_cut(finished):
    manifest, _ = finished
    row = Row((Message("user", "q"), Message("assistant", "あ" * 50_000)), "mit", "generated", "test")
    assert len(card.render(manifest, [row])) < len(card.render(manifest, [])) + 3_000


@pytest.mark.parametrize("kind", ["rows", "pairs"])
def test_the_features_are_those_of_the_datasets_library(kind):
    datasets = pytest.importorskip("datasets")
    schema = columns.KEPT[kind]
    assert dataset_info.features(schema) == datasets.Features.from_arrow_schema(schema)._to_yaml_list()


def test_the_sizes_of_the_front_matter_are_those_of_the_files(finished, tmp_path):
    manifest, text = finished
    (info,) = yaml.safe_load(text.split("---\n")[1])["dataset_info"]
    assert info["splits"] == [{"name": "train", "num_bytes": info["dataset_size"], "num_examples": manifest.rows_kept}]
    assert info["download_size"] == sum(path.stat().st_size for path in (tmp_path / "data").iterdir())
    assert info["dataset_size"] > info["download_size"] / 2


def test_what_is_no_web_address_is_no_link():
    assert markdown.address("https://a.b/c_d") == "<https://a.b/c_d>"
    for evil in ("javascript:alert(1)", "https://a|b", "https://a> <script>", "https://a b", EVIL):
        assert "<" not in markdown.address(evil)
        assert "\n" not in markdown.address(evil)
