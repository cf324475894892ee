import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SMALL = ["--rows", "50", "--warm", "50", "--families", "two_digit_addition", "--peers", "none"]


def run(*arguments, cwd):
    return subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=120)


def test_a_small_run_prints_the_three_tables_and_writes_them_as_json(tmp_path):
    result = tmp_path / "math.json"
    done = run(
        str(BENCHMARKS / "math.py"), *SMALL, "--end-to-end", "1", "--audit", "1", "--json", str(result), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert str(BENCHMARKS.parent) not in result.read_text(), "the result names no path of the machine"
    found = json.loads(result.read_text())
    assert set(found["tasks"]["ours"]) == {"two_digit_addition/ja", "two_digit_addition/en"}
    for line in found["tasks"]["ours"].values():
        assert line["rows"] == 50
        assert line["refused"] == 0
        assert line["rows_per_s"] > 0
    ours = found["summary"]["ours"]
    assert ours["slowest"] <= ours["harmonic"] <= ours["geometric"]
    assert found["sympy_per_row"]["wrong"] == 0
    assert [r["rows_kept"] for r in found["end_to_end"]] == [1, 1]
    assert all(r["peak_rss_mb"] >= r["largest_process_mb"] > 0 for r in found["end_to_end"])
    assert "two_digit_addition" in done.stdout
    assert "factory generate" in done.stdout
    assert "factory --help" in done.stdout


def test_scripts_in_the_folder_still_find_pythons_own_math():
    code = (
        f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r}); import math, random; print(math.sqrt(9), math.__name__)"
    )
    done = run("-c", code, cwd=BENCHMARKS)
    assert done.stdout == "3.0 math\n", done.stderr
