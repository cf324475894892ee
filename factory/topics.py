"""The topics that ship: a tree of areas, fields and topics for each language, `templates/topics/<language>.yaml`."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from factory import strict_yaml
from factory.errors import RecipeError


class Topic(NamedTuple):
    """One topic and where it stands in its tree; area and field are empty where it stands in none."""

    area: str
    field: str
    name: str

    @property
    def path(self) -> str:
        """`area/field/name`, or the name alone."""
        return "/".join(part for part in self if part)

    def matches(self, glob: str) -> bool:
        """Whether a glob means this topic: by its name, its area, `area/field` or its whole path."""
        ways = (self.name, self.area, f"{self.area}/{self.field}", self.path)
        return any(fnmatchcase(way, glob) for way in ways)


def path_of(language: str) -> Path:
    """The file of a language's tree."""
    return Path(str(resources.files("templates"))) / "topics" / f"{language}.yaml"


@cache
def tree(language: str) -> tuple[Topic, ...]:
    """The topics of a language in the order of its file.

    Raises:
        RecipeError: the file is not a mapping of areas to fields to lists of topics.
    """
    document = strict_yaml.load(path_of(language))
    areas = document.data
    if isinstance(areas, dict) and all(isinstance(fields, dict) for fields in areas.values()):
        found = [(area, field, names) for area, fields in areas.items() for field, names in fields.items()]
        if all(isinstance(names, list) and all(isinstance(name, str) for name in names) for *_, names in found):
            return tuple(Topic(area, field, name) for area, field, names in found for name in names)
    raise RecipeError(f"{document.name}: write areas, in each its fields, in each a list of topics, which are texts")


def matching(topics: Iterable[Topic], globs: Iterable[str]) -> Iterator[Topic]:
    """Those of the topics that any glob means, in their order."""
    wanted = tuple(globs)
    return (topic for topic in topics if any(topic.matches(glob) for glob in wanted))
