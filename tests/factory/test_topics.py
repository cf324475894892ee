"""The topics that ship: broad enough, named once, and found by globs."""

import pytest

from factory import topics
from factory.errors import RecipeError
from factory.language import language
from factory.topics import Topic


@pytest.mark.parametrize("spoken", ["ja", "en"])
def test_a_language_has_at_least_150_topics_each_named_once(spoken):
    found = topics.tree(spoken)
    assert len(found) >= 150
    assert len({topic.name for topic in found}) == len(found)
    assert len({topic.area for topic in found}) >= 12
    assert all(topic.area and topic.field for topic in found)


def test_a_tree_is_in_its_language():
    assert {language(" ".join(topic.name for topic in topics.tree("ja"))), "ja"} == {"ja"}
    assert not any(ord(letter) > 0x2FF for topic in topics.tree("en") for letter in topic.path)


@pytest.mark.parametrize("glob", ["俳句", "文章", "文章/創作", "文章/創作/俳句", "俳*", "*"])
def test_a_topic_is_meant_by_its_name_area_field_or_path(glob):
    assert Topic("文章", "創作", "俳句") in list(topics.matching(topics.tree("ja"), [glob]))


def test_a_glob_means_no_other_topic():
    assert [topic.name for topic in topics.matching(topics.tree("ja"), ["俳句", "落語"])] == ["落語", "俳句"]


@pytest.mark.parametrize("text", ["a: [b]", "- a", "a: {b: [1]}", "a: {b: c}"])
def test_a_file_of_another_shape_is_refused(monkeypatch, tmp_path, text):
    (tmp_path / "xx.yaml").write_text(text)
    monkeypatch.setattr(topics, "path_of", lambda language: tmp_path / f"{language}.yaml")
    topics.tree.cache_clear()
    with pytest.raises(RecipeError, match=r"xx\.yaml"):
        topics.tree("xx")
