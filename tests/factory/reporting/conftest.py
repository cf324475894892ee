from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from factory import columns
from factory.manifest import PACKAGE, Manifest, version_of, write_manifest
from factory.parquet import File, Growing
from factory.row import Message, Pair, Row, Verdict


@pytest.fixture
def row() -> Callable[..., Row]:
    """A row of one question and one answer; what else is known of it goes into meta."""

    def build(question: str, answer: str = "Yes.", said: Sequence[Verdict] = (), model: str = "", **meta: Any) -> Row:
        turns = (Message("user", question), Message("assistant", answer))
        return Row(turns, "mit", "s", "g", model, meta, tuple(said))

    return build


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[..., Path]:
    """A finished dataset of these rows and these dropped ones, each with its stage and reason."""

    def build(
        kept: Sequence[Row | Pair],
        dropped: Sequence[tuple[str, str, Row | Pair]] = (),
        name: str = "tried",
        **facts: Any,
    ) -> Path:
        folder = tmp_path / name.encode("ascii", "ignore").hex()[:40]
        kind = columns.kind_of((*kept, *(one for *_, one in dropped))[0])
        lost = [one for *_, one in dropped]
        batch = columns.batch(kind, lost, [one.verdicts for one in lost])
        rejects = columns.dropped(batch, [one[0] for one in dropped], [one[1] for one in dropped], kind)
        shards = (
            _written(folder, "data/train-00000.parquet", columns.batch(kind, kept, [one.verdicts for one in kept])),
        )
        languages = Counter(str(one.meta["language"]) for one in kept if "language" in one.meta)
        manifest = Manifest(
            **{
                "name": name,
                "description": "",
                "license": "mit",
                "computed_license": "mit",
                "digest": "0" * 64,
                "settings": {"generate": [{"use": "g"}], "judge": [], "policy": "open"},
                "versions": {PACKAGE: version_of(PACKAGE)},
                "seed": 0,
                "kind": kind,
                "rows_asked": len(kept),
                "rows_made": len(kept) + len(dropped),
                "rows_kept": len(kept),
                "dropped": dict(Counter(f"{stage}: {reason}" for stage, reason, _ in dropped)),
                "shortfalls": (),
                "shards": shards,
                "rejects": (_written(folder, "rejects/train-00000.parquet", rejects),) if dropped else (),
                "groups": dict(Counter(str(one.meta.get("family") or one.generator) for one in kept)),
                "group_drops": {},
                "languages": dict(languages),
                "licences": {"mit": len(kept)} if kept else {},
                "sources": {"s": len(kept)} if kept else {},
                **facts,
            }
        )
        write_manifest(folder, manifest)
        return folder

    return build


def _written(folder: Path, name: str, batch: Any) -> File:
    file = Growing(folder, name)
    file.add(batch)
    return file.finish(batch.schema)
