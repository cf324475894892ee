from pathlib import Path

import pytest

from factory.errors import RecipeError
from factory.pipelines.recipe import is_pipeline, load
from factory.pipelines.references import Output

ROUNDS = """\
name: rounds
settings: {rounds: 3, judge: {use: scripted, license: mit}}
stages:
  sft: {train: sft.yaml}
  on_policy:
    repeat: $rounds
    carry:
      policy: {first: $sft, then: $dpo}
      earlier: {first: [], then: [$pairs]}
    stages:
      pairs:
        generate: {seed: $round, models: {policy: {model: $policy}, judge: $judge}, earlier: $earlier}
      dpo:
        train: dpo.yaml
        set: {model.source: $policy, datasets.0.source: $pairs}
  both:
    merge: {models: {a: {model: $on_policy/1/dpo}, b: {model: $on_policy/dpo}}, t: {"*.attn.*": $rounds}}
"""


@pytest.fixture
def write(tmp_path):
    def written(text: str) -> Path:
        path = tmp_path / "p.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_rounds_are_laid_out_and_each_begins_with_what_the_last_one_made(write):
    stages = {stage.id: stage for stage in load(write(ROUNDS)).stages}
    names = [f"on_policy/{number}/{name}" for number in (1, 2, 3) for name in ("pairs", "dpo")]
    assert list(stages) == ["sft", *names, "both"]
    first, second = (dict(stages[f"on_policy/{number}/pairs"].changes) for number in (1, 2))
    assert first == {
        "seed": 1,
        "models.policy.model": Output("sft"),
        "models.judge": {"use": "scripted", "license": "mit"},
        "earlier": [],
    }
    assert second["models.policy.model"] == Output("on_policy/1/dpo")
    assert second["earlier"] == [Output("on_policy/1/pairs")]
    assert stages["on_policy/3/dpo"].inputs == ("on_policy/2/dpo", "on_policy/3/pairs")
    assert stages["both"].inputs == ("on_policy/1/dpo", "on_policy/3/dpo")
    assert dict(stages["both"].changes)["t"] == {"*.attn.*": 3}  # a key with a dot is not named in a change


def test_settings_are_changed_by_name_also_inside(write):
    path = write(ROUNDS)
    stages = {stage.id: stage for stage in load(path, ["rounds=1", "judge.license=apache-2.0"]).stages}
    assert list(stages) == ["sft", "on_policy/1/pairs", "on_policy/1/dpo", "both"]
    assert dict(stages["on_policy/1/pairs"].changes)["models.judge"]["license"] == "apache-2.0"


def test_an_inline_recipe_is_a_part_of_the_file_that_commands_can_read(write):
    path = write('name: x\nstages:\n  a:\n    generate: {name: a, description: "$$1"}\n')
    (stage,) = load(path).stages
    assert stage.recipe == path.with_name("p.yaml#stages.a.generate")
    assert stage.document.data == {"name": "a", "description": "$1"}
    assert stage.document.where("name") == f"{path}:4"


def test_a_pipeline_is_told_from_a_training_with_stages(write):
    assert is_pipeline(write("name: x\nstages: {}\n"))
    assert not is_pipeline(write("use: sft\nstages: []\n"))
    assert not is_pipeline(write("generate: []\n"))


STAGE = "name: x\nstages:\n  "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\n", "p.yaml:1: stages: is missing"),
        ("name: x\nstages: {}\n", "p.yaml:2: stages"),
        ("name: x\nstage: {}\nstages: {a: {model: m}}\n", "unknown setting; did you mean 'stages'"),
        (STAGE + "a: {model: m, merge: m}\n", "is model and merge at once; make them stages of their own"),
        (STAGE + "a: {set: {}}\n", "says no kind; a stage has one of: model, generate, gate"),
        (STAGE + "a: {genrate: m}\n", "did you mean 'generate'"),
        (STAGE + "A: {model: m}\n", "does not fit"),
        (STAGE + "a: {train: $b}\n  b: {model: m}\n", r"\$b comes later; a stage refers to those above it"),
        (STAGE + "a: {train: {model: $a}}\n", r"stages.a.train.model: \$a comes later"),
        (STAGE + "sft: {model: m}\n  b: {train: {model: $stf}}\n", r"did you mean 'sft'\? there are: \$sft"),
        (STAGE + "a: {train: {model: $A}}\n", r"'\$A' is no reference such as"),
        (STAGE + "a: {gate: g.yaml}\n", "stages.a.dataset: is missing"),
        (STAGE + "a: {merge: m.yaml, rows: 3}\n", "rows: is for generate and gate, and this stage is `merge`"),
        (STAGE + "a: {generate: g.yaml, launch: {use: ddp}}\n", "launch: is for train"),
        (STAGE + "a: {generate: g.yaml, rows: 0}\n", "rows"),
        (STAGE + "a: {generate: g.yaml, short: maybe}\n", "is not one of 'go_on' or 'stop'"),
        (STAGE + "round: {model: m}\n", "is the number of a round; take another name"),
        ("settings: {a: 1}\n" + STAGE + "a: {model: m}\n", "'a' is the name of a setting too"),
        ("settings: {a: $b}\n" + STAGE + "c: {model: m}\n", "settings.a: a setting refers to nothing; write \\$\\$b"),
        ("settings: {a: x}\n" + STAGE + "c: {generate: g, rows: $a}\n", "'x' is no number of rows"),
        (STAGE + "r: {repeat: 0, stages: {a: {model: m}}}\n", "repeat"),
        (STAGE + "r: {repeat: 2, stages: {a: {repeat: 2, stages: {}}}}\n", "unknown setting"),
        (STAGE + "r: {repeat: 2, stages: {a: {train: {m: $b}}, b: {model: m}}}\n", r"\$b comes later in the round"),
        (STAGE + "r: {repeat: 1, carry: {p: {first: x, then: $q}}, stages: {a: {model: m}}}\n", "carry.p.then"),
        (STAGE + "r: {repeat: 1, stages: {a: {model: m}}}\n  b: {train: {m: $r}}\n", r"is a group; write \$r/a"),
        (STAGE + "a: {generate: g}\n  b: {publish: x/y, dataset: $a}\n  c: {train: {m: $b}}\n", "publishes and leaves"),
        (STAGE + "a: {publish: x/y}\n", "stages.a.dataset: is missing"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_its_place(write, text, said):
    with pytest.raises(RecipeError, match=said) as error:
        load(write(text))
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(str(write(text)))


@pytest.mark.parametrize(
    ("change", "said"),
    [("x=3", "no such setting; there are: rounds, judge"), ("round=3", "did you mean 'rounds'"), ("x", "key=value")],
)
def test_a_change_of_nothing_is_refused(write, change, said):
    with pytest.raises(RecipeError, match=said):
        load(write(ROUNDS), [change])
