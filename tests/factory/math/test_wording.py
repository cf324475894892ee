"""Numbers that a solution's wording ties down: its own, and those that stand at one and the same hole."""

import pytest

from factory.math.blank import blanked
from factory.math.wording import Wording

TEMPLATE = "つる1羽をかめ1匹にかえると、足は<<extra>>本ふえます。かめは<<n>>匹です。だから全部で<<n>>匹、2.5倍です。"


def broken(templates, text):
    """What of a text contradicts the wording: positions of wrong literals, and pairs that should be equal."""
    skeleton, numbers = blanked(text)
    ties = Wording([templates] if isinstance(templates, str) else templates).ties(skeleton)
    wrong = [i for i, values in ties.fixed.items() if numbers[i] not in values]
    return wrong, [pair for pair in ties.equal if numbers[pair[0]] != numbers[pair[1]]]


def test_what_the_template_writes_contradicts_nothing():
    for extra, n in ((7, 3), (1, 1), (25, 1000)):
        text = TEMPLATE.replace("<<extra>>", str(extra)).replace("<<n>>", str(n))
        assert broken(TEMPLATE, text) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("つる1羽", "つる2羽", ([0], [])),
        ("かめ1匹に", "かめ3匹に", ([1], [])),
        ("2.5倍", "2.6倍", ([5], [])),
        ("全部で4匹", "全部で5匹", ([], [(3, 4)])),
        ("かめは4匹", "かめは5匹", ([], [(3, 4)])),
        ("足は6本", "足は8本", ([], [])),
    ],
)
def test_another_number_at_a_known_place_contradicts_it(old, new, wrong):
    text = TEMPLATE.replace("<<extra>>", "6").replace("<<n>>", "4")
    assert old in text
    assert broken(TEMPLATE, text.replace(old, new)) == wrong


def test_a_place_that_looks_like_another_ties_nothing():
    text = "りんごは8個です。"
    assert broken("りんごは3個です。", text) == ([0], [])
    assert broken(("りんごは<<a>>個です。", "りんごは3個です。"), text) == ([], [])


def test_a_template_without_numbers_ties_nothing():
    assert broken("よく考えます。", "よく3回考えます。") == ([], [])
    assert broken("", "3") == ([], [])
