"""Measures the math generator: verified rows a second per core, beside other libraries in the same run, and end to end.

    python benchmarks/math.py [--rows 2000] [--families GLOB] [--end-to-end 1000000] [--peers auto|none] [--json FILE]

Three tables: rows from parameters to row dict per family and language (CPU seconds on one pinned core, warm, median of
three); `factory generate` as a subprocess (CPU of the process tree, memory); `factory --help`. Ours and the other
libraries take turns, task by task, each in a process of its own. They give answers only, unverified and without worked
solutions, so a row of ours is more than a row of theirs. `--end-to-end 0` leaves the second part out.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# This file's name hides Python's own `math` from scripts that start in this folder: they are given the real one.
sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != HERE]
if __name__ == "math":
    del sys.modules["math"]
    import math as _math

    sys.path.insert(0, HERE)
    sys.modules["math"] = _math
elif os.path.dirname(HERE) not in sys.path:
    sys.path.insert(0, os.path.dirname(HERE))


def main():
    from benchmarks.math_report import main as report

    report()


if __name__ == "__main__":
    main()
