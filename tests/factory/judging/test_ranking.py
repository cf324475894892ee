"""Orders of answers are read from what judges write, or not at all."""

import pytest

from factory.judging.ranking import points, ranking


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("[[B > A > C]]", "BAC"),
        ("B is the clearest.\n\n[[B>A>C]]", "BAC"),
        ("[[Ｂ ＞ Ａ ＞ Ｃ]]", "BAC"),
        ("[[B, A, C]]", "BAC"),
        ("[[B]]", "B"),
        ("[[回答B > 回答A]]", None),
        ('{"reason": "A is wrong", "ranking": ["C", "B", "A"]}', "CBA"),
        ('{"reason": "[[A > B > C]]", "ranking": ["C", "C", "B"]}', "CB"),
        ('{"best": "A"}', "A"),
        ('{"ranking": []}', None),
        ('{"reason": "none"}', None),
        ("Ranking: C > B > A", "CBA"),
        ("**Best answer:** B", "B"),
        ("順位：C、A、B", "CAB"),
        ("最も良い回答：B", "B"),
        ("The first is short.\nC > A > B", "CAB"),
        ("<think>[[A > B > C]]</think>[[B > A > C]]", "BAC"),
        ("[[A > B > C]] or rather [[B > A > C]]", None),
        ("[[D > A]]", None),
        ("[[A > A > B]]", None),
        ("A = B > C", None),
        ("All of them are good.", None),
        ("", None),
        ("[" * 100_000, None),
        ("A > " * 20_000, None),
    ],
)
def test_an_order_is_read_or_none(text, order):
    found = ranking(text, "ABC")
    assert found == (None if order is None else tuple(order))


def test_points_are_the_answers_behind_and_those_left_out_share_the_rest():
    assert points("BAC", "ABC") == {"A": 1.0, "B": 2.0, "C": 0.0}
    assert points("B", "ABCD") == {"A": 1.0, "B": 3.0, "C": 1.0, "D": 1.0}
    assert sum(points("CB", "ABCDE").values()) == sum(range(5))
