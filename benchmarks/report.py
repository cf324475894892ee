"""Measures the report of a large dataset: seconds, memory, bytes; and two datasets compared.

    python benchmarks/report.py [--rows 1000000] [--made 20000]

`--made` math rows are made with `factory generate` and repeated under new ids until there are `--rows`, an eighth of
them as dropped rows, half of those near duplicates. Each command is a process of its own, told apart by CPU seconds,
wall seconds and the peak of its resident memory.
"""

import argparse
import json
import sys
import tempfile
from hashlib import blake2b
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pyarrow as pa
import pyarrow.parquet as pq
from end_to_end import FACTORY, RECIPE, run

from factory import columns
from factory.manifest import read_manifest, write_manifest
from factory.parquet import Growing

RESULTS = Path(__file__).with_name("results") / "report.json"
DROPPED = 8
LIMITS = {"wall_s": 60.0, "bytes": 1_000_000, "peak_rss_mb": 400.0}


def renamed(table, copy):
    """The rows under ids that no other copy has."""
    ids = [blake2b(f"{copy} {id}".encode(), digest_size=16).hexdigest() for id in table["id"].to_pylist()]
    return table.set_column(table.schema.get_field_index("id"), "id", pa.array(ids))


def dropped(table):
    """The rows as a judge and the search for duplicates would have dropped them."""
    count = table.num_rows
    near = [place % 2 == 0 for place in range(count)]
    notes = [
        [{"judge": "duplicates" if one else "length", "passed": False, "score": 0.9 if one else 12.0,
          "reason": "near" if one else "answer_short",
          "note": f"kept instead: {table['id'][place // 9]}" if one else ""}]
        for place, one in enumerate(near)
    ]  # fmt: skip
    at = table.schema.get_field_index("verdicts")
    table = table.set_column(at, table.schema.field(at), pa.array(notes, table.schema.field(at).type))
    why = [
        ["duplicates" if one else "length" for one in near],
        ["near" if one else "answer_short" for one in near],
    ]
    fields = columns.DROPPED["rows"]
    return pa.Table.from_arrays([*(pa.array(said) for said in why), *table.columns], schema=fields)


def large(made, out, rows):
    """A dataset of so many rows, from one that was made."""
    manifest = read_manifest(made)
    base = pa.concat_tables([pq.read_table(made / file.file) for file in manifest.shards])
    files, lost, kept = [], [], 0
    while kept < rows:
        table = renamed(base, len(files)).slice(0, rows - kept)
        file = Growing(out, f"data/train-{len(files):05d}.parquet")
        for batch in table.to_batches(10_000):
            file.add(batch)
        files.append(file.finish(columns.KEPT["rows"]))
        if len(files) % DROPPED == 0:
            gone = Growing(out, f"rejects/train-{len(lost):05d}.parquet")
            for batch in dropped(table).combine_chunks().to_batches(10_000):
                gone.add(batch)
            lost.append(gone.finish(columns.DROPPED["rows"]))
        kept += table.num_rows
    drops = sum(file.rows for file in lost)
    fates = {"duplicates: near": (drops + 1) // 2, "length: answer_short": drops // 2}
    changed = {
        "shards": tuple(files), "rejects": tuple(lost), "rows_kept": kept, "rows_made": kept + drops,
        "rows_asked": kept + drops, "dropped": {fate: count for fate, count in fates.items() if count},
        "groups": {name: count * kept // manifest.rows_kept for name, count in manifest.groups.items()},
        "languages": {name: count * kept // manifest.rows_kept for name, count in manifest.languages.items()},
    }  # fmt: skip
    write_manifest(out, manifest.model_copy(update=changed))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--made", type=int, default=20_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="report-benchmark-") as folder:
        made, out, page = (Path(folder) / name for name in ("made", "large", "compared.html"))
        run([*FACTORY, "generate", str(RECIPE), "-o", str(made), "-q", "--no-report", "-n", str(asked.made)])
        large(made, out, asked.rows)
        report = run([*FACTORY, "report", str(out)])
        report["bytes"] = (out / "report.html").stat().st_size
        compared = run([*FACTORY, "compare", str(made), str(out), "-o", str(page)])
        compared["bytes"] = page.stat().st_size
    found = {"rows": asked.rows, "report": report, "compare": compared}
    for name in ("report", "compare"):
        figures = found[name]
        print(
            f"{name:8} {asked.rows:,} rows: {figures['cpu_s']:.1f} CPU s, {figures['wall_s']:.1f} s, "
            f"{figures['peak_rss_mb']:.0f} MB, {figures['bytes']:,} bytes"
        )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    over = [name for name, most in LIMITS.items() if report[name] > most]
    print("within its limits" if not over else f"over its limits: {', '.join(over)}")
    return bool(over)


if __name__ == "__main__":
    raise SystemExit(main())
