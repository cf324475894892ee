"""Audits generated math rows with plain SymPy.

    python benchmarks/audit_math.py --rows 500 [--families GLOB] [--workers 2]

Each family makes `--rows` rows in each language through `generators/math.py`; question and final answer are then read
as raw text by `factory.math.oracle`, which shares no code with what wrote or checked them. Exit code 1 where a row is
wrong, can't be read, or takes SymPy longer than ten seconds.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

from factory.component import Run
from factory.errors import RecipeError
from factory.math import families
from factory.math.audit import Audit, Task
from generators.math import FINAL, Math

RESULTS = Path(__file__).parent / "results"


def rows_of(name, language, count, seed):
    """The rows of one family in one language, refused ones left out."""
    run = Run(seed)
    generator = Math(count=count, families=(name,), languages={language: 1.0})

    async def made():
        return [row for item in generator.items(run) for row in await generator.rows(item, run)]

    return [row for row in asyncio.run(made()) if row.verdicts[0].passed]


def task(name, language, row):
    question, reply = row.messages[0].content, row.messages[1].content
    return Task(name, language, question, reply.rsplit(f"\n{FINAL[language]}", 1)[1])


def audited(name, language, count, seed, audit) -> dict[str, Any]:
    """One line of the table."""
    start = perf_counter()
    try:
        rows = rows_of(name, language, count, seed)
    except (RecipeError, AttributeError) as error:
        nothing = {"question": "", "answer": ""}
        return {
            "family": name, "language": language, "rows": 0, "wrong": 0, "unread": 1, "timeout": 0, "rows_per_s": 0.0,
            "examples": [{"reason": f"broken: {error}", **nothing}],
        }  # fmt: skip
    tasks = [task(name, language, row) for row in rows]
    reasons = audit.reasons(tasks)
    seconds = perf_counter() - start
    kinds = Counter(reason.split(":")[0] for reason in reasons if reason)
    examples = [
        {"reason": r, "question": t.question, "answer": t.answer} for r, t in zip(reasons, tasks, strict=True) if r
    ]
    return {
        "family": name, "language": language, "rows": len(tasks), "wrong": kinds["wrong"],
        "unread": kinds["unread"] + kinds["error"], "timeout": kinds["timeout"],
        "rows_per_s": round(len(tasks) / seconds, 1), "examples": examples[:3],
    }  # fmt: skip


def loads(name):
    try:
        families.load(name)
    except RecipeError as error:
        print(f"{name}: broken: {error}")
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--families", default="*")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    names = [name for name in families.matching(tuple(options.families.split(","))) if loads(name)]
    lines = []
    print(f"{'family':<40} {'':<2} {'rows':>5} {'wrong':>6} {'unread':>6} {'timeout':>7} {'rows/s':>7}")
    with Audit(map(families.load, names), options.workers) as audit:
        for name in names:
            for language in families.LANGUAGES:
                line = audited(name, language, options.rows, options.seed, audit)
                lines.append(line)
                print(f"{name:<40} {language:<2} {line['rows']:>5} {line['wrong']:>6} {line['unread']:>6} "
                      f"{line['timeout']:>7} {line['rows_per_s']:>7}", flush=True)  # fmt: skip
                for example in line["examples"]:
                    print(f"    {example['reason']}\n      {example['question']!r} -> {example['answer']!r}")
    total = {key: sum(line[key] for line in lines) for key in ("rows", "wrong", "unread", "timeout")}
    counts = f"{total['wrong']:>6} {total['unread']:>6} {total['timeout']:>7}"
    print(f"{f'total, {len(names)} families':<41} {total['rows']:>7} {counts}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "audit_math.json").write_text(
        json.dumps({"total": total, "lines": lines}, ensure_ascii=False, indent=1) + "\n"
    )
    return 1 if total["wrong"] or total["unread"] or total["timeout"] else 0


if __name__ == "__main__":
    sys.exit(main())
