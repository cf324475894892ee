import asyncio
from collections.abc import Iterator, Sequence

import pytest

from factory.component import Generator, Item, Judge, Run
from factory.errors import JudgeError
from factory.recipe import Part
from factory.row import Message, Pair, Row, Verdict
from factory.work import Judged, Work


class Numbers(Generator):
    def items(self, run: Run) -> Iterator[Item]:
        yield Item("all", self.count)

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        texts = [f"number {n}" for n in range(item.rows)]
        return [Row((Message("user", "?"), Message("assistant", text)), "mit", "test", "numbers") for text in texts]


class Shouts(Judge):
    """Writes texts in capitals and refuses those with a 1."""

    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        return [Verdict("shouts", "1" not in row.messages[1].content) for row in rows if isinstance(row, Row)]

    async def revise(self, rows: Sequence[Row | Pair], run: Run) -> tuple[Sequence[Row | Pair], list[Verdict]]:
        def shouted(row: Row | Pair) -> Row | Pair:
            turns = row.messages if isinstance(row, Row) else ()
            return row._replace(messages=tuple(Message(one.role, one.content.upper()) for one in turns))

        return [shouted(row) for row in rows], await self.judge(rows, run)


class WantsCapitals(Judge):
    async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
        return [Verdict("capitals", row.messages[1].content.isupper()) for row in rows if isinstance(row, Row)]


class LosesRows(Judge):
    async def revise(self, rows: Sequence[Row | Pair], run: Run) -> tuple[Sequence[Row | Pair], list[Verdict]]:
        return rows[1:], [Verdict("loses", True) for _ in rows]


def judged(*judges: Judge) -> Judged:
    parts = tuple(Part(type(judge).__name__, judge) for judge in judges)
    work = Work(0, (Part("numbers", Numbers(count=3)),), parts)
    return asyncio.run(work.judged(0, Item("all", 3), Run(seed=0)))


def test_a_judge_may_give_back_changed_rows_which_later_judges_see() -> None:
    found = judged(Shouts(), WantsCapitals())
    assert [row.messages[1].content for row in found.good() if isinstance(row, Row)] == ["NUMBER 0", "NUMBER 2"]
    assert found.good()[0].id == Row((Message("user", "?"), Message("assistant", "NUMBER 0")), "", "", "").id
    assert [verdict.judge for verdict in found.verdicts[0]] == ["shouts", "capitals"]


def test_a_dropped_row_stands_in_the_rejects_as_the_judge_gave_it_back() -> None:
    found = judged(Shouts(), WantsCapitals())
    assert found.fates == {1: ("Shouts", "failed")}
    assert isinstance(found.rows[1], Row)
    assert found.rows[1].messages[1].content == "NUMBER 1"
    assert len(found.rows) == 3


def test_the_second_judge_of_a_kind_has_a_number_wherever_it_is_named() -> None:
    class Counts(Judge):
        wanted: str

        async def judge(self, rows: Sequence[Row | Pair], run: Run) -> list[Verdict]:
            run.count("counts", "judged", len(rows))
            return [Verdict("counts", self.wanted in row.messages[1].content) for row in rows if isinstance(row, Row)]

    run = Run(seed=0)
    parts = (Part("counts", Counts(wanted="number")), Part("counts", Counts(wanted="1")))
    work = Work(0, (Part("numbers", Numbers(count=3)),), parts)
    found = asyncio.run(work.judged(0, Item("all", 3), run))
    assert [verdict.judge for verdict in found.verdicts[1]] == ["counts", "counts 2"]
    assert found.fates == {0: ("counts 2", "failed"), 2: ("counts 2", "failed")}
    assert run.tallies == {"counts: judged": 3, "counts 2: judged": 3}


def test_a_judge_that_only_judges_leaves_the_rows_alone() -> None:
    assert [row.messages[1].content for row in judged(WantsCapitals()).rows if isinstance(row, Row)] == [
        "number 0",
        "number 1",
        "number 2",
    ]


def test_a_judge_that_gives_back_fewer_rows_is_refused() -> None:
    with pytest.raises(JudgeError, match="3 verdicts and 2 rows for 3 rows"):
        judged(LosesRows())
