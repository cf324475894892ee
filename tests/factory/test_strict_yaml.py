import time
from pathlib import Path

import pytest

from factory import strict_yaml
from factory.errors import RecipeError

REFUSED = [
    ("a: 1\nb: 2\na: 3", "f.yaml:3: a: is written twice (first in line 1)"),
    ("a:\n  b: 1\n  b: 2", "f.yaml:3: a.b: is written twice"),
    ("a: !!python/object/apply:os.system [ls]", "f.yaml:1: the tag"),
    ("a: !!str 3", "f.yaml:1: the tag"),
    ("a: &x [*x]", "f.yaml:1: *x stands for nothing"),
    ("a: *b", "*b stands for nothing"),
    ("a: &a 1\nb: [" + "*a, " * 21 + "]", "more than 20 aliases"),
    ("a: " + "[" * 5_000, "nested deeper than 40"),
    ("a: " + "[" * 41 + "]" * 41, "nested deeper than 40"),
    ("no: 1", 'f.yaml:1: the key `no` is read as false; write "no"'),
    ("1: a", 'the key `1` is read as a number; write "1"'),
    ("~: a", "the key `~` is read as nothing"),
    ("a: 010", "f.yaml:1: a: `010` is read as an octal number by some; write 10"),
    ("a: 007.5", "`007.5`"),
    ("a:\n- 1:30", 'f.yaml:2: a.0: `1:30` is read as a number of base 60; write "1:30"'),
    ("a: .inf", "`.inf` is not a finite number"),
    ("a: 1e999", "`1e999` is not a finite number"),
    ("a: .nan", "`.nan` is not a finite number"),
    ("a:\n  <<: {b: 1}", "f.yaml:2: a: merge keys"),
    ("? [a]\n: 1", "a key is plain text"),
    ("a: 1\n---\nb: 1", "f.yaml:2: a second document"),
    ("a: b: c", "f.yaml:1: is not YAML: a second `: ` in one line"),
    ("a:\n\t- 1", "f.yaml:2: is not YAML: holds a tab"),
    ("a:\n　b: 1\n  c: 2", "full-width space"),
    ("a: 1\nb：1\nc: 2", "f.yaml:2: is not YAML: holds a full-width colon"),
    ("a: 'x", "f.yaml:1: is not YAML"),
    ("a: @x", "put it in quotes"),
    ('a: "\\ud800"', "is not YAML"),
    ("a: \x00", "f.yaml: is not a text file that YAML allows"),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_is_not_strict_yaml_is_refused_in_one_line_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as caught:
        strict_yaml.parse(text, "f.yaml")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_expansion_bomb_of_few_aliases_is_refused_quickly() -> None:
    lines = ["a0: &a0 [" + "1," * 90_000 + "]"] + [f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]" for n in range(9)]
    with pytest.raises(RecipeError, match="values once"):
        strict_yaml.parse("\n".join(lines), "f.yaml")


def test_values_are_plain_data() -> None:
    text = """
a: [1, -2, 1_000, 0x, 1.5, .5, 1e-3, +7]
b: {c: yes, d: Off, e: null, f: ~, g: }
h: 2026-11-20
i: '010'
j: |
  x
"""
    assert strict_yaml.parse(text, "f").data == {
        "a": [1, -2, 1000, "0x", 1.5, 0.5, 0.001, 7],
        "b": {"c": True, "d": False, "e": None, "f": None, "g": None},
        "h": "2026-11-20",
        "i": "010",
        "j": "x\n",
    }


def test_an_alias_stands_for_its_anchor() -> None:
    assert strict_yaml.parse("a: &x {b: [1]}\nc: *x", "f").data == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_where_gives_the_line_of_the_value_or_of_what_holds_it() -> None:
    document = strict_yaml.parse("a:\n  b:\n    - 1\n    - c: 2\n", "f.yaml")
    assert document.where("a", "b", 1, "c") == "f.yaml:4"
    assert document.where("a", "b", 0) == "f.yaml:3"
    assert document.where("a", "missing") == "f.yaml:1"
    assert document.marks["a", "b", 1, "c"] == (4, 7)


@pytest.mark.parametrize(
    ("text", "trap"),
    [
        ("no", '`no` is read as false; write "no"'),
        ("1.10", '`1.10` is read as 1.1; write "1.10"'),
        ("2024", '`2024` is read as a number; write "2024"'),
        ("true", '`true` is read as true or false, not as text; write "true"'),
        ("null", '`null` is read as "nothing"; write "null"'),
        ("'no'", ""),
        ("text", ""),
    ],
)
def test_a_trap_says_what_to_write(text: str, trap: str) -> None:
    assert strict_yaml.parse(f"a: {text}", "f").trap("a") == trap


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"a: 1\nb: \xe9\n")
    (tmp_path / "large").write_bytes(b"#" * 1_000_001)
    for name, sentence in {
        "latin": "latin:2: is not UTF-8",
        "large": "larger than 1,000,000",
        "none": "can't be read: No such file",
        ".": "is a folder",
    }.items():
        with pytest.raises(RecipeError, match=sentence):
            strict_yaml.load(tmp_path / name)


def test_a_byte_order_mark_is_no_part_of_the_data(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\xef\xbb\xbfa: 1")
    assert strict_yaml.load(tmp_path / "f").data == {"a": 1}


def test_a_replaced_value_comes_from_its_flag() -> None:
    document = strict_yaml.parse("a:\n  - b: 1\n    c: no", "f")
    changed = document.replaced(("a", 0, "b"), strict_yaml.parse("no", "x"), "--set a.0.b")
    assert changed.data == {"a": [{"b": False, "c": False}]}
    assert document.data == {"a": [{"b": 1, "c": False}]}
    assert changed.where("a", 0, "b") == "--set a.0.b"
    assert changed.trap("a", 0, "b")
    assert changed.trap("a", 0, "c")


def test_a_hundred_and_twenty_family_files_load_in_half_a_second(tmp_path: Path) -> None:
    text = "".join(f"k{n}:\n  a: [1, 2, {{b: c}}]\n  t: |\n    some text << x >>\n" for n in range(50))
    (tmp_path / "f").write_text(text)
    before = time.process_time()
    for _ in range(120):
        strict_yaml.load(tmp_path / "f")
    assert time.process_time() - before < 0.5


def test_a_part_of_a_file_is_read_with_its_places(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("stages:\n  a:\n    train:\n      use: sft\n      list: [1, {b: no}]\n", encoding="utf-8")
    part = strict_yaml.load(tmp_path / "p.yaml#stages.a.train")
    assert part.data == {"use": "sft", "list": [1, {"b": False}]}
    assert part.where("list", 1, "b") == f"{path}:5"
    assert part.trap("list", 1, "b").startswith("`no` is read as false")
    assert strict_yaml.load(tmp_path / "p.yaml#stages.a.train.list.1").data == {"b": False}
    with pytest.raises(RecipeError, match=r"p.yaml:3: stages.a.train.seed is not there"):
        strict_yaml.load(tmp_path / "p.yaml#stages.a.train.seed")
    (tmp_path / "odd#name.yaml").write_text("a: 1", encoding="utf-8")
    assert strict_yaml.load(tmp_path / "odd#name.yaml").data == {"a": 1}
