"""The coverage table: that the page is up to date, and that no gap goes unsaid."""

import pytest

from factory.math import coverage, families
from factory.math.coverage import Coverage, Curriculum, faults, page

CURRICULUM = Curriculum.model_validate({
    "units": {"sums": {"grade": "小1", "ja": "たしざん", "en": "Sums"}},
    "mathematics_dataset": {"source": "there", "tasks": {"arithmetic": ["add", "mul"]}},
    "reasoning_gym": {"source": "elsewhere", "tasks": {"algebra": ["equations"]}},
})  # fmt: skip


def covering(curriculum=CURRICULUM, **covers):
    """The coverage by families with these `covers`."""
    some = families.load("linear_equations")
    made = [some.model_copy(update={"name": name, "covers": tuple(names)}) for name, names in covers.items()]
    by_name = {name: () for name in curriculum.names()}
    for name in {name for family in made for name in family.covers}:
        by_name[name] = tuple(family.name for family in made if name in family.covers)
    return Coverage(curriculum, made, by_name)


def with_missing(**missing):
    return CURRICULUM.model_copy(update={"missing": missing})


EVERYTHING = ("sums", "mathematics_dataset/add", "mathematics_dataset/mul", "reasoning_gym/equations")


def test_everything_is_covered_or_missing_with_a_reason():
    assert list(faults(coverage.coverage())) == []


def test_the_page_is_up_to_date():
    written = (families.folder() / coverage.PAGE).read_text(encoding="utf-8")
    assert written == page(coverage.coverage()), "run: python -m factory.math.coverage --write"


def test_all_modules_of_the_other_libraries_are_to_be_covered():
    peers = coverage.curriculum().peers()
    sizes = {name: len([task for tasks in peer.tasks.values() for task in tasks]) for name, peer in peers.items()}
    assert sizes == {"mathematics_dataset": 56, "reasoning_gym": 27}


def test_a_full_coverage_has_no_faults():
    assert list(faults(covering(sums=EVERYTHING))) == []


@pytest.mark.parametrize(
    ("covers", "missing", "sentence"),
    [
        (EVERYTHING[:-1], {}, "no family covers 'reasoning_gym/equations'; add one"),
        ((*EVERYTHING, "summs"), {}, "sums: covers: 'summs' is not in curriculum.yaml"),
        (EVERYTHING[1:], {"sums": "too easy"}, "sums: covers: names no unit"),
        (EVERYTHING, {"sums": "too easy"}, "missing: 'sums' is covered by sums; take it out"),
        (EVERYTHING, {"summs": "too easy"}, "missing: 'summs' is nothing that is to be covered"),
    ],
)
def test_each_fault_is_one_sentence(covers, missing, sentence):
    (said,) = faults(covering(with_missing(**missing), sums=covers))
    assert sentence in said


def test_the_page_names_families_and_gaps():
    shown = page(covering(with_missing(**{"reasoning_gym/equations": "too hard"}), sums=EVERYTHING[:-1]))
    assert "1 of 1 units" in shown
    assert "2 of 2 tasks of mathematics_dataset; 0 of 1 tasks of reasoning_gym" in shown
    assert "| 小1 | たしざん | Sums | sums |" in shown
    assert "| algebra: equations | missing: too hard |" in shown


@pytest.mark.parametrize("arguments", [[], ["--write"]])
def test_the_command_says_how_much_there_is_and_writes_where_asked(arguments, capsys, tmp_path, monkeypatch):
    real = families.folder()
    monkeypatch.setattr(coverage, "coverage", lambda: covering(sums=EVERYTHING[:-1]))
    monkeypatch.setattr(families, "folder", lambda: tmp_path)
    assert coverage.main(arguments) == 2
    said = capsys.readouterr()
    assert "2 of 2 tasks of mathematics_dataset" in said.out
    assert "no family covers 'reasoning_gym/equations'" in said.err
    assert (tmp_path / "README.md").exists() is bool(arguments)
    assert real != tmp_path


def test_a_run_does_not_depend_on_what_a_family_covers(tmp_path):
    path = tmp_path / "family.yaml"
    path.write_text("title: x\ncovers: [a,\n  b]\nlevel: 1\n", encoding="utf-8")
    assert families.what_rows_depend_on(path) == b"title: x\nlevel: 1\n"
    path.write_text("title: x\nlevel: 1\n", encoding="utf-8")
    assert families.what_rows_depend_on(path) == b"title: x\nlevel: 1\n"
