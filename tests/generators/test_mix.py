"""A mix holds its sources in exact shares, in an order that follows the seed alone."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factory import dataset, pipeline
from factory import recipe as recipes
from factory.errors import RecipeError
from factory.manifest import Manifest

ROOT = Path(__file__).parents[2]
Load = Callable[..., recipes.Recipe]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """A recipe of one or several mixes over three sources of 3,000, 300 and 30 records."""
    for name, count in (("a", 3_000), ("b", 300), ("c", 30)):
        lines = [
            {
                "prompt": f"{name}{n}",
                "response": "x",
                "category": "odd" if n % 2 else "even",
                "lang": "en" if n % 3 else "ja",
            }
            for n in range(count)
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))

    def build(*mixes: dict[str, Any], seed: int = 1) -> recipes.Recipe:
        parts = [{"use": "mix"} | mix for mix in mixes]
        text = {"name": "r", "seed": seed, "license": "mit", "shard_rows": 500, "generate": parts}
        (tmp_path / "r.yaml").write_text(json.dumps(text))
        return recipes.load(tmp_path / "r.yaml")

    return build


def of(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"source": f"{name}.jsonl", "license": "mit", **more} for name in names]


def run(recipe: recipes.Recipe, out: Path, workers: int = 1) -> tuple[Manifest, list[Any]]:
    manifest = pipeline.generate(recipe, out, workers=workers, progress=lambda now: None)
    return manifest, list(dataset.read(out))


def names(rows: list[Any]) -> list[str]:
    return [row.source[0] for row in rows]


def test_shares_follow_the_weights_and_each_row_says_its_source(load, tmp_path):
    datasets = [*of("a", weight=3), *of("b", weight=1)]
    manifest, rows = run(load({"count": 401, "datasets": datasets, "stage": "warm"}), tmp_path / "out")
    assert Counter(names(rows)) == {"a": 301, "b": 100}
    assert (manifest.rows_asked, manifest.shortfalls) == (401, ())
    assert {row.meta["stage"] for row in rows} == {"warm"}
    assert all(row.messages[0].content == f"{row.source[0]}{row.meta['row']}" for row in rows)
    assert len({row.messages[0].content for row in rows}) == 401


def test_sizes_temperature_and_caps_of_sources_make_the_shares(load, tmp_path):
    for number, (settings, found) in enumerate(
        [
            ({"datasets": of("a", "b", "c"), "count": 1_110}, {"a": 1_000, "b": 100, "c": 10}),
            ({"datasets": of("a", "b", "c")}, {"a": 3_000, "b": 300, "c": 30}),
            ({"datasets": of("a", "b", "c"), "count": 90, "temperature": 1_000}, {"a": 30, "b": 30, "c": 30}),
            ({"datasets": [*of("a", cap=300), *of("b", "c")], "count": 63}, {"a": 30, "b": 30, "c": 3}),
            ({"datasets": [*of("a", weight=1, cap=5), *of("b", weight=1)], "count": 50}, {"a": 5, "b": 45}),
        ]
    ):
        _, rows = run(load(settings), tmp_path / str(number))
        assert Counter(names(rows)) == found, settings


def test_a_value_is_capped_over_all_sources(load, tmp_path):
    settings = {"datasets": of("a", "b"), "count": 1_000, "caps": {"language": {"ja": 50}, "category": {"*": 300}}}
    manifest, rows = run(load(settings), tmp_path / "out")
    found = Counter((row.meta["language"], row.meta["category"]) for row in rows)
    assert sum(count for (language, _), count in found.items() if language == "ja") == 50
    assert {name: sum(n for (_, category), n in found.items() if category == name) for name in ("odd", "even")} == {
        "odd": 300,
        "even": 300,
    }
    assert manifest.shortfalls == (("mix", 1_000, 600),)


def test_a_language_that_no_column_says_is_recognised(load, tmp_path):
    texts = ["これは何ですか？", "What is this?"] * 20
    lines = [json.dumps({"prompt": f"{text} {n}", "response": "x"}) for n, text in enumerate(texts)]
    (tmp_path / "d.jsonl").write_text("\n".join(lines))
    _, rows = run(load({"datasets": of("d"), "caps": {"language": {"en": 3}}}), tmp_path / "out")
    assert Counter("What" in row.messages[0].content for row in rows) == {False: 20, True: 3}


def test_the_order_follows_the_seed_and_neither_workers_nor_a_kill(load, tmp_path):
    recipe = load({"datasets": of("a", "b", "c")})
    _, rows = run(recipe, tmp_path / "one")
    assert run(recipe, tmp_path / "two", workers=2)[1] == rows

    def stop(now: pipeline.Progress) -> None:
        if now.rows_made > 1_500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.generate(recipe, tmp_path / "three", workers=1, progress=stop)
    assert run(recipe, tmp_path / "three")[1] == rows
    _, other = run(load({"datasets": of("a", "b", "c")}, seed=2), tmp_path / "four")
    assert other != rows
    assert sorted(other) != other
    assert Counter(names(rows[:1_000])).keys() == {"a", "b", "c"}, "the sources lie among each other"


def test_windows_hold_the_sources_in_their_shares(load, tmp_path, monkeypatch):
    from factory.source import blocks

    monkeypatch.setattr(blocks, "WINDOW", 333)
    _, rows = run(load({"datasets": of("a", "b", "c")}), tmp_path / "out")
    assert len(rows) == 3_330
    assert all(Counter(names(rows[at : at + 333])) == {"a": 300, "b": 30, "c": 3} for at in range(0, 3_330, 333))


def test_two_mixes_are_two_stages(load, tmp_path):
    stages = [{"datasets": of("c"), "stage": "one"}, {"datasets": of("b"), "count": 20, "stage": "two"}]
    _, rows = run(load(*stages), tmp_path / "out")
    assert [row.meta["stage"] for row in rows] == ["one"] * 30 + ["two"] * 20


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"datasets": [*of("a", weight=1), *of("b")]}, "some have a `weight` and some have none"),
        (
            {"datasets": of("a"), "caps": {"colour": {"red": 1}}},
            "'colour' can't be capped; there are: language, category",
        ),
        ({"datasets": of("none")}, "can't be read"),
        ({"datasets": [*of("a"), {"source": "p.jsonl", "license": "mit"}]}, "brings pairs and .*a.jsonl doesn't"),
        ({"datasets": []}, "datasets"),
        ({"datasets": of("a", weigth=1)}, "unknown setting; did you mean 'weight'"),
        ({"datasets": [{"source": "a.jsonl"}]}, "its licence is unknown"),
    ],
)
def test_what_is_wrong_is_one_sentence(load, tmp_path, settings, said):
    (tmp_path / "p.jsonl").write_text(json.dumps({"prompt": "x", "chosen": "y", "rejected": "z"}))
    with pytest.raises(RecipeError, match=said) as caught:
        load(settings)
    assert "\n" not in str(caught.value)


def test_the_recipe_that_ships_runs(tmp_path):
    manifest, rows = run(recipes.load(ROOT / "recipes/mix.yaml"), tmp_path / "out")
    assert manifest.rows_made == 10
    assert set(names(rows)) == {"q", "k"}
    assert Counter(row.source.partition("@")[0] for row in rows)["kurashi.jsonl"] == 5
