import math

import pytest

from factory import columns, dedup
from factory.licence.book import book
from factory.near.keys import key_text
from factory.row import Message, Pair, Row, Verdict
from factory.spool import Spool
from factory.standing import key_texts, standing

SYSTEM, ASKED, SAID = Message("system", "be brief"), Message("user", "ＡＢ"), Message("assistant", "c")
ROWS = [
    Row((SYSTEM, ASKED, SAID, Message("user", "more"), SAID), "mit", "s", "g"),
    Row((ASKED, SAID), "mit", "s", "g"),
    Row((SYSTEM,), "mit", "s", "g"),
    Row((Message("text", "raw"),), "mit", "s", "g"),
    Row((), "mit", "s", "g"),
]
PAIRS = [
    Pair((SYSTEM, ASKED), (SAID,), (Message("assistant", "d"),), "mit", "s", "g"),
    Pair((), (SAID,), (), "mit", "s", "g"),
]


def batch(rows):
    return columns.batch(columns.kind_of(rows[0]), rows, [row.verdicts for row in rows])


@pytest.mark.parametrize("rows", [ROWS, PAIRS])
@pytest.mark.parametrize("key", ["instruction", "user", "conversation"])
def test_columns_are_compared_as_rows_are(rows, key):
    whole = batch(rows)
    expected = [key_text(row, key) for row in rows]
    assert key_texts(whole, columns.kind_of(rows[0]), key) == expected
    assert key_texts(whole.slice(1), columns.kind_of(rows[0]), key) == expected[1:]


def known(rows, tmp_path):
    with Spool(tmp_path) as texts:
        return standing([batch(rows[:2]), batch(rows).slice(2)], "rows", "user", book(), texts)


def row(text, *, score=None, license="apache-2.0", length=1, answer=None, text_id=0):
    turns = (Message("user", text), Message("assistant", "x" * length + str(text_id)))
    verdicts = (Verdict("rule", True, 0.5), *([Verdict("llm", True, score)] if score is not None else []))
    return Row(turns, license, "s", "g", meta={} if answer is None else {"answer": answer}, verdicts=verdicts)


def test_the_best_has_the_best_last_score_then_the_freest_licence_then_the_most_text(tmp_path):
    best_first = [
        row("a", score=0.9, license="cc-by-nc-4.0"),
        row("a", score=0.8, license="cc0-1.0"),
        row("a", score=0.8, license="apache-2.0", length=9),
        row("a", score=0.8, license="apache-2.0", length=2),
        row("a", score=0.8, license="cc-by-sa-4.0", length=99),
        row("a", score=0.8, license="llama3.1", length=999),
        row("a", score=0.8, license="cc-by-nc-4.0", length=9999),
        row("a"),
    ]
    for order in (range(8), (3, 7, 0, 5, 2, 6, 1, 4)):
        found = known([best_first[place] for place in order], tmp_path)
        assert found.ranks.tolist() == list(order)


def test_a_row_that_nobody_scored_comes_last_and_is_not_zero(tmp_path):
    unscored = row("a")._replace(verdicts=(Verdict("rule", True),))
    assert known([unscored, row("a", score=-5.0), row("b", score=math.inf)], tmp_path).ranks.tolist() == [2, 1, 0]


def test_texts_that_fold_alike_have_one_key_and_answers_are_kept_as_text(tmp_path):
    found = known([row("ＡＢ  c", answer="42"), row("ab C", answer=42), row("x")], tmp_path)
    assert found.keys.tolist() == [*dedup.hashes(["ab c"] * 2), *dedup.hashes(["x"])]
    assert found.answers == ["42", "42", None]


def test_a_verdict_is_added_to_some_rows_of_a_batch():
    rows = [row(str(number), score=number) for number in range(6)]
    rows[2] = rows[2]._replace(verdicts=())
    more = [Verdict("late", False, 1.0, "slug", "日本"), Verdict("late", None)]
    for first in (0, 1):
        part = batch(rows).slice(first)
        places = [2 - first, 5 - first]
        found = columns.rows(columns.judged(part, columns.np.array(places), more))
        for place, one in enumerate(found):
            added = (more[places.index(place)],) if place in places else ()
            assert one == rows[first + place]._replace(verdicts=(*rows[first + place].verdicts, *added))
