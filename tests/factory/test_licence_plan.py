"""What a recipe is refused for before anything is made, and what its rows are under when it is not."""

import json
from pathlib import Path

import pytest
import yaml

from factory import pipeline
from factory import recipe as recipes
from factory.errors import LicenceError, RecipeError
from factory.licence.plan import plan
from factory.manifest import Manifest
from factory.recipe import Recipe

SHARED = Path(__file__).parents[3] / "shared" / "data"

RECITED = """\
name: bread
seed: 7
license: auto
policy: open
generate:
- use: bakery.recited
  count: 6
"""
ASKED = """
models:
  writer: {use: scripted, model: MODEL, license: LICENSE, rules: [{say: [rye]}]}
"""


@pytest.fixture(autouse=True)
def _others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(Path(__file__).with_name("others"))
    monkeypatch.chdir(tmp_path)


def load(text: str, *changes: str) -> Recipe:
    Path("r.yaml").write_text(text, encoding="utf-8")
    return recipes.load(Path("r.yaml"), changes)


def asked(model: str, license: str) -> str:
    return RECITED + "  model: writer\n" + ASKED.replace("MODEL", model).replace("LICENSE", license)


def made(recipe: Recipe) -> Manifest:
    return pipeline.generate(recipe, Path("out"), workers=1, progress=lambda now: None)


def refusal(text: str, *changes: str) -> str:
    with pytest.raises(LicenceError) as caught:
        load(text, *changes)
    assert caught.value.exit_code == 4
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            ["licenses=[cc-by-nc-4.0]"],
            "r.yaml:6: generate.0: L001: the book: Creative Commons Attribution Non Commercial",
        ),
        (["licenses=[mit, cc-by-nd-4.0]"], "L002: the book: "),
        (["licenses=[mine-1.0]"], "L003: the book: nobody knows what 'mine-1.0' allows"),
        (["licenses=[cc-by-sa-4.0 AND gpl-3.0]"], "L004: the book: cc-by-sa-4.0 and gpl-3.0 each ask"),
        (["writers=[text-davinci-003]"], "L005: the book: OpenAI terms"),
        (["licenses=[llama3]"], "L007: the book: "),
    ],
)
def test_a_source_that_the_policy_refuses_is_named_with_its_code(changes, said):
    assert said in refusal(RECITED, *(f"generate.0.{change}" for change in changes))


@pytest.mark.parametrize(
    ("policy", "license", "said"),
    [
        ("permissive", "cc-by-sa-4.0", "L010: the book: "),
        ("permissive", "llama3.1", "L008: the book: "),
        ("permissive", "gemma", "L009: the book: "),
    ],
)
def test_the_permissive_policy_refuses_what_the_open_one_lets_pass(policy, license, said):
    text = refusal(RECITED, f"generate.0.licenses=[{license}]", f"policy={policy}")
    assert said in text
    assert "set `policy` to open or plamo or research" in text
    load(RECITED, f"generate.0.licenses=[{license}]")


def test_the_plamo_policy_refuses_training_sets_of_benchmarks():
    assert "L006: shunk031/JGLUE: " in refusal(RECITED, "generate.0.source=shunk031/JGLUE", "policy=plamo")
    load(RECITED, "generate.0.source=shunk031/JGLUE")


def test_a_model_is_named_where_the_recipe_names_it():
    text = refusal(asked("gpt-4o", "other"))
    assert text.startswith("r.yaml:11: models.writer.license: L005: gpt-4o: OpenAI terms")
    assert "set `policy` to research" in text
    load(asked("gpt-4o", "other"), "policy=research")


def test_a_model_that_nobody_described_and_whose_licence_is_other_is_refused():
    assert "L003: mine: nobody knows what 'other' allows" in refusal(asked("mine", "other"))


def test_a_recipe_that_says_less_of_a_model_than_its_makers_is_wrong():
    with pytest.raises(RecipeError, match=r"models\.writer\.license: licence 'mit': gpt-4o is under 'openai-terms'"):
        load(asked("gpt-4o", "mit"))


def test_nothing_is_written_or_asked_where_the_policy_refuses():
    recipe = load(asked("mine", "mit")).model_copy(update={"policy": "permissive"})
    worse = recipe.generate[0].component.model_copy(update={"licenses": ("cc-by-sa-4.0",)})
    recipe = recipe.model_copy(update={"generate": (recipe.generate[0]._replace(component=worse),)})
    with pytest.raises(LicenceError, match="L010"):
        made(recipe)
    assert not Path("out").exists()


def test_rows_are_under_the_join_of_source_and_model_and_the_dataset_under_that_of_its_rows():
    text = asked("meta-llama/Llama-3.1-8B-Instruct", "llama3.1")
    manifest = made(load(text, "generate.0.licenses=[cc-by-4.0, apache-2.0]"))
    assert manifest.licences == {"apache-2.0 AND llama3.1": 3, "cc-by-4.0 AND llama3.1": 3}
    assert (manifest.license, manifest.computed_license) == ("other", "cc-by-4.0 AND llama3.1")
    assert [(one.role, one.name) for one in manifest.origins] == [
        ("source", "the book"),
        ("model", "meta-llama/Llama-3.1-8B-Instruct"),
    ]


def test_auto_takes_the_id_that_the_rows_come_to():
    assert made(load(RECITED, "generate.0.licenses=[cc-by-sa-3.0, mit]")).license == "cc-by-sa-3.0"


def test_a_recipe_that_promises_more_than_its_sources_allow_is_refused():
    said = refusal(RECITED, "license=apache-2.0", "generate.0.licenses=[cc-by-sa-4.0]")
    assert "license: L011: the book: license 'apache-2.0' promises more than cc-by-sa-4.0 allows" in said
    assert "write 'cc-by-sa-4.0' or 'auto'" in said


def test_outputs_of_a_model_that_asks_nothing_may_be_given_away():
    manifest = made(load(asked("mine", "mit"), "license=cc0-1.0", "generate.0.licenses=[cc0-1.0]"))
    assert (manifest.license, manifest.rows_kept) == ("cc0-1.0", 6)


def test_a_judge_counts_where_its_words_are_kept_and_is_reported_where_not():
    text = RECITED + "judge: [{use: bakery.critic, model: writer}]" + ASKED
    text = text.replace("MODEL", "gpt-4o").replace("LICENSE", "openai-terms")
    manifest = made(load(text))
    assert manifest.licences == {"cc-by-4.0": 6}
    assert [one.license for one in manifest.origins if one.role == "judge"] == ["openai-terms"]
    assert "L005: gpt-4o: " in refusal(text.replace("critic", "reviewer"))


OWN = """\
licences:
  acme-1.0:
    name: Acme Data License
    url: https://acme.example/licence
    commercial: true
    derivatives: true
    share_alike: ""
    attribution: true
    limits: [for bakers only]
    date: "2026-11-20"
models:
  - {match: [acme/*], licence: acme-1.0, url: "https://acme.example", date: "2026-11-20"}
"""


def test_own_licences_are_read_from_a_file_beside_the_recipe_and_go_with_the_dataset():
    Path("mine.yaml").write_text(OWN)
    text = RECITED + "licences: mine.yaml\n"
    manifest = made(load(text, "generate.0.licenses=[acme-1.0]"))
    assert (manifest.license, manifest.computed_license) == ("other", "acme-1.0")
    again = recipes.load(Path("out/recipe.yaml"))
    assert again.digest == manifest.digest
    assert "for bakers only" in Path("out/NOTICE").read_text()
    front = yaml.safe_load(Path("out/README.md").read_text().split("---\n")[1])
    assert (front["license"], front["license_name"], front["license_link"]) == ("other", "acme-1.0", "LICENSE")
    Path("mine.yaml").write_text(OWN.replace("bakers", "millers"))
    assert load(text, "generate.0.licenses=[acme-1.0]").digest != manifest.digest


def test_a_wrong_file_of_licences_is_one_sentence():
    Path("mine.yaml").write_text("licences: {acme-1.0: {name: Acme}}\n")
    with pytest.raises(RecipeError, match=r"mine\.yaml:1: licences\.acme-1\.0\.attribution: is missing; it is whether"):
        load(RECITED + "licences: mine.yaml\n")
    with pytest.raises(RecipeError, match=r"none\.yaml: can't be read"):
        load(RECITED + "licences: none.yaml\n")


def test_a_recipe_without_sources_and_models_is_known_when_its_rows_are(sums):
    assert plan(sums(10)).texts[0].ids == {"apache-2.0"}


def conversations(name: str, license: str, most: int) -> Path:
    """A sample of the shared data as conversations."""
    path = SHARED / name
    if not path.is_dir():
        pytest.skip("the shared data is absent")
    (file,) = path.glob("*.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()[:most]]
    out = Path(f"{name}.jsonl")
    turns = (
        [{"role": "user", "content": row["instruction"]}, {"role": "assistant", "content": row["output"]}]
        for row in rows
    )
    out.write_text("".join(json.dumps({"messages": each, "license": license}) + "\n" for each in turns))
    return out


FURTHER = """\
name: further
seed: 0
license: auto
models:
  writer: {use: scripted, model: MODEL, license: auto-filled, rules: [{say: ["Why is that so?"]}]}
generate:
- {use: multi_turn, count: 20, source: SOURCE, model: writer}
"""


def further(source: Path, model: str, license: str) -> str:
    return FURTHER.replace("SOURCE", source.name).replace("MODEL", model).replace("auto-filled", license)


def test_the_alpaca_sample_is_refused():
    source = conversations("REFUSE_alpaca_sample", "cc-by-nc-4.0", 300)
    assert "generate.0: L001: REFUSE_alpaca_sample.jsonl: " in refusal(further(source, "told", "apache-2.0"))
    recited = ["generate.0.licenses=[cc-by-nc-4.0]", "generate.0.writers=[text-davinci-003]"]
    found = plan(recipes.load(_written(RECITED), recited, refuse=False))
    assert [finding.code for _, finding in found.findings] == ["L001", "L005"]


def _written(text: str) -> Path:
    Path("r.yaml").write_text(text)
    return Path("r.yaml")


def test_the_dolly_sample_makes_the_result_share_alike_with_attribution():
    source = conversations("dolly_sample", "cc-by-sa-3.0", 2000)
    manifest = made(load(further(source, "told", "apache-2.0")))
    assert (manifest.license, manifest.computed_license) == ("cc-by-sa-3.0", "cc-by-sa-3.0")
    assert "Creative Commons Attribution Share Alike 3.0" in Path("out/LICENSE").read_text()
    notice = Path("out/NOTICE").read_text()
    assert "- dolly_sample.jsonl: cc-by-sa-3.0 (https://creativecommons.org/licenses/by-sa/3.0/" in notice
    assert "Name the sources and models above" in notice
    assert "only under the same licence: cc-by-sa-3.0" in notice
    assert "L011" in refusal(further(source, "told", "apache-2.0"), "license=apache-2.0")
    assert "L010" in refusal(further(source, "told", "apache-2.0"), "policy=permissive")


def test_mixing_in_outputs_of_llama_forces_the_naming_duty():
    source = conversations("dolly_sample", "cc-by-sa-3.0", 2000)
    text = further(source, "meta-llama/Llama-3.1-8B-Instruct", "llama3.1")
    assert made(load(text)).computed_license == "cc-by-sa-3.0 AND llama3.1"
    assert "a name that begins with 'Llama' (llama3.1)" in Path("out/NOTICE").read_text()
    assert "Built with Llama" in Path("out/NOTICE").read_text()
    assert "L008: meta-llama/Llama-3.1-8B-Instruct: " in refusal(text, "policy=permissive")
