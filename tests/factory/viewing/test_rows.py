"""Pages, filters, searches and sorting over the tables of a dataset."""

import json
import random

import pyarrow.parquet as pq
import pytest

from factory.errors import DatasetError, RecipeError
from factory.row import Message, Pair, Verdict
from factory.sample import Sample
from factory.viewing import matching
from factory.viewing.query import Filter, Query
from factory.viewing.rows import MOST_ROWS, Dataset, why

ALL = Query()


def places(page):
    return [row["_place"] for row in page.rows]


def found(dataset, *filters, table="rows", **query):
    asked = Query(filters=tuple(Filter(*one) for one in filters), **query)
    page = dataset.page(table, asked, 0, MOST_ROWS)
    assert page.total == len(page.rows)
    return places(page)


@pytest.fixture
def many(written, row):
    rng = random.Random(0)
    levels = [rng.choice([None, 1, 2, 3, 2.5]) for _ in range(250)]
    rows = [row(f"Question {n} もんだい", f"answer {n}", n=n, level=level, even=n % 2 == 0, word=f"w{n % 7}")
            for n, level in enumerate(levels)]  # fmt: skip
    return Dataset.open(written(rows, shard_rows=60)), levels


def test_every_page_of_a_table_of_many_files_holds_the_rows_of_its_places(many):
    dataset, _ = many
    assert (dataset.total("rows"), dataset.tables, dataset.live, dataset.kind) == (250, ("rows",), False, "rows")
    for offset in range(0, 260, 7):
        page = dataset.page("rows", ALL, offset, 7)
        assert (page.total, page.offset) == (250, offset)
        assert places(page) == [*range(offset, min(offset + 7, 250))]
        assert [one["meta"]["n"] for one in page.rows] == places(page)


@pytest.mark.parametrize(("offset", "limit", "rows"), [(250, 50, 0), (10**15, 5, 0), (-3, 2, 2), (0, 0, 0), (0, -1, 0)])
def test_a_page_behind_the_end_or_without_room_is_empty(many, offset, limit, rows):
    assert len(many[0].page("rows", ALL, offset, limit).rows) == rows


def test_a_row_comes_as_it_was_written_with_meta_read_from_its_json(written, row):
    said = Verdict("llm", True, 0.5, "", "よい")
    dataset = Dataset.open(written([row("問い", "答え", said, family="x", inside={"deep": [1, None]})]))
    (got,) = dataset.page("rows", ALL, 0, 1).rows
    assert got["messages"] == [{"role": "user", "content": "問い"}, {"role": "assistant", "content": "答え"}]
    assert got["meta"] == {"family": "x", "inside": {"deep": [1, None]}}
    assert got["verdicts"] == [said._asdict()]
    assert (got["_place"], got["_cut"]) == (0, {})


@pytest.mark.parametrize(
    ("asked", "passes"),
    [
        (("meta.n", "<", "5"), lambda n, level: n < 5),
        (("meta.n", ">=", "2.45e2"), lambda n, level: n >= 245),
        (("meta.level", "=", "2"), lambda n, level: level == 2),
        (("meta.level", "!=", "2"), lambda n, level: level is not None and level != 2),
        (("meta.level", ">", "2"), lambda n, level: level is not None and level > 2),
        (("meta.level", "is null", ""), lambda n, level: level is None),
        (("meta.level", "not null", ""), lambda n, level: level is not None),
        (("meta.even", "=", "true"), lambda n, level: n % 2 == 0),
        (("meta.even", "!=", "true"), lambda n, level: n % 2 == 1),
        (("meta.word", "=", "w3"), lambda n, level: n % 7 == 3),
        (("meta.word", ">", "w4"), lambda n, level: n % 7 > 4),
        (("meta.word", "contains", "W5"), lambda n, level: n % 7 == 5),
        (("messages", "contains", "QUESTION 12 "), lambda n, level: n == 12),
        (("messages", "not null", ""), lambda n, level: True),
        (("messages", "is null", ""), lambda n, level: False),
        (("meta", "contains", '"n":17,'), lambda n, level: n == 17),
        (("generator", "=", "anything"), lambda n, level: True),
        (("model", "=", ""), lambda n, level: True),
        (("id", "is null", ""), lambda n, level: False),
    ],
)
def test_a_filter_finds_what_plain_python_finds(many, asked, passes):
    dataset, levels = many
    assert found(dataset, asked) == [n for n, level in enumerate(levels) if passes(n, level)]


def test_filters_hold_together_and_with_a_search(many):
    dataset, levels = many
    asked = (("meta.even", "=", "true"), ("meta.level", "=", "3"))
    wanted = [n for n, level in enumerate(levels) if n % 2 == 0 and level == 3 and "4" in str(n)]
    assert found(dataset, *asked, search="4") == wanted
    assert wanted


def test_an_id_finds_its_row_among_the_filters_and_alone(many):
    dataset, _ = many
    (wanted,) = dataset.page("rows", ALL, 123, 1).rows
    assert found(dataset, ("id", "=", wanted["id"])) == [123]
    assert dataset.row("rows", wanted["id"]) == wanted
    assert dataset.row("rows", "#123") == wanted
    assert [dataset.row("rows", key) for key in ("0" * 32, "", "#250", "#-1", "#x", "#" + "9" * 30)] == [None] * 6


@pytest.mark.parametrize(
    ("text", "hits"),
    [("かめ", [0]), ("APPLE", [1, 2]), ("a.b", [3]), ("(", [3]), ("\\", [4]), ("É", [5]), ("①", [])],
)
def test_a_search_takes_what_is_typed_as_it_stands_in_either_case(written, row, text, hits):
    texts = ["つるとかめ", "An apple.", "APPLE", "a.b (c", "\\frac{1}{2}", "é", "aXb"]
    assert found(Dataset.open(written([row(one, "x") for one in texts])), search=text) == hits


def test_a_search_finds_what_judges_noted_and_rejects_are_a_table(written, row):
    rows = [row("a", "b"), row("c", "d", Verdict("llm", False, None, "bad", "二つの誤り")), row("e", "f")]
    dataset = Dataset.open(written(rows, dropped={1: ("llm", "bad")}))
    assert dataset.tables == ("rows", "rejects")
    assert found(dataset, search="誤り", table="rejects") == [0]
    assert found(dataset, ("stage", "=", "llm"), ("verdicts.llm.reason", "=", "bad"), table="rejects") == [0]
    assert found(dataset, search="誤り") == []
    assert dataset.facets("rejects", "reason") == [("bad", 1)]


def test_what_judges_said_is_columns_and_the_last_word_of_a_judge_counts(written, row):
    said = [
        (),
        (Verdict("a.b", True, 0.5),),
        (Verdict("a.b", False, 0.1), Verdict("c", None), Verdict("a.b", True, 0.9)),
    ]
    dataset = Dataset.open(written([row(f"q{n}", "x", *each) for n, each in enumerate(said)]))
    kinds = {one.name: one.kind for one in dataset.columns("rows") if one.name.startswith("verdicts.a.b")}
    assert kinds == {
        "verdicts.a.b.passed": "boolean", "verdicts.a.b.score": "number",
        "verdicts.a.b.reason": "text", "verdicts.a.b.note": "text",
    }  # fmt: skip
    assert found(dataset, ("verdicts.a.b.score", ">", "0.4")) == [1, 2]
    assert found(dataset, ("verdicts.a.b.passed", "is null", "")) == [0]
    assert found(dataset, ("verdicts.c.passed", "is null", "")) == [0, 1, 2]
    assert found(dataset, sort="verdicts.a.b.score", descending=True) == [2, 1, 0]


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_is_stable_and_what_has_no_value_comes_last(many, descending):
    dataset, levels = many
    known = [n for n, level in enumerate(levels) if level is not None]
    wanted = sorted(known, key=lambda n: -levels[n] if descending else levels[n])
    wanted += [n for n, level in enumerate(levels) if level is None]
    assert found(dataset, sort="meta.level", descending=descending) == wanted
    words = sorted(range(250), key=lambda n: -(n % 7) if descending else n % 7)
    assert found(dataset, sort="meta.word", descending=descending) == words
    filtered = [n for n in wanted if n % 2]
    assert found(dataset, ("meta.even", "=", "false"), sort="meta.level", descending=descending) == filtered


def test_facets_count_the_rows_of_a_query(many):
    dataset, levels = many
    assert dataset.facets("rows", "meta.even") == [("false", 125), ("true", 125)]
    odd = [level for n, level in enumerate(levels) if n % 2 and level is not None]
    counted = dict(dataset.facets("rows", "meta.level", Query(filters=(Filter("meta.even", "=", "false"),))))
    assert counted == {f"{level:g}": odd.count(level) for level in odd}
    assert len(dataset.facets("rows", "meta.n", limit=3)) == 3


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (Query(filters=(Filter("nothing", "=", "1"),)), "there is no column 'nothing'"),
        (Query(filters=(Filter("meta.wrod", "=", "1"),)), "did you mean 'meta.word'"),
        (Query(filters=(Filter("meta.n", "=", "x"),)), "meta.n = 'x': write a number"),
        (Query(filters=(Filter("meta.n", "=", "nan"),)), "write a number"),
        (Query(filters=(Filter("meta.even", "=", "1"),)), "write true or false"),
        (Query(filters=(Filter("meta.n", "contains", "1"),)), "a column of the kind number has"),
        (Query(filters=(Filter("messages", "=", "1"),)), "a column of the kind messages has contains"),
        (Query(sort="messages"), "rows can't be sorted by messages"),
        (Query(search="x" * 1_001), "at most 1,000"),
        (Query(filters=(Filter("meta.n", "not null"),) * 21), "21 filters are too many"),
    ],
)
def test_what_can_t_be_asked_is_told_in_a_sentence(many, query, said):
    with pytest.raises(RecipeError) as told:
        many[0].page("rows", query, 0, 10)
    assert said in str(told.value)


def test_an_unknown_table_is_told(many):
    with pytest.raises(RecipeError, match="there is no table 'secrets'; there are: rows"):
        many[0].page("secrets", ALL, 0, 1)


def test_a_field_that_is_rare_in_meta_can_be_asked_for_though_it_was_not_met(written, row):
    rows = [row(f"q{n}", "x", common=1, **({"rare": "here"} if n == 2_399 else {})) for n in range(3_000)]
    dataset = Dataset.open(written(rows, shard_rows=1_000))
    assert "meta.rare" not in [column.name for column in dataset.columns("rows")]
    assert found(dataset, ("meta.rare", "=", "here")) == [2_399]
    with pytest.raises(RecipeError, match=r"no column 'meta\.rarer'"):
        found(dataset, ("meta.rarer", "=", "here"))


def test_values_of_many_kinds_under_one_name_are_texts(written, row):
    rows = [row(f"q{n}", "x", odd=value) for n, value in enumerate(["a", 1, 2.5, True, None, "1", 10**30])]
    dataset = Dataset.open(written(rows))
    assert {one.name: one.kind for one in dataset.columns("rows")}["meta.odd"] == "text"
    assert found(dataset, ("meta.odd", "=", "1")) == [1, 5]
    assert found(dataset, ("meta.odd", "=", "true")) == [3]
    assert found(dataset, ("meta.odd", "is null", "")) == [4]


def test_lists_in_meta_are_searched_as_they_are_written_and_mappings_by_their_fields(written, row):
    rows = [row("q", "1", parents=["ab", "cd"], at={"x": {"y": 3}}), row("q", "2", parents=[], at={})]
    dataset = Dataset.open(written(rows))
    assert found(dataset, ("meta.parents", "contains", '"cd"')) == [0]
    assert found(dataset, ("meta.at.x.y", "=", "3")) == [0]


HOSTILE = ("<script>", "a'b\"c", "..", "", " ", "select *", "日本語", "a\nb", "‮", "x" * 300, "$.a", "[0]", "a.b.c")


def test_hostile_names_of_columns_are_names(written, row):
    rows = [row("q", "1", **{name: n for n, name in enumerate(HOSTILE)}), row("q", "2")]
    dataset = Dataset.open(written(rows))
    for n, name in enumerate(HOSTILE):
        assert found(dataset, (f"meta.{name}", "=", str(n))) == [0], name
        assert found(dataset, (f"meta.{name}", "is null", "")) == [1], name


def test_meta_that_is_no_json_or_holds_half_letters_breaks_nothing(written, row):
    out = written([row("q", "1", a=1), row("q", "2", a=2)])
    path = out / "data/train-00000.parquet"
    table = pq.read_table(path, partitioning=None)
    for bad in ('{"a": ', "null", '{"a": "\\ud83d"}', "[" * 5_000, ""):
        texts = [bad, '{"a":2}']
        pq.write_table(table.set_column(table.schema.get_field_index("meta"), "meta", [texts]), path)
        dataset = Dataset.open(out)
        page = dataset.page("rows", ALL, 0, 2)
        json.dumps(page.rows, ensure_ascii=False).encode()
        assert page.rows[1]["meta"] == {"a": 2}
        assert found(dataset, ("meta.a", "=", "2")) == [1]


def test_long_texts_are_cut_in_a_page_and_whole_in_a_row(written, row):
    long = "長い" * 1_250_000
    dataset = Dataset.open(written([row("q", long, note=long), row("q", "short")]))
    (got,) = dataset.page("rows", ALL, 0, 1).rows
    assert got["_cut"] == {"messages.1.content": 2_500_000, "meta.note": 2_500_000}
    assert got["messages"][1]["content"] == long[:2_000]
    assert dataset.page("rows", ALL, 0, 1, cut=10).rows[0]["messages"][1]["content"] == long[:10]
    whole = dataset.row("rows", got["id"])
    assert (whole["messages"][1]["content"], whole["_cut"]) == (long, {})
    assert found(dataset, search="い長い長") == [0]
    assert found(dataset, ("meta.note", "=", long[:900])) == []
    assert found(dataset, ("meta.note", "contains", long[:900])) == [0]


def test_a_row_of_a_thousand_long_turns_is_bounded(written, row):
    turns = tuple(Message("user", "x" * 3_000) for _ in range(1_500))
    (got,) = Dataset.open(written([row()._replace(messages=turns)])).page("rows", ALL, 0, 1).rows
    assert 99_000 < sum(len(turn["content"]) for turn in got["messages"]) <= 50 * 2_000
    assert got["_cut"]["messages"] == 1_500


def test_pairs_with_samples_and_rejects_are_three_tables(written):
    tags = ("apache-2.0", "s", "g", "m", {"family": "f"}, (Verdict("rm", True, 0.25),))
    good = (Message("assistant", "良い"),)
    pairs = [Pair((Message("user", f"q{n}"),), good, (Message("assistant", f"bad {n}"),), *tags) for n in range(4)]
    samples = [Sample("p", (Message("user", "q0"),), n, f"text {n}", "m", "", (Verdict("rm", None, n / 2),), n / 2)
               for n in range(3)]  # fmt: skip
    dataset = Dataset.open(written(pairs, dropped={2: ("margin", "below")}, samples=samples))
    assert (dataset.kind, dataset.tables) == ("pairs", ("rows", "rejects", "samples"))
    assert found(dataset, ("rejected", "contains", "BAD 3")) == [2]
    assert found(dataset, search="bad 2", table="rejects") == [0]
    assert found(dataset, ("score", ">=", "0.5"), table="samples") == [1, 2]
    assert found(dataset, ("scores.rm.score", "=", "1"), table="samples") == [2]
    assert found(dataset, ("sample", "=", "1"), table="samples") == [1]
    assert found(dataset, search="TEXT 2", table="samples") == [2]
    assert dataset.row("samples", "#1")["text"] == "text 1"


def test_a_dataset_without_rows_has_an_empty_table(written):
    dataset = Dataset.open(written([]))
    assert (dataset.tables, dataset.total("rows")) == (("rows",), 0)
    assert dataset.page("rows", ALL, 0, 50).rows == []
    assert dataset.row("rows", "0" * 32) is None
    assert found(dataset, ("meta.anything", "=", "1"), sort="verdicts.x.score") == []
    assert dataset.facets("rows", "meta.anything") == []
    dataset.warm()


def test_rows_are_sorted_by_scores_that_none_of_them_has(written, row):
    dataset = Dataset.open(written([row(f"q{n}", "x", Verdict("silent", True)) for n in range(3)]))
    for descending in (False, True):
        assert found(dataset, sort="verdicts.silent.score", descending=descending) == [0, 1, 2]


def test_a_folder_that_is_no_dataset_and_one_that_is_damaged_are_told(tmp_path, written, row):
    with pytest.raises(DatasetError, match=r"has no manifest\.json"):
        Dataset.open(tmp_path)
    out = written([row()])
    dataset = Dataset.open(out)
    (out / "data/train-00000.parquet").write_bytes(b"PAR1 is what it says, and no more PAR1")
    with pytest.raises(DatasetError, match=r"train-00000\.parquet can't be read"):
        dataset.page("rows", ALL, 0, 1)
    (out / "data/train-00000.parquet").unlink()
    with pytest.raises(DatasetError, match="can't be read"):
        dataset.page("rows", Query(search="x"), 0, 1)


def test_a_file_with_other_rows_than_its_manifest_tells_is_refused(written, row):
    out = written([row("a"), row("b")])
    path = out / "data/train-00000.parquet"
    pq.write_table(pq.read_table(path, partitioning=None).slice(0, 1), path)
    with pytest.raises(DatasetError, match="it holds 1 rows, and 2 are told"):
        Dataset.open(out).page("rows", ALL, 0, 1)


@pytest.mark.parametrize(
    "text", ["k" * 1_000, "ſ" * 1_000, "あ" * 1_000, "(?i)[a-z]*" * 90, "\0\n\t\x1b", "a{1000}" * 100]
)
def test_the_longest_and_oddest_searches_find_what_they_say_and_nothing_else(written, row, text):
    assert found(Dataset.open(written([row("nothing"), row(f"before {text} behind")])), search=text) == [1]


def test_what_is_kept_is_bounded_and_what_was_dropped_is_found_again(many, monkeypatch):
    dataset, levels = many
    small = Dataset.open(dataset.folder)
    small._values._most = small._found._most = small._orders._most = 1
    wanted = [n for n, level in enumerate(levels) if level == 3]
    for _ in range(2):
        assert found(small, ("meta.level", "=", "3")) == wanted
    assert small._values._bytes <= 1
    monkeypatch.setattr(matching, "_MOST_KEPT", 0)
    assert found(Dataset.open(dataset.folder), ("meta.level", "=", "3")) == wanted


def test_why_tells_the_story_of_a_row(many):
    dataset, _ = many
    (got,) = dataset.page("rows", ALL, 7, 1).rows
    assert why(dataset, got["id"]).found[0].row.id == got["id"]
