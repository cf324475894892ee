"""Faults put into good rows, and whether the check refuses them."""

from collections import Counter
from random import Random

import pytest

from factory.math import check, families, render
from factory.math.bugs import INJECTORS, injected, still_true
from factory.math.families import LANGUAGES
from factory.math.render import Written

ROWS = 4
ROW = Written(
    "30%引きで$x - 1 = 2$ の300円",
    "割合は3です。\n$2x + 3 = 9$\n$x = \\frac{6}{2} - 0 = 3$、$\\int 1 dx$",
    "$x = \\frac{3}{1}$円",
)


@pytest.mark.parametrize("kind", INJECTORS)
def test_a_fault_changes_one_text_of_a_row(kind):
    changed = injected(kind, ROW, "ja", Random("one"))
    assert changed is not None
    assert sum(a != b for a, b in zip(ROW, changed, strict=True)) == 1


def test_a_row_without_a_place_for_a_fault_has_none():
    plain = Written("Add.", "Done.", "four")
    assert [kind for kind in INJECTORS if injected(kind, plain, "en", Random("none"))] == []


@pytest.mark.parametrize(
    ("segment", "known", "true"),
    [
        (r"3 \times 0 = 0", {}, True),
        (r"3 \times 2 = 5", {}, False),
        ("(x + 1)(x - 1) = x^2 - 1", {}, True),
        ("3x = 15", {"x": "5"}, True),
        ("3x = 15", {}, False),
        (r"81 \equiv 11 \pmod{5}", {}, True),
        (r"17 \div 5 = 3 \cdots 2", {}, True),
        (r"17 \div 5 = 2 \cdots 7", {}, False),
        ("S = 4", {}, False),
    ],
)
def test_what_still_holds_is_known(segment, known, true):
    assert still_true(segment, known) is true


def test_nearly_all_faults_are_refused():
    refused, tried = Counter(), Counter()
    for name in list(families.files())[::4]:
        random = Random(f"bugs/{name}")
        keys = list(dict.fromkeys(render.drawer(name)(random.random, 4 * ROWS, None)))[:ROWS]
        for language in LANGUAGES:
            checker = check.checker(name, language)
            for row in render.writer(name, language).write(keys):
                for kind in INJECTORS:
                    changed = injected(kind, row, language, random)
                    if changed and not (kind == "unreduced" and families.load(name).read.unreduced):
                        tried[kind] += 1
                        refused[kind] += bool(checker.why_refused(changed))
    assert refused.total() >= 0.95 * tried.total()
    assert {kind: n for kind, n in tried.items() if n >= 50 and refused[kind] < 0.9 * n} == {}
