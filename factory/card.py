"""The dataset card and the files beside it, from what the manifest says; no number is made up here.

Text from rows and recipes is data: it is escaped, and never read as a template, as Markdown or as YAML.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pyarrow as pa
from jinja2 import Template

from factory import columns, dataset_info, durable, markdown
from factory.dataset_info import front_matter
from factory.display_preferences import percent
from factory.licence import explain, notice
from factory.licence.book import AND
from factory.manifest import Manifest
from factory.preferences.figures import Sided
from factory.row import Pair, Row

Language = Literal["en", "ja"]
SAMPLES = 3
"""How many rows a card shows."""
_MOST_TEXT, _MOST_STEPS = 1_000, 8_000
"""Characters of a text in a sample, and of the steps; the rest is in the rows and in recipe.yaml."""
_HEAD = frozenset({"name", "description", "seed", "license", "shard_rows"})
"""What a recipe says that is no step, and said elsewhere on the card."""


def write(out: Path, manifest: Manifest, samples: Sequence[Row | Pair]) -> None:
    """Write README.md, LICENSE, NOTICE and recipe.yaml into the dataset folder."""
    texts = {
        "README.md": render(manifest, samples, unpacked=dataset_info.unpacked(out, manifest)),
        "LICENSE": notice.license_text(manifest),
        "NOTICE": notice.notice_text(manifest),
        "recipe.yaml": markdown.yaml(manifest.settings),
    }
    for name, text in texts.items():
        durable.write(out / name, text.encode("utf-8", "replace"))


def render(
    manifest: Manifest,
    samples: Sequence[Row | Pair],
    language: Language = "en",
    unpacked: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """The card: YAML front matter for the Hub, then the page; the samples are shown.

    Args:
        manifest: of the dataset.
        samples: rows of it.
        language: of the page; the front matter is the Hub's.
        unpacked: the bytes of the files without compression.
    """
    tables = notice.of_settings(manifest.settings)
    return _template(language).render(
        m=manifest,
        front_matter=markdown.yaml(front_matter(manifest, unpacked)),
        samples=list(map(_shown, samples)),
        steps=_steps(manifest.settings),
        licence=tables.licence(manifest.license),
        duties=notice.duty_lines(tables, notice.ids_of(manifest)),
        policies=explain.of_dataset(manifest).policies,
        licences=_licences(manifest),
        groups=_groups(manifest),
        duplicates=manifest.settings["duplicates"],
        rejecting=(manifest.settings.get("decontaminate") or {}).get("action") == "reject",
        unjudged=sum(counts.get("failed", 0) for counts in manifest.tallies.values()),
        unconfirmed=sorted(one.name for one in manifest.origins if not one.confirmed),
        sides=_sides(manifest),
    )


def _steps(settings: dict[str, Any]) -> str:
    """What the recipe does, in its own words."""
    text = markdown.yaml({key: value for key, value in settings.items() if key not in _HEAD}).rstrip("\n")
    return text if len(text) <= _MOST_STEPS else f"{text[:_MOST_STEPS]} …"


def _licences(manifest: Manifest) -> list[dict[str, Any]]:
    """Each licence of rows with its SPDX ids and its rows."""
    tables = notice.of_settings(manifest.settings)
    spdx = {text: [tables.licence(name).spdx for name in sorted(tables.ids(text))] for text in manifest.licences}
    return [{"id": text, "spdx": AND.join(spdx[text]), "rows": rows} for text, rows in manifest.licences.items()]


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
    """The row as a reader of the dataset sees it, with `meta` opened and long texts cut."""
    record = pa.Table.from_batches([columns.batch(columns.kind_of(row), [row], [row.verdicts])]).to_pylist()[0]
    record["meta"] = json.loads(record["meta"])
    return json.dumps(_cut(record), ensure_ascii=False, indent=2)


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {_cut(key): _cut(one) for key, one in value.items()}
    if isinstance(value, list):
        return list(map(_cut, value))
    return f"{value[:_MOST_TEXT]} …" if isinstance(value, str) and len(value) > _MOST_TEXT else value


@cache
def _template(language: Language) -> Template:
    return markdown.template("card.md.j2", language, percent=percent, decimal=_decimal)


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
