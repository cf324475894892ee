import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from factory import recipe as recipes
from factory.cli import main
from factory.component import Component, Generator, ModelName, models_named
from factory.errors import RecipeError
from factory.recipe import Recipe
from factory.recipe_schema import json_schema

GOOD = """\
name: bread
seed: 7
license: cc0-1.0
generate:
- use: bakery.loaves
  count: 30
  flour: wheat
- use: bakery.loaves
  count: 10
judge:
- use: bakery.taste
"""


@pytest.fixture(autouse=True)
def _others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(Path(__file__).with_name("others"))
    monkeypatch.chdir(tmp_path)


def load(text: str, *changes: str) -> Recipe:
    Path("r.yaml").write_text(text, encoding="utf-8")
    return recipes.load(Path("r.yaml"), changes)


def counts(recipe: Recipe) -> list[int]:
    return [part.component.count for part in recipe.generate if isinstance(part.component, Generator)]


BAD = [
    # the file
    ("", "", "r.yaml: null is nothing; write a mapping"),
    ("", "- a", "r.yaml:1: ['a'] is a list; write a mapping"),
    ("", "bread", "r.yaml:1: 'bread' is text; write a mapping"),
    ("", GOOD + "name: again\n", "r.yaml:12: name: is written twice (first in line 1)"),
    ("", GOOD + "---\n" + GOOD, "r.yaml:12: a second document"),
    ("seed: 7", "seed: 7: 8", "r.yaml:2: is not YAML: a second `: `"),
    ("  count: 10", "\tcount: 10", "r.yaml:9: is not YAML: holds a tab"),
    ("seed: 7", "seed：7", "r.yaml:2: is not YAML: holds a full-width colon"),
    ("bread", "&a [*a]", "r.yaml:1: *a stands for nothing"),
    ("bread", "!!python/name:os.system x", "r.yaml:1: the tag"),
    ("bread", "[" * 3000, "r.yaml:1: is nested deeper than 40"),
    ("", GOOD + "description: &a x\nx: [" + "*a, " * 21 + "]", "r.yaml:13: has more than 20 aliases"),
    # the head
    ("name: bread\n", "", "r.yaml:1: name: is missing; it is the dataset's name"),
    ("seed: 7\n", "", "r.yaml:1: seed: is missing; it is the seed of all randomness: same seed, same rows"),
    ("license: cc0-1.0\n", "", "r.yaml:1: license: is missing; it is the Hub's licence id"),
    ("name: bread", "name: no", 'r.yaml:1: name: `no` is read as false; write "no"'),
    ("name: bread", "name: 1.10", 'r.yaml:1: name: `1.10` is read as 1.1; write "1.10"'),
    ("name: bread", "name: 2026", 'r.yaml:1: name: `2026` is read as a number; write "2026"'),
    ("name: bread", "name:", "r.yaml:1: name: there is no value"),
    ("name: bread", "name: [a]", "r.yaml:1: name: ['a'] is a list; write text"),
    (
        "name: bread",
        "name: ../bread",
        "r.yaml:1: name: '../bread' does not fit; it is the dataset's name: lower-case letters, digits",
    ),
    ("name: bread", "name: .bread", "r.yaml:1: name: '.bread' does not fit"),
    ("name: bread", "name: Bread", "r.yaml:1: name: 'Bread' does not fit"),
    ("name: bread", "name: パン", "r.yaml:1: name: 'パン' does not fit"),
    ("name: bread", "name: " + "a" * 97, "r.yaml:1: name: 'aaa"),
    ("name: bread", 'name: "bread\\n"', "r.yaml:1: name: 'bread\\n' does not fit"),
    ("seed: 7", "seed: -1", "r.yaml:2: seed: -1 should be greater than or equal to 0"),
    ("seed: 7", "seed: 1.5", "r.yaml:2: seed: 1.5 is a number; write a whole number"),
    ("seed: 7", "seed: '7'", "r.yaml:2: seed: '7' is text; write a whole number: 7 without quotes"),
    ("seed: 7", "seed: yes", "r.yaml:2: seed: true is true or false; write a whole number"),
    ("seed: 7", "seed: 007", "r.yaml:2: seed: `007` is read as an octal number by some; write 7"),
    ("seed: 7", "seed: 1:30", "r.yaml:2: seed: `1:30` is read as a number of base 60"),
    ("seed: 7", "seed: .inf", "r.yaml:2: seed: `.inf` is not a finite number"),
    ("seed: 7", "sede: 7", "r.yaml:2: sede: unknown setting; did you mean 'seed'? there are: name,"),
    ("", GOOD + "workers: 3\n", "r.yaml:12: workers: unknown setting; there are: name, description, seed"),
    (
        "",
        GOOD + "duplicates: exat\n",
        "r.yaml:12: duplicates: 'exat' is not one of 'exact' or 'off'; did you mean 'exact'?",
    ),
    ("", GOOD + "duplicates: off\n", 'r.yaml:12: duplicates: `off` is read as false; write "off"'),
    ("", GOOD + "shard_rows: 0\n", "r.yaml:12: shard_rows: 0 should be greater than 0"),
    ("", GOOD + "description: 3\n", 'r.yaml:12: description: `3` is read as a number; write "3"'),
    ("cc0-1.0", "cc-0", "r.yaml:3: license: licence 'cc-0' is not an id of the Hub"),
    ("cc0-1.0", "Apache 2.0", "r.yaml:3: license: licence 'Apache 2.0' is not an id of the Hub; write 'apache-2.0'"),
    ("cc0-1.0", "2.0", 'r.yaml:3: license: `2.0` is read as a number; write "2.0"'),
    # the lists
    ("", "name: a\nseed: 1\nlicense: mit\n", "r.yaml:1: generate: is missing; it is what makes the rows"),
    ("", "name: a\nseed: 1\nlicense: mit\ngenerate: []\n", "r.yaml:4: generate: [] should have at least 1 item"),
    ("", "name: a\nseed: 1\nlicense: mit\ngenerate: math\n", "r.yaml:4: generate: 'math' is text; write a list"),
    (
        "",
        "name: a\nseed: 1\nlicense: mit\ngenerate: {use: math}\n",
        "r.yaml:4: generate: {'use': 'math'} is a mapping; write a list",
    ),
    ("", "name: a\nseed: 1\nlicense: mit\ngenerate: [math]\n", "r.yaml:4: generate.0: 'math' is text; write a mapping"),
    ("- use: bakery.taste", "- taste: 1", "r.yaml:11: judge.0.use: is missing; it is a file name"),
    ("use: bakery.taste", "use: on", 'r.yaml:11: judge.0.use: `on` is read as true; write "on"'),
    # the components
    ("bakery.taste", "nothing_like_it", "r.yaml:11: judge.0.use: no judge 'nothing_like_it'; "),
    ("bakery.taste", "bakery.tatse", "r.yaml:11: judge.0.use: no module 'bakery.tatse'"),
    ("bakery.taste", "bakery.loaves", "r.yaml:11: judge.0.use: bakery.loaves must define exactly one Judge"),
    ("bakery.taste", "/etc/passwd", "r.yaml:11: judge.0.use: '/etc/passwd' is not a name"),
    ("bakery.taste", "bakery.hungry", "pip install unheard_of_library"),
    ("  count: 10\n", "", "r.yaml:8: generate.1.count: is missing; it is how many rows to make"),
    ("count: 10", "count: 0", "r.yaml:9: generate.1.count: 0 should be greater than 0"),
    ("count: 10", "count: many", "r.yaml:9: generate.1.count: 'many' is text; write a whole number"),
    ("count: 10", "count: 1e3", "r.yaml:9: generate.1.count: 1000.0 is a number; write a whole number"),
    (
        "flour: wheat",
        "flower: wheat",
        "r.yaml:7: generate.0.flower: unknown setting; did you mean 'flour'? there are: count, flour",
    ),
    ("flour: wheat", "flour: sand", "r.yaml:5: generate.0: nobody bakes with 'sand'; write rye or wheat"),
    ("flour: wheat", "shapes: round", "r.yaml:7: generate.0.shapes: 'round' is text; write a list"),
    ("flour: wheat", "shapes:\n  - round\n  - no", 'r.yaml:9: generate.0.shapes.1: `no` is read as false; write "no"'),
    ("flour: wheat", "languages: {jp: 1}", "r.yaml:7: generate.0.languages.jp: 'jp' is not one of 'ja' or 'en'"),
    ("flour: wheat", "languages: {no: 1}", 'r.yaml:7: generate.0.languages: the key `no` is read as false; write "no"'),
    ("flour: wheat", "languages: {ja: -1}", "r.yaml:7: generate.0.languages.ja: -1"),
    ("flour: wheat", "languages: {ja: lots}", "r.yaml:7: generate.0.languages.ja: 'lots' is text; write a number"),
    (
        "",
        GOOD.replace("seed: 7", "seed: -1\nname2: x"),
        "r.yaml:2: seed: -1 should be greater than or equal to 0 (and 1 more)",
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BAD)
def test_a_bad_recipe_is_answered_with_one_sentence_and_exit_code_2(old: str, new: str, sentence: str) -> None:
    Path("r.yaml").write_text(GOOD.replace(old, new) if old else new, encoding="utf-8")
    result = CliRunner().invoke(main, ["generate", "r.yaml", "-o", "out"])
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    assert result.exit_code == 2
    assert result.stdout == ""
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("seed", "--set seed: write key=value"),
        ("=3", "write key=value"),
        ("seed=x", "--set seed: seed: 'x' is text; write a whole number"),
        ("sede=3", "--set sede: sede: unknown setting; did you mean 'seed'"),
        ("generate.2.count=3", "--set generate.2.count: generate has no '2'; there are: 0, 1"),
        ("generate.x.count=3", "generate has no 'x'; there are: 0, 1"),
        ("generate.0.cuont=3", "--set generate.0.cuont: generate.0.cuont: unknown setting; did you mean 'count'"),
        ("generate.0.oven.fan=yes", "generate.0 has no 'oven'; there are: use, count, flour"),
        ("seed.x=3", "seed has no 'x'; it holds no settings"),
        ("name=no", '--set name: name: `no` is read as false; write "no"'),
        ("name=[", "--set name:1: is not YAML"),
        ("license=gpl3", "--set license: license: licence 'gpl3'"),
    ],
)
def test_a_bad_change_is_answered_with_one_sentence_that_names_it(change: str, sentence: str) -> None:
    Path("r.yaml").write_text(GOOD)
    result = CliRunner().invoke(main, ["check", "r.yaml", "--set", change])
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.exit_code == 2


def test_a_recipe_holds_its_built_components() -> None:
    recipe = load(GOOD)
    assert [part.name for part in recipe.generate] == ["bakery.loaves", "bakery.loaves"]
    assert counts(recipe) == [30, 10]
    assert recipe.generate[0].component.model_dump()["flour"] == "wheat"
    assert recipe.duplicates == "exact"
    assert recipe.shard_rows == 20_000
    assert recipes.rows_asked(recipe) == 40


def test_changes_are_typed_as_the_file_is() -> None:
    recipe = load(GOOD, "generate.0.count=100", "generate.1.shapes=[flat, round]", "description=a b", "shard_rows=5")
    assert counts(recipe) == [100, 10]
    assert recipe.generate[1].component.model_dump()["shapes"] == ["flat", "round"]
    assert recipe.description == "a b"
    assert recipe.shard_rows == 5


def test_settings_say_everything_and_load_again_as_the_same_recipe() -> None:
    recipe = load(GOOD)
    assert recipe.settings["generate"][1]["oven"] == {"degrees": 220, "fan": False}
    again = load(json.dumps(recipe.settings))
    assert again.settings == recipe.settings
    assert again.digest == recipe.digest


def test_the_digest_depends_on_what_is_meant_and_not_on_how_it_is_written() -> None:
    digest = load(GOOD).digest
    assert len(digest) == 64
    assert load("# a comment\n" + GOOD.replace("  flour: wheat", "  flour: 'wheat'\n  crash: false")).digest == digest
    assert load(GOOD + "duplicates: exact\n").digest == digest
    assert load(GOOD, "seed=8").digest != digest
    assert load(GOOD, "generate.1.count=11").digest != digest


@pytest.mark.parametrize(("rows", "expected"), [(40, [30, 10]), (4, [3, 1]), (1001, [750, 251]), (1, [1])])
def test_a_count_is_shared_out_in_proportion(rows: int, expected: list[int]) -> None:
    recipe = recipes.with_count(load(GOOD), rows)
    assert sum(counts(recipe)) == rows
    assert counts(recipe) == expected


def test_a_count_below_one_is_refused() -> None:
    with pytest.raises(RecipeError, match="at least 1"):
        recipes.with_count(load(GOOD), 0)


def test_the_schema_describes_every_setting_and_component() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert set(schema["required"]) == {"name", "seed", "license", "generate"}
    assert all("description" in body for body in schema["properties"].values())
    assert schema["$defs"]["generate"]["oneOf"][-1]["title"] == "their_package.module"
    assert schema["additionalProperties"] is False


ASKING = """\
name: bread
seed: 7
license: cc0-1.0
generate:
- use: bakery.questions
  count: 3
models:
  baker: {use: scripted, license: mit, rules: [{say: [rye]}]}
"""

BAD_MODELS = [
    (
        "use: bakery.questions\n",
        "use: bakery.questions\n  model: bakr\n",
        "r.yaml:6: generate.0.model: no model 'bakr'; did you mean 'baker'? there are: baker",
    ),
    (
        ASKING[ASKING.index("models:") :],
        "",
        "r.yaml:5: generate.0.model: no model 'baker'; the recipe has none; add `models:`",
    ),
    (
        "  baker: {",
        "  idle: {use: scripted, license: mit, rules: [{say: [x]}]}\n  baker: {",
        "r.yaml:8: models.idle: no component uses this model; name it in one, or remove it",
    ),
    ("license: mit", "license: mti", "r.yaml:8: models.baker.license: licence 'mti' is not an id of the Hub"),
    ("license: mit, ", "", "r.yaml:8: models.baker.license: is missing; it is the Hub's licence id under which"),
    ("use: scripted", "use: scriptd", "r.yaml:8: models.baker.use: no engine 'scriptd'; did you mean 'scripted'"),
    ("use: scripted", "use: _http", "models.baker.use: no engine '_http'"),
    ("use: scripted", "use: bakery.taste", "must define exactly one ModelSettings"),
    ("use: scripted, ", "", "r.yaml:8: models.baker.use: is missing"),
    ("rules:", "rulse:", "r.yaml:8: models.baker.rulse: unknown setting; did you mean 'rules'"),
    ("rules: [{say: [rye]}]", "concurrency: 3", "r.yaml:8: models.baker: give either script, a YAML file, or rules"),
    ("baker: {use", "1baker: {use", "models.1baker"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BAD_MODELS)
def test_a_bad_model_is_answered_with_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in ASKING
    Path("r.yaml").write_text(ASKING.replace(old, new))
    result = CliRunner().invoke(main, ["generate", "r.yaml", "-o", "out"])
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.exit_code == 2
    assert not Path("out").exists()


def test_the_digest_holds_what_a_model_is_and_not_how_it_is_reached() -> None:
    recipe = load(ASKING)
    assert recipe.settings["models"]["baker"]["use"] == "scripted"
    assert load(ASKING, "models.baker.concurrency=3", "models.baker.price=[1, 2]").digest == recipe.digest
    assert load(ASKING, "models.baker.model=other").digest != recipe.digest
    assert load(ASKING, "models.baker.license=apache-2.0").digest != recipe.digest
    assert load(json.dumps(recipe.settings)).digest == recipe.digest
    hosted = ASKING.replace("scripted", "openai").replace("rules: [{say: [rye]}]", "base_url: http://a/v1, model: m")
    text = json.dumps(load(hosted).settings)
    assert "http" not in text
    assert (
        load(hosted, "models.baker.base_url=http://b/v1", "models.baker.api_key_env=KEY").digest == load(hosted).digest
    )


def test_a_script_file_is_part_of_the_digest() -> None:
    text = ASKING.replace("rules: [{say: [rye]}]", "script: s.yaml")
    Path("s.yaml").write_text("rules: [{say: [rye]}]")
    before = load(text).digest
    Path("s.yaml").write_text("rules: [{say: [oat]}]")
    assert load(text).digest != before


def test_model_names_are_found_wherever_settings_hold_them() -> None:
    class Inner(Component):
        writer: ModelName = "c"

    class Asks(Component):
        one: ModelName
        no: str = "x"
        maybe: ModelName | None = None
        many: tuple[ModelName, ...] = ("a", "b")
        by_step: dict[str, ModelName] = {"first": "d"}  # noqa: RUF012 - pydantic copies it
        inner: Inner = Inner()

    assert dict(models_named(Asks(one="e"))) == {
        ("one",): "e",
        ("many", 0): "a",
        ("many", 1): "b",
        ("by_step", "first"): "d",
        ("inner", "writer"): "c",
    }


def test_every_reference_of_the_schema_leads_somewhere():
    schema = json_schema()
    named = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(schema)))
    assert {"NearDuplicates", "Decontaminate"} <= named <= schema["$defs"].keys()


def test_what_the_gate_is_asked_is_part_of_the_digest_and_what_it_is_not_asked_is_not(tmp_path):
    text = "name: a\nseed: 1\nlicense: apache-2.0\ngenerate:\n- use: math\n  count: 5\n"
    digests, settings = [], []
    for number, more in enumerate(("", "duplicates: {near: 0.8}", "duplicates: {near: 0.7}", "template_cap: 20")):
        (tmp_path / f"{number}.yaml").write_text(text + more)
        loaded = recipes.load(tmp_path / f"{number}.yaml")
        digests.append(loaded.digest)
        settings.append(loaded.settings)
    assert len(set(digests)) == 4
    assert not settings[0].keys() & {"template_cap", "decontaminate", "folder"}
    assert settings[1]["duplicates"] == {"near": 0.8, "key": "user"}
