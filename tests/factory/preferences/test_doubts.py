"""What a reader should know is said in words, and what chance brings is not."""

import pytest

JA = "パンは小麦粉から作ります。"


def skewed(pair, n, **changes):
    settings = {"chosen": "Bread is good", "rejected": "Bread is fine", "margin": 1.0} | changes
    return [pair(settings["chosen"], settings["rejected"], f"q{at}", margin=settings["margin"]) for at in range(n)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chosen": "Bread is good, " * 9}, "chosen is longer in 80.0 % of the pairs and shorter in 0.0 %"),
        ({"rejected": "Bread is good, " * 9}, "chosen is shorter in 80.0 % of the pairs"),
        ({"chosen": JA}, "in different languages in 80.0 %"),
        ({"chosen": JA, "rejected": JA}, "in another language than the prompt in 80.0 %"),
        (
            {"chosen": "- a\n- b"},
            "has a list (80.0 % of the pairs), it is the chosen one in 100.0 %",
        ),
        ({"rejected": "I'm sorry, I can't help."}, "the rejected side alone refuses in 80.0 %"),
        ({"chosen": "I'm sorry, I can't help."}, "the chosen side refuses in 80.0 %"),
        ({"rejected": "Bread is good"}, "80 pairs say the same on both sides"),
        ({"margin": -1.0}, "80 pairs have a better score on the rejected side"),
        ({"margin": 0.0}, "80 pairs have equal scores"),
    ],
)
def test_what_pairs_teach_beside_quality_is_warned_of(reported, pair, changes, said):
    assert reported(skewed(pair, 100)).warnings == ()
    found = reported([*skewed(pair, 80, **changes), *skewed(pair, 20)])
    assert any(said in warning for warning in found.warnings), found.warnings


def test_what_chance_brings_is_not_warned_of(reported, pair):
    assert not any("longer" in warning for warning in reported(skewed(pair, 20, chosen="Bread is very good")).warnings)
    mixed = [*skewed(pair, 59, chosen="Bread is very good"), *skewed(pair, 41, rejected="Bread is very fine")]
    assert reported(mixed).warnings == ()


def noted(answers, prompts, sign):
    scores = [(score, sign * score) for score in (1.0, 2.0, 3.0)]
    return [one for n in range(prompts) for one in answers(f"p{n}", *scores)]


def test_a_judge_whose_margin_goes_with_length_is_warned_of(reported, pair, answers):
    sizes = [(1 + n % 40, 1 + 7 * n % 40) for n in range(80)]
    pairs = [pair("a" * more, "a" * less, f"q{more}/{less}", margin=more - less) for more, less in sizes]
    assert any("rank correlation +1.00" in warning for warning in reported(pairs).warnings)
    assert any("j0 scores longer answers" in w for w in reported((), samples=noted(answers, 30, 1)).warnings)
    assert any("j0 / j1 hardly order" in w for w in reported((), samples=noted(answers, 30, -1)).warnings)
