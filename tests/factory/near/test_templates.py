import random

import numpy as np
import pyarrow as pa
import pytest

from factory.near import templates
from factory.near.duplicates import near_duplicates

TEMPLATES = [
    "Write a company introduction for {}. Mention when it was founded, what it sells and who buys it, in a warm tone.",
    "あなたは経験豊富な料理人です。次の材料を使った献立を考えて、作り方を順に説明してください。材料は{}です。",
]


def filled(seed, rows=120):
    rng = random.Random(seed)
    letters = [chr(point) for point in range(0x4E00, 0x5200)]
    return [
        template.format("".join(rng.choices(letters, k=rng.randrange(20, 60))))
        for template in TEMPLATES
        for _ in range(rows)
    ]


def test_rows_of_a_template_get_its_id_and_free_text_none(corpus):
    free = [text for place, text in enumerate(corpus(2000)) if place % 5 != 4]
    ids = templates.assign([*free, *filled(0)])
    found = ids[len(free) :].reshape(2, 120)
    for row in found:
        (commonest,) = np.unique(row)[np.argmax(np.unique(row, return_counts=True)[1]) :][:1]
        assert (row == commonest).mean() >= 0.9
        assert commonest != templates.NONE
    assert set(found[0]).isdisjoint(set(found[1]) - {templates.NONE})
    assert (ids[: len(free)] != templates.NONE).mean() < 0.01


def test_rows_of_a_template_are_no_near_duplicates():
    assert near_duplicates(filled(0), range(240), threshold=0.8).mask.sum() == 0


def test_the_order_of_the_rows_is_of_no_account(corpus):
    texts = [*corpus(500), *filled(1)]
    order = np.random.default_rng(0).permutation(len(texts))
    assert templates.assign([texts[row] for row in order]).tolist() == templates.assign(texts)[order].tolist()


def test_a_template_is_known_again_with_other_rows():
    one, other = templates.assign(filled(1)), templates.assign(filled(2))
    assert set(one) & set(other) - {templates.NONE}


@pytest.mark.parametrize("texts", [[], [""], ["short"] * 10, ["", " "] * 40])
def test_few_or_empty_rows_are_of_no_template_or_one(texts):
    ids = templates.assign(pa.array(texts, pa.string()))
    assert len(ids) == len(texts)
    if len(texts) < templates.HOT:
        assert set(ids.tolist()) <= {templates.NONE}
