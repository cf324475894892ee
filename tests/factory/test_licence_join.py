from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import RecipeError
from factory.licence import agreed, table
from factory.licence.book import book
from factory.licence.join import conflict, duties, hub_id, incompatible, joined, written

IDS = sorted(table())
CLEAR = [name for name in IDS if name != "unknown"]
ids = st.sampled_from(IDS)


def join(*texts: str) -> str:
    """As rows are joined: from what they say, to what they say."""
    tables = book()
    return written(joined(tables, (name for text in texts for name in tables.ids(text))))


def test_every_pair_of_licences_joined_in_both_orders_gives_the_same():
    pairs = list(combinations(CLEAR, 2))
    assert len(pairs) >= 100
    for one, other in pairs:
        assert agreed([one, other]) == agreed([other, one]) == join(one, other)


def test_a_licence_joined_with_itself_is_itself():
    assert [join(name, name) for name in IDS] == IDS


@given(ids, ids, ids)
def test_three_licences_give_the_same_however_they_are_joined(a, b, c):
    assert join(join(a, b), c) == join(a, join(b, c)) == join(c, a, b)


@given(st.lists(ids, min_size=1, max_size=6))
def test_no_duty_is_lost_and_no_permission_is_won(names):
    tables = book()
    left = joined(tables, names)
    assert duties(tables.licence(name) for name in left) == duties(tables.licence(name) for name in names)


@pytest.mark.parametrize(
    ("names", "come_to"),
    [
        (["mit", "apache-2.0"], "apache-2.0"),
        (["cc0-1.0", "mit"], "mit"),
        (["cc0-1.0", "llama3.1"], "llama3.1"),
        (["cc-by-sa-3.0", "cc-by-sa-4.0"], "cc-by-sa-4.0"),
        (["apache-2.0", "cc-by-sa-3.0"], "cc-by-sa-3.0"),
        (["cc-by-4.0", "cc-by-nc-4.0"], "cc-by-nc-4.0"),
        (["cc-by-nc-4.0", "cc-by-nc-sa-4.0"], "cc-by-nc-sa-4.0"),
        (["cc-by-sa-4.0", "llama3.1"], "cc-by-sa-4.0 AND llama3.1"),
        (["apache-2.0", "gemma"], "apache-2.0 AND gemma"),
        (["gpl-2.0", "gpl-3.0"], "gpl-2.0 AND gpl-3.0"),
        (["mit", "unknown"], "mit AND unknown"),
    ],
)
def test_licences_come_to_what_asks_for_all_that_they_ask(names, come_to):
    assert join(*names) == come_to


@pytest.mark.parametrize(
    ("names", "come_to"),
    [
        (["cc-by-sa-3.0", "mit"], "cc-by-sa-3.0"),
        (["llama3.1"], "llama3.1"),
        (["cc-by-sa-4.0", "llama3.1"], "other"),
        (["qwen"], "other"),
        (["unknown"], "other"),
    ],
)
def test_the_hub_is_told_an_id_where_it_has_one(names, come_to):
    assert hub_id(book(), names) == come_to


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["cc-by-sa-4.0", "gpl-3.0"], "cc-by-sa-4.0 and gpl-3.0 each ask that the text stay under them alone"),
        (["cc-by-sa-4.0", "cc-by-nc-sa-4.0"], "each ask that the text stay under them alone"),
        (["cc-by-sa-4.0", "cc-by-nc-4.0"], "cc-by-sa-4.0 may not be narrowed to the non-commercial use"),
        (["cc-by-nc-sa-4.0", "cc-by-nc-4.0"], ""),
        (["cc-by-sa-3.0", "cc-by-sa-4.0"], ""),
        (["cc-by-sa-4.0", "apache-2.0", "llama3.1"], ""),
    ],
)
def test_one_text_has_one_share_alike(names, fault):
    found = conflict(book(), names)
    assert fault in found
    assert bool(fault) == bool(found)


@pytest.mark.parametrize(
    ("declared", "names", "fits"),
    [
        ("apache-2.0", ["mit", "cc-by-4.0"], True),
        ("cc-by-sa-4.0", ["cc-by-sa-3.0", "mit"], True),
        ("cc-by-sa-3.0", ["cc-by-sa-4.0"], False),
        ("cc0-1.0", ["mit"], False),
        ("apache-2.0", ["cc-by-nc-4.0"], False),
        ("cc-by-nc-4.0", ["mit"], True),
        ("apache-2.0", ["llama3.1"], False),
        ("llama3.1", ["llama3.1", "apache-2.0"], True),
        ("cc-by-sa-4.0", ["cc-by-sa-4.0", "llama3.1"], False),
        ("other", ["cc-by-sa-4.0", "llama3.1"], True),
    ],
)
def test_a_dataset_may_not_promise_more_than_its_rows(declared, names, fits):
    fault = incompatible(book(), table()[declared], frozenset(names))
    assert (not fault) == fits
    assert fits or "or 'auto'" in fault


def test_a_work_without_a_licence_needs_a_word_of_the_recipe():
    with pytest.raises(RecipeError, match="under unknown and mit; set `license`"):
        agreed(["", "mit"])
    assert agreed(["", "mit"], "cc-by-4.0") == "cc-by-4.0"
    with pytest.raises(RecipeError, match=r"'mit' promises more than llama3\.1 allows; write 'llama3\.1' or 'auto'"):
        agreed(["llama3.1"], "mit")
