"""Loading family files: what a file must hold, and how its faults are named."""

import pytest

from factory.errors import RecipeError
from factory.math import families

GOOD = """\
title: {ja: 和, en: Sums}
grade: 小1
topic: addition
level: 1
parameters: {a: "int(1, 9)"}
words:
  who: [{ja: けん, ja_title: くん, en: Ken, en_title: Mr}, {ja: ゆい, ja_title: さん, en: Yui, en_title: Ms}]
question: {ja: [x, y], en: [x, y]}
solution: {ja: one, en: one}
answer: {ja: x, en: x}
read:
  question: {ja: x, en: x}
  answer: {ja: x, en: x}
  relation: ["True"]
oracle: {}
"""


def test_a_family_is_named_after_its_file_and_folder(loaded):
    family = loaded(GOOD)
    assert (family.name, family.area, family.grade, family.level) == ("family", "area", "小1", 1)
    assert family.solution.ja == ("one",)
    assert family.read.question.en == ("x",)


def test_the_fields_of_words_are_those_of_the_language(loaded):
    family = loaded(GOOD)
    assert family.fields("ja") == {"who": ("who", ("けん", "ゆい")), "who_title": ("who", ("くん", "さん"))}
    assert family.fields("en") == {"who": ("who", ("Ken", "Yui")), "who_title": ("who", ("Mr", "Ms"))}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("level: 1", "level: 6", r":4(:\d+)?: level: .*less than or equal to 5"),
        ("level: 1", "level: easy", r"level: "),
        ("grade: 小1", "grade: 小7", r"grade: Input should be '小1'"),
        ("topic: addition", "topics: addition", r"topic"),
        ("question: {ja: [x, y], en: [x, y]}", "question: {ja: [x, y], en: [x]}", "2 phrasings in ja and 1 in en"),
        ("question: {ja: [x, y], en: [x, y]}", "question: {ja: [x, y]}", r"question\.en"),
        ("question: {ja: [x, y], en: [x, y]}", "question: {ja: [], en: []}", r"question\.ja"),
        ('relation: ["True"]', "relation: []", r"read\.relation"),
        ("oracle: {}", "", r"oracle"),
        ("oracle: {}", "oracle: {}\nextra: 1", r"extra"),
        ("oracle: {}", "oracle: {}\nlevel: 2", r"level"),
        ("answer: {ja: x, en: x}\nread", "answer: {ja: x, en: x}\nname: other\nread", r"name"),
        ("title: {ja: 和, en: Sums}", "title: 和", r"title"),
        (GOOD, "- a list", "a family file is a mapping of fields, not list"),
        (GOOD, "a: [", ":1: is not YAML"),
    ],
)
def test_a_faulty_file_is_refused_with_its_place(loaded, old, new, message):
    assert old in GOOD
    with pytest.raises(RecipeError, match=rf"family\.yaml.*{message}"):
        loaded(GOOD.replace(old, new))


def test_globs_match_names_and_areas():
    everything = list(families.files())
    assert list(families.matching(("*",))) == everything
    assert list(families.matching(("crane_and_turtle",))) == ["crane_and_turtle"]
    assert list(families.matching(("word_problems/crane*",))) == ["crane_and_turtle"]
    area = list(families.matching(("fractions/*",)))
    assert area
    assert {families.load(name).area for name in area} == {"fractions"}
    assert list(families.matching(("crane*", "*turtle", "*crane*"))) == ["crane_and_turtle"]


@pytest.mark.parametrize("glob", ["no_such_*", "", "Fractions/*", "fractions", "../*"])
def test_a_glob_that_matches_nothing_is_refused(glob):
    with pytest.raises(RecipeError, match="matches no family; see `factory list families`"):
        list(families.matching(("*", glob)))
