"""The report on a terminal: every figure it has, and nothing of a name that could take the terminal over."""

import io

from rich.console import Console

from factory.display_preferences import report
from factory.preferences.figures import Sided

EVIL = "\x1b]0;owned\x07a\x1b[2J\n\u202ename " + "x" * 300


def lines_of(found):
    return report(found)


def test_pairs_samples_and_judges_are_all_shown(reported, pair, answers):
    pairs = [pair("a" * (2 + n % 3), "a", f"q{n}", margin=float(n), model="m", iteration=1) for n in range(40)]
    counts = {"judged": 40, "failed": 4, "canaries": 5, "canaries_missed": 1, "first_better": 30, "first_twice": 10}
    samples = [one for n in range(9) for one in answers(f"p{n}", (1.0, 2.0), (2.0, 1.0), (3.0, 5.0))]
    shown = "\n".join(lines_of(reported(pairs, samples=samples, tallies={"pairwise": counts})))
    for said in (
        "! chosen is longer in 100.0 % of the pairs",
        "40 pairs of 40 prompts",
        "bias +100.0 points; 3.0 characters against 1.0",
        "margins of 40 pairs, 1 of them zero, 0 negative:",
        "quantiles 0 % 0, 5 % 1.95",
        "refusals: chosen alone 0, rejected alone 0, both 0",
        "    1: 40 pairs, chosen longer in 100.00 %, mean margin 19.5",
        "27 samples of 9 prompts",
        "j0 / j1: the same best answer in 100.00 % of 9 prompts (chance 33.33 %), tau +0.333",
        "pairwise: 40 judged, 4 failed (10.00 %); 1 of 5 canaries missed (20.00 %); 0 texts address it",
        "position bias +25.0 points, the same in both 75.00 %, ties 25.00 %",
    ):
        assert said in shown


def test_a_histogram_has_a_bar_for_each_count_that_is_not_0(reported, pair):
    margins = [0.0] * 600 + [1.0] * 300 + [5.0]
    found = reported([pair("b", "a", f"q{n}", margin=margin) for n, margin in enumerate(margins)])
    bars = [line.split()[1:] for line in lines_of(found) if line.lstrip().startswith(("0 █", "1 █", "5 ▏"))]
    assert [(len(bar), count) for bar, count in bars] == [(30, "600"), (15, "300"), (1, "1")]


def test_names_lose_what_could_take_over_a_terminal_and_stay_on_one_line(reported, pair, answers):
    said = {EVIL: {"judged": 40, "failed": 39, "first_twice": 40}}
    samples = [one._replace(reason=EVIL if one.sample else "") for one in answers("p", (1.0,), (2.0,))]
    pairs = [pair("aa", EVIL, f"q{n}", source=EVIL, model=EVIL, iteration=EVIL) for n in range(40)]
    shown = lines_of(reported(pairs, samples=samples, tallies=said, dropped={f"g: {EVIL}": 1}, uses=["g"]))
    assert any("owned" in line for line in shown)
    for line in shown:
        assert not set(line) & set("\x1b\x07\n\u202e")
        assert len(line) < 500
    out = io.StringIO()
    Console(file=out, width=400).print("\n".join(shown), markup=False)
    assert "\x1b" not in out.getvalue()


def test_an_empty_report_is_shown(reported):
    shown = lines_of(reported([]))
    assert "  0 pairs of 0 prompts, 0 with identical sides" in shown
    assert Sided(chosen=0, rejected=0, both=0) == reported([]).pairs.refusals
