"""What pages say, in English and Japanese: one file of words for each kind of page, both languages side by side."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, get_args

from factory.pages.environment import folder

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Words:
    """The words of one kind of page in one language."""

    def __init__(self, language: Language, said: Mapping[str, str]) -> None:
        """Keep them."""
        self.language = language
        self._said = said

    def __call__(self, key: str, **values: Any) -> str:
        """What is said there, with these values in it.

        Raises:
            KeyError: nobody wrote that.
        """
        return self._said[key].format(**values) if values else self._said[key]

    def name(self, kind: str, value: str) -> str:
        """The word for one of a closed set, as `stage.judge`; the value itself where there is none."""
        return self._said.get(f"{kind}.{value}", value)


@cache
def words(page: str, language: Language) -> Words:
    """The words in `templates/html/words/<page>.yaml`."""
    return Words(language, {key: said[language] for key, said in table(page).items()})


@cache
def table(page: str) -> Mapping[str, Mapping[str, str]]:
    """All the words of a kind of page: by key, then by language."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (folder() / "words" / f"{page}.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, str]] = yaml.load(text, Loader=loader)
    return found
