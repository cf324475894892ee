"""The viewer over a million rows: pages, filters, searches, sorting, memory; beside duckdb and datasets.

    python benchmarks/view.py [--rows 1000000] [--data FOLDER] [--long-rows 0] [--peers duckdb,datasets] [--core 1]

The rows are those of `recipes/math.yaml`, made here unless `--data` names a dataset. With `--long-rows`, so many
conversations of 437 characters on average, half of them Japanese, whose texts hardly compress, are looked at as well.

`data` is `factory.viewing.rows.Dataset` in a process of its own, on one core; `server` is `factory view` itself, asked
over HTTP, so that writing the page and sending it count; both after they have read ahead. Each query is asked once,
so that nothing is answered from what is kept of it. Wall and CPU milliseconds; memory is what the system counts as
resident of the whole process (VmRSS, its worst moment VmHWM, pages of mapped files included), after all queries.
Peers read the same Parquet files with one thread: duckdb in SQL, datasets from the Arrow copy that it makes first.
"""

import argparse
import contextlib
import http.client
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

RESULT = Path(__file__).parent / "results" / "view.json"
RECIPE = Path(__file__).parents[1] / "recipes" / "math.yaml"
BARS_MS = {"page": 20, "filter": 300, "search": 700}
MEMORY_BAR_MB = 250
PAGE = 50
WORDS = (
    "つるとかめ",
    "足の数",
    "りんご",
    "solve the",
    "APPLES",
    "probability",
    "時速",
    "zebra",
    "答え",
    "dice",
    "\\sqrt{5}",
)
"""What is searched for: rare, frequent and missing, in both languages."""


def queries(known, total):
    """What is asked, by what it measures: filters as column, operator, value; a search; a sort; a place."""
    rng, families = random.Random(0), known["families"]
    places = [0] * 10 + [total // 2] * 10 + [max(0, total - PAGE)] * 10 + [rng.randrange(total) for _ in range(40)]
    asked = [{"what": "page", "offset": place} for place in places]
    asked += [{"what": "filter", "filters": [["meta.family", "=", family]]} for family in families[:40]]
    asked += [
        {"what": "filter", "filters": [["meta.language", "=", "ja"], ["meta.difficulty", ">=", n]]} for n in "12345"
    ]
    asked += [{"what": "filter", "filters": [["source", "contains", family]]} for family in families[40:50]]
    asked += [
        {"what": "filter", "filters": [["meta.answer", "contains", text]]} for text in ("12", "匹", "x = 1", "円")
    ]
    asked += [{"what": "search", "search": word} for word in WORDS]
    asked += [{"what": "filter", "filters": [["meta.meta_language", "=", language]]} for language in ("ja", "en")]
    columns = ("meta.difficulty", "verdicts.math_check.score", "meta.family", "meta.row")
    asked += [{"what": "sort", "sort": column, "descending": down} for column in columns for down in (True, False)]
    needs = [{one.get("sort", "id"), *(each[0] for each in one.get("filters", ()))} for one in asked]
    return [one for one, names in zip(asked, needs, strict=True) if names <= {*known["columns"]}]


def memory(pid="self"):
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: round(int(fields[name].split()[0]) / 1024, 1) for name in ("VmRSS", "VmHWM", "RssAnon", "RssFile")}


def data(folder):
    """Our own reading of rows, in this process."""
    from factory.viewing.frugal import frugal
    from factory.viewing.query import Filter, Query
    from factory.viewing.rows import Dataset

    frugal()

    began = time.perf_counter()
    dataset = Dataset.open(Path(folder))
    opened = time.perf_counter()
    total = dataset.total("rows")
    dataset.warm()
    warm = time.perf_counter()
    columns = [column.name for column in dataset.columns("rows")]
    column = "meta.family" if "meta.family" in columns else "source"
    known = {"columns": columns, "families": [name for name, _ in dataset.facets("rows", column, limit=300)]}
    facts = {"rows": total, "open_ms": 1e3 * (opened - began), "read_ahead_ms": 1e3 * (warm - opened)}

    def ask(one):
        query = Query(
            tuple(Filter(*each) for each in one.get("filters", ())), one.get("search", ""), one.get("sort", ""),
            one.get("descending", False),
        )  # fmt: skip
        return dataset.page("rows", query, one.get("offset", 0), PAGE).total

    return facts | {"times": timed(queries(known, total), ask), "memory": memory(), "known": known}


def timed(asked, ask, clock=time.process_time):
    """Wall and CPU milliseconds of each query."""
    found = []
    for one in asked:
        cpu, wall = clock(), time.perf_counter()
        ask(one)
        found.append([one["what"], 1e3 * (time.perf_counter() - wall), 1e3 * (clock() - cpu)])
    return found


def cpu_of(pid):
    """Seconds of CPU that all threads of a process took."""
    took = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            took += int((thread / "schedstat").read_text().split()[0])
    return took / 1e9


def duckdb(folder):
    import duckdb

    db = duckdb.connect(config={"threads": 1})
    files = f"read_parquet('{folder}/data/*.parquet')"
    total = db.sql(f"select count(*) from {files}").fetchall()[0][0]
    kinds = {"meta.difficulty": "cast(json_extract(meta, '$.difficulty') as double)"}

    def column(name):
        if name.startswith("verdicts."):
            return "verdicts[1].score"
        return kinds.get(name) or (f"json_extract_string(meta, '$.{name[5:]}')" if name.startswith("meta.") else name)

    def ask(one):
        where, given = ["true"], []
        for name, op, value in one.get("filters", ()):
            where.append(f"contains({column(name)}, ?)" if op == "contains" else f"{column(name)} {op} ?")
            given.append(float(value) if name == "meta.difficulty" else value)
        if "search" in one:
            where.append("len(list_filter(messages, lambda m: contains(lower(m.content), ?))) > 0")
            given.append(one["search"].lower())
        at = f"from {files} where {' and '.join(where)}"
        order = f"order by {column(one['sort'])} {'desc' if one['descending'] else ''}" if "sort" in one else ""
        count = total if len(where) == 1 else db.execute(f"select count(*) {at}", given).fetchall()[0][0]
        db.execute(f"select * {at} {order} limit {PAGE} offset {one.get('offset', 0)}", given).fetchall()
        return count

    return ask, total


def datasets(folder):
    import datasets

    datasets.disable_progress_bars()
    files = sorted(map(str, Path(folder, "data").glob("*.parquet")))
    rows = datasets.Dataset.from_parquet(files, cache_dir=tempfile.mkdtemp(prefix="view_peer_"))

    def passes(batch, one):
        found = [True] * len(batch["id"])
        for name, op, value in one.get("filters", ()):
            if name.startswith("meta."):
                values = [json.loads(meta).get(name[5:]) for meta in batch["meta"]]
            else:
                values = batch[name]
            if op == "contains":
                here = [value in str(each) for each in values]
            elif op == ">=":
                here = [each is not None and each >= float(value) for each in values]
            else:
                here = [each == value for each in values]
            found = [a and b for a, b in zip(found, here, strict=True)]
        if "search" in one:
            word = one["search"].lower()
            said = [any(word in turn["content"].lower() for turn in turns) for turns in batch["messages"]]
            found = [a and b for a, b in zip(found, said, strict=True)]
        return found

    def ask(one):
        chosen = rows
        if "filters" in one or "search" in one:
            chosen = rows.filter(passes, batched=True, fn_kwargs={"one": one}, load_from_cache_file=False)
        start = one.get("offset", 0)
        chosen[start : start + PAGE]
        return len(chosen)

    return ask, len(rows)


def peer(name, folder, known):
    """A peer's answers to a few of the same queries, in this process."""
    began = time.perf_counter()
    ask, total = {"duckdb": duckdb, "datasets": datasets}[name](folder)
    facts = {"open_ms": 1e3 * (time.perf_counter() - began)}
    asked = queries(known, total)
    few = (
        {"page": 40, "filter": 6, "search": 2, "sort": 2}
        if name == "duckdb"
        else {"page": 40, "filter": 1, "search": 1}
    )
    chosen = []
    for what, most in few.items():
        of = [one for one in asked if one["what"] == what]
        chosen += of[:: max(1, len(of) // most)][:most]
    return facts | {"times": timed(chosen, ask), "memory": memory()}


def server(folder, known, core):
    """`factory view` itself, asked over HTTP."""
    command = [sys.executable, "-c", "from factory.cli import main; main()", "view", str(folder), "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    try:
        port = int(process.stdout.readline().split()[0].rstrip("/").rpartition(":")[2])

        def ask(one):
            fields = [
                pair for each in one.get("filters", ()) for pair in zip(("column", "op", "value"), each, strict=True)
            ]
            fields += [(name, one[name]) for name in ("search", "sort", "offset") if one.get(name)]
            fields += [("descending", "1")] if one.get("descending") else []
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("GET", f"/rows?{urlencode(fields)}")
            answer = connection.getresponse()
            page = answer.read()
            connection.close()
            if answer.status != 200:
                raise RuntimeError(f"{one}: {answer.status} {page[:500]!r}")
            return len(page)

        total = json.loads((Path(folder) / "manifest.json").read_bytes())["rows_kept"]
        ask({})
        time.sleep(8)  # it reads ahead
        times = timed(queries(known, total), ask, lambda: cpu_of(process.pid))
        return {"times": times, "memory": memory(process.pid)}
    finally:
        process.terminate()
        process.wait()


def make_long(out, rows):
    """Conversations whose texts hardly compress, through the gate."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from near_duplicates import MEAN, sentences

    rng = random.Random(0)
    known = {language: sentences(language, rng) for language in ("ja", "en")}
    turn = pa.struct([("role", pa.string()), ("content", pa.string())])
    schema = pa.schema([("messages", pa.list_(turn)), ("meta_language", pa.string())])
    path = out.parent / "long.parquet"
    with pq.ParquetWriter(path, schema) as writer:
        for first in range(0, rows, 10_000):
            texts = []
            for place in range(first, min(first + 10_000, rows)):
                language, text = ("ja", "en")[place % 2], f"{place}: "
                most = rng.uniform(0.2, 1.8) * MEAN
                while len(text) < most:
                    text += rng.choice(known[language])
                half = len(text) // 3
                texts.append([{"role": "user", "content": text[:half]}, {"role": "assistant", "content": text[half:]}])
            languages = [("ja", "en")[place % 2] for place in range(first, first + len(texts))]
            writer.write_table(pa.table([texts, languages], schema=schema))
    gate = out.parent / "gate.yaml"
    gate.write_text('duplicates: "off"\n')
    command = ["gate", str(path), "--license", "cc-by-4.0", "-r", str(gate), "-o", str(out), "-q", "--no-report"]
    command += ["--set", "generate.0.keep=[meta_language]"]
    subprocess.run([sys.executable, "-c", "from factory.cli import main; main()", *command], check=True, stdout=2)


def child(core, *arguments):
    """What this script says in a process of its own."""
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    return json.loads(done.stdout.splitlines()[-1])


def summary(found):
    """p50 and p95 of each kind."""
    told = {}
    for what in dict.fromkeys(one[0] for one in found["times"]):
        walls = sorted(one[1] for one in found["times"] if one[0] == what)
        cpus = [one[2] for one in found["times"] if one[0] == what]
        told[what] = {
            "n": len(walls),
            "p50_ms": round(statistics.median(walls), 1),
            "p95_ms": round(walls[min(len(walls) - 1, int(0.95 * len(walls)))], 1),
            "p50_cpu_ms": round(statistics.median(cpus), 1),
        }
    return told


def table(name, rows):
    print(f"\n{name}")
    print(f"{'':10} {'query':8} {'n':>4} {'p50 ms':>9} {'p95 ms':>9} {'CPU p50':>9} {'RSS MB':>8} {'worst':>8}")
    for who, found in rows.items():
        if "failed" in found:
            print(f"{who:10} {found['failed']}")
            continue
        for what, one in found["summary"].items():
            held = found["memory"]
            print(f"{who:10} {what:8} {one['n']:4} {one['p50_ms']:9.1f} {one['p95_ms']:9.1f} {one['p50_cpu_ms']:9.1f} "
                  f"{held['VmRSS']:8.0f} {held['VmHWM']:8.0f}")  # fmt: skip


def measured(folder, peers, core):
    ours = child(core, "--measure", folder)
    known = ours.pop("known")
    found = {"data": ours, "server": server(folder, known, core)}
    for name in peers:
        try:
            found[name] = child(core, "--measure-peer", name, folder, json.dumps(known))
        except subprocess.CalledProcessError as error:
            found[name] = {"failed": f"can't be had here (exit code {error.returncode})"}
    for one in found.values():
        if "times" in one:
            one["summary"] = summary(one)
            del one["times"]
    return found


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--measure"]:
        print(json.dumps(data(arguments[1])))
        return
    if arguments[:1] == ["--measure-peer"]:
        print(json.dumps(peer(arguments[1], arguments[2], json.loads(arguments[3]))))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--long-rows", type=int, default=0)
    parser.add_argument("--peers", default="duckdb,datasets")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    given = parser.parse_args()
    peers = [name for name in given.peers.split(",") if name]
    with tempfile.TemporaryDirectory(prefix="view_") as work:
        folder = given.data
        if folder is None:
            folder = Path(work, "math")
            command = ["generate", str(RECIPE), "-o", str(folder), "-n", str(given.rows), "-q", "--no-report"]
            subprocess.run([sys.executable, "-c", "from factory.cli import main; main()", *command], stdout=2)
        result = {"python": platform.python_version(), "machine": platform.machine()}
        result["math"] = measured(folder, peers, given.core)
        table(f"{result['math']['data']['rows']:,} rows of math", result["math"])
        if given.long_rows:
            folder = Path(work, "long")
            make_long(folder, given.long_rows)
            result["long"] = measured(folder, [], given.core)
            table(f"{given.long_rows:,} long rows", result["long"])
    for name, bar in BARS_MS.items():
        got = [result["math"][who]["summary"][name] for who in ("data", "server")]
        told = [f"{one['p50_ms']} ({one['p50_cpu_ms']} CPU)" for one in got]
        print(f"{name}: bar {bar} ms, data {told[0]}, server {told[1]}")
    print(f"memory: bar {MEMORY_BAR_MB} MB, server {result['math']['server']['memory']}")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
