"""An address says all that a page shows, and is read back as it was written."""

from typing import get_args
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.errors import RecipeError
from factory.viewing.query import Filter, Op, Query
from factory.viewing.web.asked import LIMITS, Asked, asked

NAMES = st.text(min_size=1, max_size=12).filter(str.strip)
FILTERS = st.builds(Filter, NAMES, st.sampled_from(get_args(Op)), st.text(max_size=12))
QUERIES = st.builds(
    lambda filters, search, sort, down: Query(tuple(filters), search.strip(), sort, down and bool(sort)),
    st.lists(FILTERS, max_size=3),
    st.text(max_size=12),
    st.one_of(st.just(""), NAMES),
    st.booleans(),
)
COLUMNS = st.lists(NAMES, max_size=3, unique=True).map(tuple)
ALL = st.builds(
    Asked,
    QUERIES,
    st.integers(0, 10**9),
    st.sampled_from(LIMITS),
    st.one_of(st.none(), COLUMNS),
    COLUMNS,
    st.booleans(),
)


def read(address: str) -> Asked:
    return asked(parse_qsl(address.removeprefix("?"), keep_blank_values=True))


@given(ALL)
def test_an_address_is_read_back_as_it_was_written(wanted: Asked) -> None:
    assert read(wanted.address()) == wanted


def test_a_filter_is_added_once_and_taken_away() -> None:
    one = read(Asked(offset=50).with_filter("a", "x"))
    assert one.query.filters == (Filter("a", "=", "x"),)
    assert one.offset == 0
    assert read(one.with_filter("a", "x")) == one
    assert read(one.with_filter("b", None)).query.filters[1] == Filter("b", "is null")
    assert read(one.without(0)) == Asked()


def test_a_column_sorts_upward_then_downward_then_not_at_all() -> None:
    up = read(Asked().sorted_by("a"))
    down = read(up.sorted_by("a"))
    assert [(one.query.sort, one.query.descending) for one in (up, down, read(down.sorted_by("a")))] == [
        ("a", False),
        ("a", True),
        ("", False),
    ]


@pytest.mark.parametrize("fields", [[("op", "=")], [("column", "a"), ("op", "~"), ("value", "1")], [("offset", "1e3")]])
def test_an_address_that_asks_for_nothing_known_is_refused(fields: list[tuple[str, str]]) -> None:
    with pytest.raises(RecipeError):
        asked(fields)


def test_an_empty_filter_of_a_form_is_none() -> None:
    assert asked([("column", " "), ("op", "="), ("value", ""), ("row", "7")]) == Asked(offset=6)
