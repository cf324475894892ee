"""Measures our rows, one family and language at a time: the measured side of `math.py`, run in a process of its own.

It reads one JSON task per line and answers with one JSON line, so that the caller can let other libraries take turns
on the same core. All times are CPU seconds of this process.

A row counts from its parameters to the dict of its fields, chat messages, licence, source, meta and the verdict of the
check: writing, reading back and checking included; drawing the parameters is told apart. Warm means: after
`warm` rows of the same family and language, by when the skeletons of its texts are known. The garbage collector runs
as seldom as in `factory generate`.
"""

import asyncio
import json
import os
import sys
import time
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

from factory import columns
from factory.component import Item, Run
from factory.errors import FactoryError
from factory.math import check, families, render
from factory.math.audit import Audit, Task
from factory.math.draw import Drawn
from factory.math.problems import BLOCK, FINAL
from factory.row import Row
from generators.math import PART, Math

REPEATS = 3
PARTS = ("draw", "write", "check", "row", "learn")
"""Where the time goes; `row` makes `Row` and dict, `learn` is what new skeletons cost."""
USED_UP = 0.1
"""A family whose last round of drawing brought fewer new keys than this share of all counts as used up."""


def drawn(name, seed, rows):
    """Up to `rows` new keys and the CPU seconds per key, rounds counted whole."""
    run = Run(seed)
    start = time.process_time()
    stream = Drawn(name, run.random("math", name), seed % 2)
    for _, new in stream.rounds():
        if len(stream.keys) >= rows or len(new) < USED_UP * len(stream.keys):
            break
    seconds = time.process_time() - start
    return list(stream.keys)[:rows], seconds / max(1, len(stream.keys))


def made(loop, name, language, keys):
    """The rows of some keys as dicts, with the CPU seconds that `Math.rows` and the dicts took."""
    generator, run, dicts, refused = Math(count=1, families=(name,)), Run(0), 0, 0
    start = time.process_time()
    for at in range(0, len(keys), BLOCK):
        part = keys[at : at + BLOCK]
        rows = loop.run_until_complete(generator.rows(Item("", len(part), (name, None, language, part)), run))
        refused += sum(not row["verdicts"][0].passed for row in map(Row._asdict, rows))
        dicts += len(rows)
    return time.process_time() - start, dicts, refused


def parts(name, language, keys):
    """CPU seconds of writing alone and of checking alone."""
    write, refusals = render.writer(name, language).block, check.checker(name, language).refusals
    cut = [keys[at : at + PART] for at in range(0, len(keys), PART)]
    start = time.process_time()
    blocks = [write(part) for part in cut]
    middle = time.process_time()
    for block in blocks:
        refusals(block)
    return middle - start, time.process_time() - middle


def skeletons(name, language):
    """How many skeletons of questions, solutions and answers are known."""
    reader = check.checker(name, language)
    return len(reader.question_plans) + len(reader.step_plans) + len(reader.answer_plans)


def rate(loop, name, language, rows, warm):
    """One line of the table: medians over `REPEATS` blocks of new rows.

    The total holds what new skeletons in the block cost; each block is then made once more to tell that apart.
    """
    learning, _ = drawn(name, 0, warm)
    first, first_rows, refused = made(loop, name, language, learning)
    known = skeletons(name, language)
    found = []
    for repeat in range(REPEATS):
        keys, draw = drawn(name, 2 * repeat + 2, rows)
        seconds, count, bad = made(loop, name, language, keys)
        again, _, _ = made(loop, name, language, keys)
        write, checked = (part / count for part in parts(name, language, keys))
        refused += bad
        row, learn = max(0.0, again / count - write - checked), max(0.0, (seconds - again) / count)
        found.append((seconds / count, draw, write, checked, row, learn))
    total, *us = map(median, zip(*found, strict=True))
    return {
        "rows_per_s": 1 / total,
        "rows_per_s_drawn": 1 / (total + us[0]),
        "us": {part: seconds * 1e6 for part, seconds in zip(PARTS, us, strict=True)},
        "rows": count,
        "refused": refused,
        "cold_s": max(0.0, first - first_rows * total),
        "cold_rows": first_rows,
        "cold_rows_per_s": first_rows / (first + first_rows * us[0]),
        "skeletons": known,
    }


def audited(loop, name, language, rows):
    """Rows a second when plain SymPy solves each row again from its text."""
    keys, _ = drawn(name, 2, rows)
    item = Item("", len(keys), (name, None, language, keys))
    tasks = [
        Task(name, language, row.messages[0].content, row.messages[1].content.rsplit(f"\n{FINAL[language]}", 1)[1])
        for row in loop.run_until_complete(Math(count=1, families=(name,)).rows(item, Run(0)))
    ]
    before = children()
    with Audit([families.load(name)]) as audit:
        reasons = audit.reasons(tasks)
    return {"rows": len(tasks), "seconds": children() - before, "wrong": sum(map(bool, reasons))}


def children():
    """CPU seconds of processes that ended."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pinned():
    """Stay on one core where the system lets us."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main():
    pinned()
    with asyncio.Runner() as runner, columns.frugal():
        loop = runner.get_loop()
        for line in sys.stdin:
            task = json.loads(line)
            kind = task.pop("kind")
            if kind == "audit":
                import sympy  # noqa: F401 - loaded before the audit's processes are forked, so that none pays for it
            try:
                answer = {"rate": rate, "audit": audited}[kind](loop, **task)
            except FactoryError as error:
                answer = {"error": str(error)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
