from typing import Any

import pytest

from factory.errors import RecipeError
from factory.schema_check import MOST_CHARS, complaint

TITLES = {
    "type": "object",
    "properties": {"titles": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": 1}},
    "required": ["titles"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("text", ['{"titles": ["a", "b"]}', ' \n{"titles": ["\\u3042"]}\n'])
def test_what_fits_has_no_complaint(text: str) -> None:
    assert complaint(text, TITLES) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ('```json\n{"titles": ["a"]}\n```', "not JSON"),
        ('{"titles": ["a"]', "not JSON"),
        ('{"titles": [NaN]}', "not JSON"),
        ('{"titles": ["\\ud800"]}', "not JSON"),
        ('["a"]', "$: ['a'] is not of type 'object'"),
        ("{}", "$: 'titles' is a required property"),
        ('{"titles": [1]}', "$.titles[0]: 1 is not of type 'string'"),
        ('{"titles": ["a", "a"]}', "$.titles: items are not unique"),
        ('{"titles": ["a"], "more": 1}', "$: Additional properties are not allowed"),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(text: str, words: str) -> None:
    assert complaint(text, TITLES).startswith(words)


def test_a_long_answer_is_not_read_and_a_complaint_stays_short() -> None:
    assert "at most" in complaint(" " * (MOST_CHARS + 1), TITLES)
    assert len(complaint('{"titles": "' + "a" * 100_000 + '"}', TITLES)) < 400


def test_a_deep_answer_is_refused() -> None:
    tree: dict[str, Any] = {
        "$ref": "#/$defs/tree",
        "$defs": {"tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
    }
    assert complaint("[[[]]]", tree) == ""
    assert complaint("[" * 900 + "]" * 900, tree) == "nested too deeply to be checked"
    assert complaint("[" * 90_000 + "]" * 90_000, tree).startswith("not JSON")


def test_many_items_that_can_not_be_sorted_are_compared_in_linear_time() -> None:
    items = ",".join(f'{number},"{number}",{{"a":{number}}}' for number in range(5_000))
    assert complaint(f"[{items}]", {"uniqueItems": True}) == ""
    assert complaint(f"[{items},7]", {"uniqueItems": True}) == "$: items are not unique"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "objekt"}, r"not a JSON schema: \$\.type"),
        ({"$ref": "http://127.0.0.1:1/schema"}, "nothing is fetched"),
        ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
        ({"$ref": "#/$defs/none"}, "is not in the schema"),
    ],
)
def test_a_schema_that_is_none_is_the_recipes_fault(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        complaint("{}", schema)
