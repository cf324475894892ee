"""What several tests of the math engine ask for."""

from collections.abc import Callable

import pytest

from factory.math.blank import blanked
from factory.math.exact import NO_LETTERS
from factory.math.families import Family, load_file
from factory.math.skeleton import UnreadError
from factory.math.steps import segment_tests

CAUGHT = (ArithmeticError, UnreadError, ValueError, IndexError)
"""What the checker takes for a refusal while it follows a step."""


@pytest.fixture(scope="session")
def judged() -> Callable[[str], str]:
    """What the reader says of a math segment: holds, fails, unread, or nothing where it states nothing."""

    def judge(segment: str) -> str:
        skeleton, numbers = blanked(segment)
        made = segment_tests(skeleton, NO_LETTERS)
        if made is None:
            return "unread"
        try:
            return "nothing" if not made else "holds" if all(t.holds(numbers, ()) for t in made) else "fails"
        except CAUGHT:
            return "fails"

    return judge


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Family]:
    """The family of a YAML text, loaded from a file `area/family.yaml`."""

    def load(text: str) -> Family:
        folder = tmp_path_factory.mktemp("math") / "area"
        folder.mkdir()
        path = folder / "family.yaml"
        path.write_text(text, encoding="utf-8")
        return load_file(path)

    return load
