"""`report.html`: one page that needs nothing beside itself, from what was measured of a dataset."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from factory import durable, markdown
from factory.display import plain
from factory.licence import explain, notice
from factory.manifest import PACKAGE, Manifest
from factory.pages.changes import alike, marked
from factory.pages.environment import environment, style
from factory.pages.words import Language, Words, words
from factory.reporting import REPORT, charts, figures
from factory.reporting.measured import Measured, judges_of, measure
from factory.reporting.pairs import preferred
from factory.reporting.shown import LONGEST, Shown, shorter

ALIKE = 0.2
"""How much of two sides must be common for their differences to be marked."""
RECIPE = 20_000
"""Characters of the recipe that are shown."""
LARGEST = 1_000_000
"""Bytes of a page."""
SHORTER = (LONGEST, 400, 100, 20)
"""Characters of a turn that are shown: so many, or fewer where the page would be too large."""


class Tile(NamedTuple):
    """One of the figures on top."""

    name: str
    value: str
    note: str = ""
    look: str = ""


def write(folder: Path, out: Path | None = None, language: Language = "en") -> Path:
    """Write the report of a finished dataset, into its folder where nothing else is said.

    Raises:
        DatasetError: it is none, a file can't be read, or the report can't be written.
    """
    path = out or folder / REPORT
    durable.write(path, render(measure(folder), language).encode("utf-8", "replace"))
    return path


def render(found: Measured, language: Language = "en") -> str:
    """The page; of rows so long that it would be too large, less is shown."""
    page = ""
    for most in SHORTER:
        page = _rendered(found, language, most)
        if len(page.encode("utf-8", "replace")) <= LARGEST:
            break
    return page


def _rendered(found: Measured, language: Language, most: int) -> str:
    """The page, with so many characters of each turn at most."""
    w = words("report", language)
    manifest = found.manifest
    context: dict[str, Any] = {
        "w": w,
        "m": manifest,
        "generator": f"{PACKAGE} {manifest.versions.get(PACKAGE, '')}",
        "style": Markup(style("tokens.css", "text.css", "report.css")),  # our own files
        "names": {"kept": w("kept"), "dropped": w("dropped")},
        "made": max(manifest.rows_made, 1),
        "sample": len(found.kept.sample),
        "percent": figures.percent,
        "figure": figures.figure_of,
        "cut": figures.cut,
        "compared": compared,
    }
    context |= _overview(found, w) | _lengths(found, w) | _judges(found, w) | _instructions(found, w)
    context |= _duplicates(found) | preferred(found, w) | _benchmarks(manifest, w) | _models(manifest, w)
    context |= _licence(manifest, w) | _samples(found, most) | _how(manifest, w)
    context["sections"] = _sections(context)
    return environment().get_template("report.html.j2").render(context)


def compared(row: Shown) -> tuple[Markup, Markup] | None:
    """The two sides of a pair with what differs marked; None where that would be nearly all, or a side has turns."""
    chosen, rejected = row.sides.get("chosen", ()), row.sides.get("rejected", ())
    if len(chosen) != 1 or len(rejected) != 1:
        return None
    first, second = chosen[0].text, rejected[0].text
    return marked(first, second) if alike(first, second) >= ALIKE else None


def _sections(context: Mapping[str, Any]) -> list[str]:
    """Those that the page has, in its order."""
    needs = {"difficulty": "heat", "judges": "judges", "duplicates": "duplicates", "pairs": "pairs"}
    needs["sampled"] = "sampled"
    needs |= {"benchmarks": "benchmarks", "models": "models", "dropped": "fates"}
    every = (
        "overview funnel rows difficulty lengths judges instructions duplicates pairs sampled benchmarks models licence"
    )
    return [name for name in [*every.split(), "kept", "dropped", "made"] if name not in needs or context[needs[name]]]


def _overview(found: Measured, w: Words) -> dict[str, Any]:
    m = found.manifest
    lost = m.rows_made - m.rows_kept
    reasons = w("tile.dropped.note.one") if len(m.dropped) == 1 else w("tile.dropped.note", reasons=len(m.dropped))
    tiles = [
        Tile(
            w("tile.kept"),
            f"{m.rows_kept:,}",
            w("tile.kept.note", share=figures.percent(m.rows_kept, m.rows_made), made=f"{m.rows_made:,}"),
            "kept",
        ),
        Tile(w("tile.dropped"), f"{lost:,}", reasons if lost else w("tile.nothing"), "dropped" if lost else ""),
    ]
    if len(groups := {*m.groups, *m.group_drops}) > 1:
        tiles.append(Tile(w("tile.groups"), f"{len(groups):,}"))
    if m.languages:
        shares = [f"{name} {figures.percent(count, m.rows_kept)}" for name, count in m.languages.items()]
        names = figures.cut(" · ".join(m.languages), 12) if len(m.languages) < 4 else f"{len(m.languages):,}"
        tiles.append(Tile(w("tile.languages"), names, figures.cut(", ".join(shares), 80)))
    if m.models:
        uses = m.models.values()
        models = w("tile.models.one") if len(uses) == 1 else w("tile.models", count=len(uses))
        note = w("tile.tokens.note", answers=f"{sum(use.answers for use in uses):,}", models=models)
        tiles.append(Tile(w("tile.tokens"), f"{sum(use.completion_tokens for use in uses):,}", note))
    tiles.append(Tile(w("tile.licence"), figures.cut(m.license, 60), look="small"))
    short = [
        w("tile.short", what=figures.cut(one.what, 200), available=f"{one.available:,}", asked=f"{one.asked:,}")
        for one in m.shortfalls[:20]
    ]
    told = [figures.cut(warning, 400) for warning in m.preferences.warnings[:20]] if m.preferences else []
    return {
        "tiles": tiles,
        "warnings": [*short, *told],
        "stages": found.stages,
        "parts": figures.parts(found, w),
        "heat": figures.heat(found),
    }


def _lengths(found: Measured, w: Words) -> dict[str, Any]:
    named = {w.name("role", role): numbers for role, numbers in found.kept.lengths.items() if numbers.count}
    drawn = [(name, charts.stacked({"kept": numbers})) for name, numbers in named.items()]
    if len(found.kept.turns.values()) > 1:
        drawn.append((w("lengths.turns"), charts.stacked({"kept": found.kept.turns})))
    return {
        "lengths": [(name, chart) for name, chart in drawn if chart],
        "length_rows": [figures.length_row(name, numbers) for name, numbers in named.items()],
        "length_head": figures.length_head(w),
        "language_rows": figures.language_rows(found, w),
        "language_head": figures.language_head(w),
    }


def _judges(found: Measured, w: Words) -> dict[str, Any]:
    """Each judge, over the kept rows and the dropped ones."""
    judges = []
    for name, judge in judges_of(found).items():
        scores = {"kept": judge.kept, "dropped": judge.dropped}
        values = sorted({value for numbers in scores.values() for value in numbers.values()})
        count = sum(numbers.count for numbers in scores.values())
        only = w("scores.one", count=f"{count:,}", value=figures.figure_of(values[0])) if values else w("scores.none")
        chart = charts.stacked(scores) if len(values) > 1 else None
        judges.append({"name": figures.cut(name, 80), "found": judge, "chart": chart, "only": only})
    return {"judges": judges, "tallies": list(found.manifest.tallies.items())}


def _instructions(found: Measured, w: Words) -> dict[str, Any]:
    sides = ((w("length.questions"), found.questions), (w("length.answers"), found.answers))
    return {
        "wheel": found.wheel,
        "arcs": charts.sunburst(found.wheel, w("others")) if found.wheel.found else [],
        "diversity_rows": [figures.diversity_row(name, one) for name, one in sides if one],
        "diversity_head": figures.diversity_head([one for _, one in sides], w),
    }


def _duplicates(found: Measured) -> dict[str, Any]:
    lost = sum(stage.lost for stage in found.stages if stage.name == "duplicates")
    if not lost:
        return {"duplicates": None}
    shown = [
        {
            "dropped": cluster.dropped,
            "members": cluster.members,
            "kept": found.kept.named.get(cluster.kept),
            "title": figures.cut(" ".join(cluster.members[0][0].question.split()), 90) if cluster.members else "",
        }
        for cluster in found.dropped.clusters
    ]
    clusters = sum(found.dropped.sizes.values())
    return {"duplicates": {"lost": lost, "traced": found.dropped.traced, "clusters": clusters, "shown": shown}}


def _benchmarks(manifest: Manifest, w: Words) -> dict[str, Any]:
    if not manifest.benchmarks:
        return {"benchmarks": None}
    kinds = sorted({kind for one in manifest.benchmarks.values() for kind in one.rows})
    hit = {name: one for name, one in manifest.benchmarks.items() if one.rows}
    clean = [name for name in manifest.benchmarks if name not in hit]
    return {
        "benchmarks": {
            "prompts": sum(one.prompts for one in manifest.benchmarks.values()),
            "count": len(manifest.benchmarks),
            "head": [w("benchmark"), w("prompts"), *kinds],
            "rows": [
                [figures.cut(name, 80), f"{one.prompts:,}", *(f"{one.rows.get(kind, 0):,}" for kind in kinds)]
                for name, one in hit.items()
            ],
            "clean": figures.cut(", ".join(clean), 2_000),
        }
    }


def _models(manifest: Manifest, w: Words) -> dict[str, Any]:
    keys = ("model", "model.answers", "model.prompt", "model.completion", "model.mean", "model.licence")
    rows = [
        [
            figures.cut(f"{name}: {use.model}", 120),
            f"{use.answers:,}",
            f"{use.prompt_tokens:,}",
            f"{use.completion_tokens:,}",
            figures.figure_of(use.completion_tokens / use.answers) if use.answers else "–",
            figures.cut(use.license, 60),
        ]
        for name, use in manifest.models.items()
    ]
    return {"models": rows, "model_head": [w(key) for key in keys]}


def _licence(manifest: Manifest, w: Words) -> dict[str, Any]:
    found = explain.of_dataset(manifest)
    key = "licence.same" if found.computed == manifest.license else "licence.lead"
    rows = [
        [figures.cut(origin.name, 120), figures.cut(origin.license, 60), origin.role]
        for origin in manifest.origins[:50]
    ]
    return {
        "licence": {
            "lead": w(key, license=figures.cut(manifest.license, 80), computed=figures.cut(found.computed, 200)),
            "rows": rows,
            "head": [w("licence.name"), w("licence.id"), w("licence.role")],
            "duties": [figures.cut(duty, 600) for duty in found.duties[:40]],
            "advice": notice.NO_ADVICE,
        }
    }


def _samples(found: Measured, most: int) -> dict[str, Any]:
    less = partial(shorter, most=most)
    fates: Sequence[tuple[str, int, Sequence[Shown]]] = [
        (figures.cut(fate, 200), found.manifest.dropped[fate], list(map(less, rows)))
        for fate, rows in found.dropped.shown.items()
    ]
    return {"shown": list(map(less, found.shown)), "fates": fates}


def _how(manifest: Manifest, w: Words) -> dict[str, Any]:
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    facts = [(w("asked"), f"{manifest.rows_asked:,}"), (w("seed"), str(manifest.seed))]
    recipe = plain(markdown.yaml(manifest.settings))
    return {
        "facts": [*facts, (w("digest"), manifest.digest), (w("version"), figures.cut(versions, 400))],
        "recipe": figures.cut(recipe, RECIPE),
        "files": [*manifest.shards, *manifest.rejects, *manifest.originals, *manifest.texts, *manifest.samples][:100],
    }
