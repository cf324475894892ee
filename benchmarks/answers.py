"""Measures how many final answers are graded a second, beside math-verify on the same answers in the same run.

    python benchmarks/answers.py [--answers 20000] [--peer-python /path/to/python]

The peer runs in the interpreter given (math-verify with antlr4 installed) or in this one; it is skipped with a
line where it is missing. Both sides get whole responses; ours also gets the bare pairs of `equal`.
"""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SENTENCES = (
    "We add the two parts and simplify, step by step, until nothing is left to do. " * 4
    + "The answer is $\\boxed{{{}}}$.",
    "まず、条件を式に表します。次に、両辺を整理して計算します。" * 4 + "したがって、答えは \\boxed{{{}}} です。",
    "Each step follows from the one before. " * 8 + "\n\\[ \\boxed{{{}}} \\]",
)


KINDS = ("whole", "separated", "decimal", "fraction", "root", "polynomial", "tuple", "solutions", "pi", "unit")


def pairs(count: int, seed: int = 0) -> list[tuple[str, str, bool]]:
    """Gold answers, given ones and whether they agree: the kinds in turn, every gold new."""
    rng = random.Random(f"answers/{seed}")
    made = []
    for i in range(count):
        a, b, c = rng.randint(2, 99), rng.randint(2, 99), rng.randint(2, 9)
        right = rng.random() < 0.6
        d = 0 if right else 1
        kinds = [
            (f"{a * b}", f"{a * b + d}"),
            (f"{a * 1000}", f"{a},{d:03d}"),
            (f"{a}", f"{a + d}.0"),
            (f"\\frac{{{a}}}{{{100 * b + 1}}}", f"\\dfrac{{{a * c}}}{{{(100 * b + 1 + d) * c}}}"),
            (f"{a}\\sqrt{{{c * c * 7}}}", f"{a * c + d}\\sqrt{{7}}"),
            (f"x^2+{a}x+{b}", f"x^2 + {b + d} + {a}x"),
            (f"({a}, {b})", f"({a},{b + d})"),
            (f"x = {a}, {a + b}", f"x={a + b + d}, x={a}"),
            (f"{a}\\pi", f"{a + d}\\pi"),
            (f"{a} \\text{{ cm}}", f"{a + d} \\text{{ cm}}"),
        ]
        made.append((*kinds[i % len(kinds)], right))
    return made


def timed(grade: Callable[[str, str], bool], made: list[tuple[str, str, bool]]) -> dict[str, float]:
    """CPU microseconds an answer, and the share of verdicts that are right."""
    start = time.process_time()
    agreed = sum(grade(gold, text) == right for gold, text, right in made)
    return {"us": (time.process_time() - start) / len(made) * 1e6, "agreed": agreed / len(made)}


def in_sentences(made: list[tuple[str, str, bool]]) -> list[tuple[str, str, bool]]:
    return [(gold, SENTENCES[i % 3].format(given), right) for i, (gold, given, right) in enumerate(made)]


def ours(count: int) -> dict[str, dict[str, float]]:
    from factory.answer.grade import equal, grade

    made = pairs(count)
    texts = in_sentences(made)
    plain = [pair for i, pair in enumerate(pairs(count, 4)) if i % len(KINDS) < 4]
    made = pairs(count, 3)
    texts_again = in_sentences(made)
    again = [(gold, text, right) for gold, text, right in texts_again[: count // 8] for _ in range(8)]
    result = {
        "responses, all kinds": timed(lambda gold, text: grade(gold, text).passed is True, texts),
        "responses, numbers": timed(lambda gold, text: grade(gold, text).passed is True, in_sentences(plain)),
        "responses, 8 a question": timed(lambda gold, text: grade(gold, text).passed is True, again),
        "answers, all kinds": timed(lambda gold, given: equal(gold, given) is True, pairs(count, 1)),
    }
    made = pairs(count, 2)
    for i, kind in enumerate(KINDS):
        result[f"answers, {kind}"] = timed(lambda gold, given: equal(gold, given) is True, made[i :: len(KINDS)])
    return result


def peer(count: int) -> dict[str, dict[str, float]]:
    from math_verify import parse, verify

    made = pairs(count)
    return {
        "responses, all kinds": timed(lambda gold, text: verify(parse(f"${gold}$"), parse(text)), in_sentences(made)),
        "answers, all kinds": timed(lambda gold, given: verify(parse(f"${gold}$"), parse(f"${given}$")), made),
    }


def run_peer(python: str, count: int) -> dict[str, dict[str, float]] | None:
    done = subprocess.run(
        [python, __file__, "--peer", str(count)], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""}
    )
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 and done.stdout else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=20_000)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--peer", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        print(json.dumps(peer(options.peer)))
        return
    mine = ours(options.answers)
    theirs = run_peer(options.peer_python, max(200, options.answers // 50))
    print(f"{'':40}{'answers/s':>12}{'µs/answer':>12}{'agreed':>10}")
    for side, rows in (("", mine), ("math-verify: ", theirs or {})):
        for name, row in rows.items():
            print(f"{side + name:40}{1e6 / row['us']:>12,.0f}{row['us']:>12.1f}{row['agreed']:>10.2%}")
    result: dict[str, object] = {"ours": mine, "python": platform.python_version(), "answers": options.answers}
    if theirs is None:
        print("math-verify: skipped, since that Python does not have it (pip install 'math-verify[antlr4_13_2]')")
    else:
        ratios = {name: row["us"] / mine[name]["us"] for name, row in theirs.items()}
        print("ratio: " + ", ".join(f"{name} {ratio:.0f}×" for name, ratio in ratios.items()))
        result |= {"math_verify": theirs, "ratio": ratios}
    out = Path(__file__).parent / "results" / "answers.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
