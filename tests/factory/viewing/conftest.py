"""Dataset folders of any rows, finished or under way, written as a run writes them."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from factory.manifest import Manifest, write_manifest
from factory.packed import pack
from factory.row import Message, Row, Verdict
from factory.shards import RUN, STAGED, Shards
from factory.work import Judged

Write = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write rows into a folder: `dropped` says stage and reason by place."""

    def write(rows, *, dropped=None, samples=(), shard_rows=1_000, live=False, name="set", staged=False) -> Path:
        out = tmp_path / name
        settings = {"name": name, "generate": [{"use": "anything", "count": len(rows) + 10}]}
        (out / "state").mkdir(parents=True)
        run = {"digest": f"digest of {name}", "settings": settings, "package": "1"}
        (out / "state" / RUN).write_bytes(orjson.dumps(run))
        shards = Shards(out / "state" / STAGED if staged else out, shard_rows=shard_rows, exact=False)
        for place, row in enumerate(rows):
            fates = {0: dropped[place]} if dropped and place in dropped else {}
            more = list(samples) if place == 0 else []
            shards.add(pack([Judged([row], [row.verdicts], fates, samples=more)]))
        if live:
            return out
        shards.close()
        finish(out, shards, name, settings)
        return out

    return write


def finish(out: Path, shards: Shards, name: str, settings: dict[str, object]) -> None:
    """Declare a run ended."""
    done = shards.written
    tables = {
        table: tuple(file for file in done.files if file.file.startswith(folder))
        for table, folder in (("shards", "data/"), ("rejects", "rejects/"), ("samples", "samples/"))
    }
    manifest = Manifest(
        name=name, description="", license="apache-2.0", digest=f"digest of {name}", settings=settings, versions={},
        seed=0, kind=done.kind, rows_asked=done.counts.made, rows_made=done.counts.made, rows_kept=done.counts.kept,
        dropped=dict(done.counts.dropped), shortfalls=(), groups={}, group_drops={}, languages={}, licences={},
        sources={}, **tables,
    )  # fmt: skip
    write_manifest(out, manifest)
    for path in (out / "state").glob("*"):
        path.unlink()
    (out / "state").rmdir()


@pytest.fixture
def row() -> Callable[..., Row]:
    """A row of one question and one answer."""

    def make(question: str = "1+1?", said: str = "2", /, *verdicts: Verdict, **meta: object) -> Row:
        turns = (Message("user", question), Message("assistant", said))
        return Row(turns, "apache-2.0", "somewhere", "anything", "", meta, verdicts)

    return make
