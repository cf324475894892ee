"""What pages say is there in both languages, takes the same values, and is said somewhere."""

import re
from pathlib import Path

import pytest

from factory.pages.environment import folder
from factory.pages.words import LANGUAGES, table, words

PAGES = sorted(path.stem for path in (folder() / "words").glob("*.yaml"))
ROOT = Path(__file__).parents[3]


def values(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", text))


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_say_everything_with_the_same_values(page: str) -> None:
    wrong = {
        key: said
        for key, said in table(page).items()
        if set(said) != set(LANGUAGES)
        or not all(isinstance(text, str) and text for text in said.values())
        or values(said["en"]) != values(said["ja"])
    }
    assert wrong == {}


def test_all_that_the_viewer_says_is_there_and_is_said() -> None:
    files = [*(folder() / "view").glob("*.html"), *(ROOT / "factory" / "viewing" / "web").glob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    asked = set(re.findall(r"""\bw\(\s*['"]([a-z_.]+)['"]\s*[,)]""", text)) | set(
        re.findall(r"""'(verdict\.\w+)'""", text)
    )
    prefixes = {
        "error.",
        *re.findall(r"""['"]([a-z]+\.)['"] ~""", text),
        *(f"{kind}." for kind in re.findall(r"w\.name\('(\w+)'", text)),
    }
    known = set(table("view"))
    assert asked - known == set()
    assert {key for key in known - asked if not key.startswith(tuple(prefixes))} == set()


def test_what_nobody_wrote_is_a_bug_and_a_name_without_a_word_is_itself() -> None:
    said = words("view", "en")
    with pytest.raises(KeyError):
        said("no.such.words")
    assert said.name("role", "user") == "User"
    assert said.name("role", "<b>") == "<b>"
    assert said("pages.of", first=1, last=50, total=1000) == "1–50 of 1,000"
