import pytest

from factory import registry
from factory.component import Generator, Judge, ModelName, Part, models_named, nested
from factory.document import Document
from factory.errors import RecipeError
from factory.part import Judges, described, judge_of
from factory.settings import validated


class Sampler(Generator):
    model: ModelName
    score: Judges = ()


class Jury(Judge):
    """A judge that asks others."""

    model: ModelName
    members: Judges = ()


def sampler(*score):
    settings = {"count": 3, "model": "policy", "score": list(score)}
    return validated(Sampler, Document("recipe.yaml", settings))


def test_judges_inside_settings_are_found_by_name_with_their_settings():
    made = sampler({"use": "length", "least_answer": 3}, {"use": "math_answer"})
    assert [part.name for part in made.score] == ["length", "math_answer"]
    assert judge_of(made.score[0]).least_answer == 3
    assert isinstance(judge_of(made.score[1]), registry.find("judges", "math_answer"))


def test_they_are_written_as_settings_and_read_again():
    made = sampler({"use": "math_answer", "decimals": 2})
    plain = made.model_dump(mode="json")
    assert plain["score"] == [described(made.score[0])]
    assert plain["score"][0]["use"] == "math_answer"
    assert plain["score"][0]["decimals"] == 2
    assert validated(Sampler, Document("again", plain)) == made


@pytest.mark.parametrize(
    ("score", "said"),
    [
        ({"use": "lenght"}, "did you mean 'length'"),
        ({"use": "length", "leest_answer": 3}, "did you mean 'least_answer'"),
        ({"use": "length", "least_answer": "3"}, "write a whole number"),
        ({"least_answer": 3}, "use: name"),
        ("length", "use: name"),
    ],
)
def test_a_wrong_one_is_told_with_its_place(score, said):
    with pytest.raises(RecipeError, match=r"score\.0: ") as told:
        sampler(score)
    assert said in str(told.value)


def test_the_models_that_they_name_are_the_components_too():
    inner = Part("jury", Jury(model="second"))
    outer = Part("jury", Jury(model="first", members=(inner,)))
    made = Sampler(count=1, model="policy", score=(outer,))
    assert list(models_named(made)) == [
        (("model",), "policy"),
        (("score", 0, "model"), "first"),
        (("score", 0, "members", 0, "model"), "second"),
    ]
    assert list(models_named(made, inside=False)) == [(("model",), "policy")]
    assert [steps for steps, _ in nested(made)] == [("score", 0), ("score", 0, "members", 0)]


def test_they_begin_their_paths_where_the_outer_one_does(tmp_path):
    made = sampler({"use": "length"})
    made.place(tmp_path)
    assert made.score[0].component.beside("words.txt") == tmp_path / "words.txt"
