"""Injects faults into good rows and counts how many the check of rows refuses.

    python benchmarks/math_bugs.py --rows 30 [--families GLOB]

Per family, language and kind of fault: `--rows` good rows, each with one fault in its text (`factory.math.bugs`), go
through `factory.math.check`. A changed number that leaves question, answer and solution in agreement is no fault (the
SymPy oracle decides) and is counted as harmless. The untouched rows give the false alarms.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from random import Random

from factory.errors import RecipeError
from factory.math import check, families, render
from factory.math.audit import Audit, Task
from factory.math.bugs import INJECTORS, injected
from factory.math.families import LANGUAGES

RESULTS = Path(__file__).parent / "results"
DECIDED_BY_ORACLE = {"number_in_question", "number_in_answer"}


def rows_of(name, language, count):
    """Good rows of one family."""
    random = Random(f"bugs/{name}")
    keys = list(dict.fromkeys(render.drawer(name)(random.random, 4 * count, None)))[:count]
    return render.writer(name, language).write(keys)


def tried(name, language, count, audit, harmless):
    """Kind -> [refused, let through, harmless]; false alarms; the faults let through."""
    checker, random = check.checker(name, language), Random(f"{name}/{language}")
    rows = rows_of(name, language, count)
    alarms = [(name, language, reason, row) for row in rows if (reason := checker.why_refused(row))]
    rows = [row for row in rows if not checker.why_refused(row)]
    counts, passed = {kind: Counter() for kind in INJECTORS}, []
    for kind in INJECTORS:
        if kind == "unreduced" and families.load(name).read.unreduced:
            continue
        for row in rows:
            changed = injected(kind, row, language, random)
            if changed is None:
                continue
            if checker.why_refused(changed):
                counts[kind]["refused"] += 1
                continue
            agrees = (
                kind in DECIDED_BY_ORACLE
                and not audit.reasons([Task(name, language, changed.question, changed.answer)])[0]
            )
            counts[kind]["harmless" if agrees else "passed"] += 1
            if agrees:
                harmless.append({"kind": kind, "family": name, "language": language, "was": row, "is": changed})
            else:
                passed.append({"kind": kind, "family": name, "language": language, "was": row, "is": changed})
    return counts, alarms, passed


def table(total):
    """The summary by kind."""
    print(f"{'fault':<22} {'tried':>7} {'refused':>8} {'share':>7} {'harmless':>9}")
    for kind, counts in total.items():
        refused, tries = counts["refused"], counts["refused"] + counts["passed"]
        print(f"{kind:<22} {tries:>7} {refused:>8} {refused / max(1, tries):>7.2%} {counts['harmless']:>9}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=30)
    parser.add_argument("--families", default="*")
    options = parser.parse_args()
    names = list(families.matching(tuple(options.families.split(","))))
    total, alarms, rows, passed, harmless = {kind: Counter() for kind in INJECTORS}, [], 0, [], []
    for name in names:
        try:
            with Audit([families.load(name)]) as audit:
                for language in LANGUAGES:
                    counts, false, through = tried(name, language, options.rows, audit, harmless)
                    rows += len(rows_of(name, language, options.rows))
                    alarms += false
                    passed += through
                    for kind, counted in counts.items():
                        total[kind] += counted
        except RecipeError as error:
            print(f"{name}: broken: {error}")
    everything = sum(total.values(), Counter())
    table({**total, "overall": everything})
    print(f"false alarms: {len(alarms)} of {rows} untouched rows")
    RESULTS.mkdir(exist_ok=True)
    document = {"faults": total, "rows": rows, "false_alarms": alarms, "passed": passed, "harmless": harmless}
    (RESULTS / "math_bugs.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    for (name, reason), n in sorted(Counter((alarm[0], alarm[2]) for alarm in alarms).items()):
        print(f"  false alarm: {name}: {reason}: {n}")
    by_family = Counter((through["kind"], through["family"]) for through in passed)
    for (kind, name), n in sorted(by_family.items()):
        print(f"  {kind}: {name}: {n} let through")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
