"""What the closed loop came to: gains and bars, a table in Markdown, a plot in SVG, and their place in a README."""

from collections.abc import Mapping, Sequence
from html import escape
from statistics import mean

MODELS = {
    "sft_raw": "fine-tuning on all that the teacher says",
    "sft_verified": "fine-tuning on what `math_answer` passes, same steps",
    "dpo_1": "DPO from the first, on-policy, round 1",
    "dpo_2": "round 2",
    "dpo_3": "round 3",
    "shuffled": "control: round 1 with shuffled labels",
    "flipped": "control: round 1 with flipped labels",
    "offline": "round 1's pairs for three epochs",
    "rft": "rejection sampling: fine-tuning on a right sample",
    "spin_1": "SPIN, iteration 1",
    "spin_2": "SPIN, iteration 2",
    "dpo_other": "a second candidate: round 1 on other problems",
    "slerp": "SLERP of the two candidates",
    "linear": "linear merge of the two",
    "two_stage": "two stages in about half the steps: sums, then a second subject with sums",
    "mixed": "the same two subjects mixed, as many steps",
}
"""The models by their names in evaluate.yaml, in the order of the table."""

JAPANESE = {
    "sft_raw": "教師の言うすべてで微調整",
    "sft_verified": "`math_answer` が通したものだけで微調整（同じ歩数）",
    "dpo_1": "最初のモデルからオンポリシー DPO、一巡目",
    "dpo_2": "二巡目",
    "dpo_3": "三巡目",
    "shuffled": "対照：一巡目の対、ラベルは無作為",
    "flipped": "対照：一巡目の対、ラベルは逆",
    "offline": "一巡目の対を三周",
    "rft": "棄却標本：正しい標本一つで微調整",
    "spin_1": "SPIN、一回目",
    "spin_2": "SPIN、二回目",
    "dpo_other": "第二の候補：別の問題で一巡目",
    "slerp": "二つの候補の SLERP",
    "linear": "二つの線形マージ",
    "two_stage": "半分ほどの歩数の二段階：和、それから第二の科目と和",
    "mixed": "同じ二科目を混ぜて、同じ歩数",
}
"""The same for README.ja.md."""

BASE = "sft_raw"
BEGIN, END = "<!-- loop:begin -->", "<!-- loop:end -->"
SECOND = {"sft_verified": "without learning it", "two_stage": "two stages", "mixed": "mixed"}
"""Whose accuracy in the second subject is of interest."""
SECOND_JAPANESE = {"sft_verified": "学ばずに", "two_stage": "二段階", "mixed": "混ぜて"}


Accuracies = Mapping[str, Sequence[float]]
"""Of each model its accuracy with each seed, from 0 to 1."""


def gain(sums: Accuracies, model: str, over: str = BASE) -> float:
    """The mean gain in points."""
    return 100 * mean(one - other for one, other in zip(sums[model], sums[over], strict=True))


def bars(sums: Accuracies) -> dict[str, dict[str, float | bool]]:
    """Each claim with the points measured, the points asked for, and whether it holds."""
    two_rounds = gain(sums, "dpo_2")
    asked = {
        "verified data over all data": (gain(sums, "sft_verified"), 20.0),
        "two rounds of on-policy DPO": (two_rounds, 18.0),
        "SPIN, the better iteration": (max(gain(sums, "spin_1"), gain(sums, "spin_2")), 5.0),
        "the better merge, beside its better parent": (_merge(sums), -2.0),
    }
    found: dict[str, dict[str, float | bool]] = {
        name: {"points": round(points, 1), "least": least, "holds": points >= least}
        for name, (points, least) in asked.items()
    }
    for name in ("shuffled", "flipped"):
        points, most = gain(sums, name), two_rounds / 3
        label = f"{name} labels, at most a third of two rounds"
        found[label] = {"points": round(points, 1), "most": round(most, 1), "holds": points < most}
    return found


def _merge(sums: Accuracies) -> float:
    """The mean distance of the better kind of merge from the better of its parents, seed by seed."""
    parents = [max(pair) for pair in zip(sums["dpo_1"], sums["dpo_other"], strict=True)]
    return max(
        100 * mean(one - best for one, best in zip(sums[kind], parents, strict=True)) for kind in ("slerp", "linear")
    )


def table(sums: Accuracies, second: Accuracies, *, japanese: bool = False) -> str:
    """Accuracy on held-out problems, model by model."""
    seeds = len(sums[BASE])
    head = f"| model | held-out problems right, mean of {seeds} seeds | each seed | gain, points |"
    if japanese:
        head = f"| モデル | 取り分けた問題の正答率、{seeds} つの種の平均 | 種ごと | 伸び（ポイント） |"
    lines = [head, "|---|---:|---|---:|"]
    for name, title in (JAPANESE if japanese else MODELS).items():
        each = " / ".join(f"{100 * one:.1f}" for one in sums[name])
        points = "" if name == BASE else f"{gain(sums, name):+.1f}"
        lines.append(f"| {title} | {100 * mean(sums[name]):.1f} % | {each} | {points} |")
    if japanese:
        told = "、".join(f"{title} {100 * mean(second[name]):.1f} %" for name, title in SECOND_JAPANESE.items())
        return "\n".join([*lines, "", f"第二の科目（偶数か奇数か）：{told}。"])
    told = ", ".join(f"{title} {100 * mean(second[name]):.1f} %" for name, title in SECOND.items())
    return "\n".join([*lines, "", f"The second subject, even and odd numbers: {told}."])


_WIDTH, _ROW, _LEFT, _TOP = 820, 24, 390, 34
_STYLE = """
text{font:13px system-ui,sans-serif;fill:#1f2328}.axis{stroke:#8c959f;stroke-width:1;opacity:.4}
.small{font-size:11px;fill:#59636e}.bar{fill:#8c959f}.good{fill:#1a7f5a}.control{fill:#c2711a}.dot{fill:#1f2328}
.base{stroke:#59636e;stroke-dasharray:3 3}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.dot{fill:#f0f6fc}.bar{fill:#6e7681}
.good{fill:#3fb27f}.control{fill:#db8f3a}.base{stroke:#9198a1}}
"""


def plot(sums: Accuracies) -> str:
    """A bar of the mean for each model, a dot for each seed; it needs nothing beside itself."""
    across = _WIDTH - _LEFT - 60
    height = _TOP + _ROW * len(MODELS) + 12

    def at(share: float) -> float:
        return _LEFT + across * share

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="Accuracy of the models of the closed loop on held-out problems">',
        f"<style>{_STYLE}</style>",
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = at(share)
        parts.append(f'<line class="axis" x1="{x:.0f}" x2="{x:.0f}" y1="{_TOP - 8}" y2="{height - 8}"/>')
        parts.append(f'<text class="small" x="{x:.0f}" y="{_TOP - 14}" text-anchor="middle">{100 * share:.0f} %</text>')
    base = at(mean(sums[BASE]))
    parts.append(f'<line class="base" x1="{base:.1f}" x2="{base:.1f}" y1="{_TOP - 8}" y2="{height - 8}"/>')
    for place, (name, title) in enumerate(MODELS.items()):
        y, value = _TOP + _ROW * place, mean(sums[name])
        kind = "bar" if name == BASE else "control" if name in ("shuffled", "flipped") else "good"
        label = escape(title.replace("`", ""))
        parts.append(f'<text x="{_LEFT - 10}" y="{y + 15}" text-anchor="end">{label}</text>')
        parts.append(
            f'<rect class="{kind}" x="{_LEFT}" y="{y + 4}" width="{at(value) - _LEFT:.1f}" height="14" rx="2"/>'
        )
        parts += [f'<circle class="dot" cx="{at(one):.1f}" cy="{y + 11}" r="2.5"/>' for one in sums[name]]
        most = max(*sums[name], value)
        parts.append(f'<text class="small" x="{at(most) + 8:.1f}" y="{y + 15}">{100 * value:.1f}</text>')
    return "\n".join([*parts, "</svg>", ""])


def between(readme: str, text: str) -> str:
    """The README with the text between its markers.

    Raises:
        ValueError: it has no markers, or has them twice.
    """
    if readme.count(BEGIN) != 1 or readme.count(END) != 1 or readme.index(BEGIN) > readme.index(END):
        raise ValueError(f"no place for it: write {BEGIN} and {END} where it belongs, once")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"
