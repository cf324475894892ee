import pytest
from pydantic import BaseModel, ValidationError

from factory.merging.schedule import Between, Dropped, Kept, Layers, Number, Schedule, constant

NAMES = [
    "model.embed_tokens.weight",
    *(f"model.layers.{n}.mlp.up_proj.weight" for n in range(5)),
    "model.norm.weight",
]


class Settings(BaseModel):
    t: Between = constant(0.5)
    weight: Number = constant(1)
    density: Kept = constant(1)
    drop: Dropped = constant(0)


def read(**values) -> Schedule:
    return getattr(Settings(**values), next(iter(values)))


def numbers(schedule: Schedule, names=NAMES):
    layers = Layers.of(names)
    return [schedule.at(name, layers.depth(name)) for name in names]


def test_a_number_is_for_all():
    assert numbers(read(t=0.3)) == [0.3] * 7


def test_anchors_are_spread_from_the_first_layer_to_the_last():
    assert numbers(read(t=[0, 1])) == pytest.approx([0, 0, 0.25, 0.5, 0.75, 1, 1])
    assert numbers(read(t=[0, 1, 0])) == pytest.approx([0, 0, 0.5, 1, 0.5, 0, 0])


def test_one_anchor_is_a_number():
    assert numbers(read(t=[0.2])) == [0.2] * 7


def test_a_model_of_one_layer_begins_with_it():
    assert numbers(read(t=[0.2, 0.8]), ["wte.weight", "h.0.attn.weight", "ln_f.weight"]) == [0.2, 0.2, 0.8]


def test_stacks_of_layers_are_as_deep_as_they_are():
    names = ["vision.blocks.0.w", "vision.blocks.1.w", "text.layers.0.w", "text.layers.3.w"]
    assert numbers(read(t=[0, 1]), names) == [0, 1, 0, 1]


def test_the_first_pattern_that_matches_counts_and_default_comes_last():
    schedule = read(t={"default": 0.9, "*.layers.1.*": 0.1, "*.mlp.*": [0, 1]})
    assert numbers(schedule) == pytest.approx([0.9, 0, 0.1, 0.5, 0.75, 1, 0.9])


def test_what_no_pattern_matches_has_no_number():
    assert read(t={"*.mlp.*": 1}).at("model.norm.weight", 1) is None


def test_a_pattern_that_matches_nothing_is_told():
    assert read(t={"*.mpl.*": 1, "default": 0}).unmatched(NAMES) == "*.mpl.*"
    assert read(t={"*.mlp.*": 1, "default": 0}).unmatched(NAMES) == ""


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("t", 1.5, "1.5 is not from 0 to 1"),
        ("t", -0.1, "-0.1 is not from 0 to 1"),
        ("t", "half", "'half' is no number"),
        ("t", True, "True is no number"),
        ("t", [], "None is no number"),
        ("t", {}, "is empty"),
        ("t", [0, [1]], "[1] is no number"),
        ("t", {"*": {"a": 1}}, "{'a': 1} is no number"),
        ("t", float("nan"), "nan is no number"),
        ("density", 0, "0 is not above 0 to 1"),
        ("drop", 1, "1 is not from 0 to below 1"),
        ("weight", None, "None is no number"),
    ],
)
def test_what_is_no_such_number_is_refused(field, value, reason):
    with pytest.raises(ValidationError) as caught:
        Settings(**{field: value})
    assert reason in str(caught.value)


@pytest.mark.parametrize("value", [0.5, [0, 1], {"*.mlp.*": [0, 1], "default": 0.5}])
def test_it_is_written_as_it_was(value):
    assert Settings(t=value).model_dump(mode="json")["t"] == value
