"""Shares are whole numbers that add up and follow the weights as far as there is enough."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.source.mixture import Part, shares, weights


def decimals(*numbers: float) -> list[Decimal]:
    return [Decimal(str(number)) for number in numbers]


@given(
    st.integers(0, 10_000),
    st.lists(st.tuples(st.floats(0.001, 1_000), st.integers(0, 3_000)), min_size=1, max_size=8),
)
def test_shares_add_up_and_none_is_above_its_room(count, sources):
    room = [most for _, most in sources]
    found = shares(count, decimals(*(weight for weight, _ in sources)), room)
    assert sum(found) == min(count, sum(room))
    assert all(share <= most for share, most in zip(found, room, strict=True))


@given(st.integers(0, 10_000), st.lists(st.integers(1, 1_000), min_size=1, max_size=8))
def test_with_room_for_all_a_share_is_its_exact_part_rounded_up_or_down(count, whole):
    found = shares(count, decimals(*whole), [count] * len(whole))
    assert all(
        abs(share * sum(whole) - count * weight) < sum(whole) for share, weight in zip(found, whole, strict=True)
    )


@pytest.mark.parametrize(
    ("count", "weighed", "room", "found"),
    [
        (10, (1, 1, 1), (9, 9, 9), [4, 3, 3]),
        (7, (0.5, 0.3, 0.2), (9, 9, 9), [4, 2, 1]),
        (100, (1, 1, 2), (5, 1_000, 1_000), [5, 32, 63]),
        (100, (1, 1), (30, 20), [30, 20]),
        (10, (1, 1), (0, 30), [0, 10]),
        (None, (3, 1), (300, 1_000), [300, 100]),
        (None, (1, 1), (50, 20), [20, 20]),
        (0, (1,), (5,), [0]),
    ],
)
def test_what_one_source_lacks_the_others_bring(count, weighed, room, found):
    assert shares(count, decimals(*weighed), room) == found


class Sized:
    """A source of that many records."""

    def __init__(self, count: int) -> None:
        self.count = count


def test_a_temperature_evens_sizes_out():
    parts = [Part(Sized(10_000), None, None), Part(Sized(100), None, None)]  # type: ignore[arg-type]
    assert weights(parts, 1) == [10_000, 100]
    assert weights(parts, 2) == [100, 10]
    assert weights([Part(Sized(10_000), None, 400), parts[1]], 2) == [20, 10], "sizes are capped first, as in T5"
    assert weights([Part(Sized(7), 0.09, None)], 2) == [Decimal("0.3")]
    assert weights([Part(Sized(0), None, None)], 2) == [0]
    almost = weights(parts, 1_000)
    assert almost[0] / almost[1] < Decimal("1.01")
