import sys
from pathlib import Path

import pytest

from factory import registry
from factory.errors import DependencyError, RecipeError


@pytest.fixture(autouse=True)
def _others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).with_name("others"))


def test_a_file_in_the_folder_is_a_component() -> None:
    root = Path(__file__).parents[2]
    for kind in registry.KINDS:
        files = {path.stem for path in (root / kind).glob("*.py") if not path.name.startswith("_")}
        assert files <= set(registry.names(kind))


def test_names_are_listed_without_importing_any() -> None:
    before = set(sys.modules)
    registry.names("generators")
    assert not [name for name in set(sys.modules) - before if name.startswith("generators.")]


def test_someone_elses_module_is_found_and_built() -> None:
    loaves = registry.build("generators", "bakery.loaves", {"count": 3, "flour": "wheat"})
    assert loaves.model_dump()["flour"] == "wheat"
    assert type(loaves).__name__ == "Loaves"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing_like_it", "no generator 'nothing_like_it'; "),
        ("bakery.rolls", "no module 'bakery.rolls'"),
        ("nowhere.at_all", "no module 'nowhere'"),
        ("bakery.two", "bakery.two must define exactly one Generator; it defines: Left, Right"),
        ("bakery.empty", "it defines: none"),
        ("bakery.taste", "must define exactly one Generator; it defines: none"),
        ("../etc", "'../etc' is not a name"),
        ("", "'' is not a name"),
        ("a b", "is not a name"),
        ("bakery.", "is not a name"),
    ],
)
def test_what_is_no_component_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as caught:
        registry.find("generators", name)
    assert sentence in str(caught.value)


def test_a_missing_library_is_named_with_its_pip_line() -> None:
    with pytest.raises(DependencyError, match="pip install unheard_of_library"):
        registry.find("generators", "bakery.hungry")


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(RecipeError, match="flower: unknown setting; did you mean 'flour'"):
        registry.build("generators", "bakery.loaves", {"count": 3, "flower": "wheat"})
