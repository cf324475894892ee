"""The dataset card and the files beside it, from what the manifest says; no number is made up here.

Text from rows and recipes is data: it is escaped, and never read as a template, as Markdown or as YAML.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
from jinja2 import Template

from factory import columns, durable, markdown
from factory.display_preferences import percent
from factory.licence import notice
from factory.licence.book import AND
from factory.manifest import Manifest
from factory.preferences.figures import Sided
from factory.row import Pair, Row

_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)


def write(out: Path, manifest: Manifest, samples: Sequence[Row | Pair]) -> None:
    """Write README.md, LICENSE, NOTICE and recipe.yaml into the dataset folder."""
    texts = {
        "README.md": render(manifest, samples),
        "LICENSE": notice.license_text(manifest),
        "NOTICE": notice.notice_text(manifest),
        "recipe.yaml": markdown.yaml(manifest.settings),
    }
    for name, text in texts.items():
        durable.write(out / name, text.encode("utf-8", "replace"))


def render(manifest: Manifest, samples: Sequence[Row | Pair]) -> str:
    """The card: YAML front matter for the Hub, then the page; the first sample is shown."""
    return _template().render(
        m=manifest,
        front_matter=markdown.yaml(front_matter(manifest)),
        licence=notice.of_settings(manifest.settings).licence(manifest.license),
        duties=notice.duty_lines(notice.of_settings(manifest.settings), notice.ids_of(manifest)),
        no_advice=notice.NO_ADVICE,
        licences=_licences(manifest),
        groups=_groups(manifest),
        duplicates=_duplicates(manifest.settings, manifest.kind),
        action=_action(manifest.settings),
        sides=_sides(manifest),
        sample=_shown(samples[0]) if samples else "no row was kept",
    )


def front_matter(manifest: Manifest) -> dict[str, Any]:
    """What the Hub reads of a card."""
    task = "sft" if manifest.kind == "rows" else "dpo"
    facts: dict[str, Any] = {
        "pretty_name": manifest.name,
        **hub_licence(manifest),
        "language": list(manifest.languages),
        "tags": ["synthetic", "factory", "post-training-factory", task],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "task_categories": ["text-generation"],
        "size_categories": [size_category(manifest.rows_kept)],
        "configs": [_config("default", "data"), *([_config("original", "originals")] if manifest.originals else [])],
    }
    return {key: value for key, value in facts.items() if value}


def _config(name: str, folder: str) -> dict[str, Any]:
    return {"config_name": name, "data_files": [{"split": "train", "path": f"{folder}/train-*.parquet"}]}


def hub_licence(manifest: Manifest) -> dict[str, Any]:
    """What the Hub is told: an id, the ids where each row has one of several, or `other` with a name and LICENSE."""
    tables = notice.of_settings(manifest.settings)
    if manifest.license != "other" and tables.licence(manifest.license).hub:
        return {"license": manifest.license}
    ids = sorted(notice.ids_of(manifest))
    if len(ids) > 1 and all(tables.licence(name).hub for name in ids) and ids == sorted(manifest.licences):
        return {"license": ids}
    name = manifest.license if manifest.license != "other" else "-and-".join(ids)
    return {"license": "other", "license_name": name or "other", "license_link": "LICENSE"}


def size_category(rows: int) -> str:
    """The Hub's name for that many rows."""
    return next((name for limit, name in _SIZES if rows < limit), "n>1T")


def _licences(manifest: Manifest) -> list[dict[str, Any]]:
    """Each licence of rows with its SPDX ids and its rows."""
    tables = notice.of_settings(manifest.settings)
    spdx = {text: [tables.licence(name).spdx for name in sorted(tables.ids(text))] for text in manifest.licences}
    return [{"id": text, "spdx": AND.join(spdx[text]), "rows": rows} for text, rows in manifest.licences.items()]


def _duplicates(settings: dict[str, Any], kind: columns.Kind) -> str:
    """What the recipe says of rows that are alike, in sentences."""
    said = settings["duplicates"]
    cap = settings.get("template_cap")
    capped = f" Of rows cut from one template, the best {cap:,} stay." if cap else ""
    if said == "off":
        return f"Duplicates were not looked for.{capped}"
    if said == "exact":
        same = "Rows with the same prompt" if kind == "rows" else "Pairs with the same prompt and answers"
        return f"{same}, up to case, width and white space, are there once.{capped}"
    what = {"instruction": "first messages", "user": "prompts", "conversation": "turns"}[said["key"]]
    return (
        f"Of rows whose {what} are the same or alike (Jaccard similarity of character 5-grams from {said['near']:g} "
        f"on, verified) the best one stays; rows with an answer are only alike if it and their numbers are.{capped}"
    )


def _action(settings: dict[str, Any]) -> str:
    said = settings.get("decontaminate")
    dropped = bool(said and said["action"] == "reject")
    return "; copies are dropped, what is less sure stays for review" if dropped else "; what was found is kept"


def _groups(manifest: Manifest) -> list[tuple[str, int, int]]:
    """Each group with its kept and its dropped rows."""
    names = sorted({*manifest.groups, *manifest.group_drops})
    drops = {name: sum(fates.values()) for name, fates in manifest.group_drops.items()}
    return [(name, manifest.groups.get(name, 0), drops.get(name, 0)) for name in names]


def _sides(manifest: Manifest) -> list[tuple[str, Sided]]:
    """What is on one side of the pairs, on the other, on both."""
    if manifest.preferences is None or manifest.preferences.pairs is None:
        return []
    pairs = manifest.preferences.pairs
    others = {
        "refusal": pairs.refusals,
        "empty": pairs.empty,
        "not the prompt's language": pairs.languages.not_the_prompts,
    }
    return list((pairs.formats | others).items())


def _shown(row: Row | Pair) -> str:
    """The row as a reader of the dataset sees it, with `meta` opened."""
    record = pa.Table.from_batches([columns.batch(columns.kind_of(row), [row], [row.verdicts])]).to_pylist()[0]
    record["meta"] = orjson.loads(record["meta"])
    return orjson.dumps(record, option=orjson.OPT_INDENT_2).decode()


@cache
def _template() -> Template:
    return markdown.template("card.md.j2", percent=percent, decimal=_decimal)


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
