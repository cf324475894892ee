"""What translated rows may be used for: the terms of what they were translated from and of the model that did it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from factory import recipe as recipes
from factory.errors import LicenceError
from factory.licence.book import book
from factory.licence.derived import misnamed

SAID = {
    "Why is the sky blue?": "空はなぜ青いのですか。",
    "Bees make honey in summer.": "ミツバチは夏に蜂蜜を作ります。",
}
SPELLING = 'How do you spell the word "bee"?'


def recipe(folder: Path, source: str, model: str, rows: list[dict[str, Any]] | None = None, **more: Any) -> Any:
    """A recipe that translates rows under one licence with a model under another."""
    plain = [{"prompt": text, "response": "Bees make honey in summer."} for text in SAID if text.endswith("?")]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows or plain))
    rules = [{"matches": rf">\n{text[:-1]}", "say": [said]} for text, said in SAID.items()]
    translator = {"use": "scripted", "license": model, "rules": rules}
    generate = {"use": "translate", "model": "translator", "dataset": {"source": "rows.jsonl", "license": source}}
    written = {
        "name": "t", "seed": 0, "license": "auto", "models": {"translator": translator},
        "generate": [generate | more.pop("settings", {})], **more,
    }  # fmt: skip
    (folder / "r.yaml").write_text(yaml.safe_dump(written, allow_unicode=True))
    return recipes.load(folder / "r.yaml", [])


@pytest.mark.parametrize(
    ("source", "model", "both"),
    [
        ("apache-2.0", "mit", "apache-2.0"),
        ("cc-by-4.0", "apache-2.0", "cc-by-4.0"),
        ("apache-2.0", "llama3.1", "apache-2.0 AND llama3.1"),
        ("cc-by-sa-4.0", "llama3.1", "cc-by-sa-4.0 AND llama3.1"),
        ("llama3.3", "llama3.1", "llama3.1 AND llama3.3"),
    ],
)
def test_a_row_is_under_the_licence_of_its_source_joined_with_the_models_terms(
    source: str, model: str, both: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    _, rows = run(recipe(tmp_path, source, model), tmp_path / "out")
    assert [row.license for row in rows] == [both]
    assert rows[0].meta["source_license"] == source
    assert rows[0].model == "scripted"


def test_a_model_trained_on_what_a_llama_translated_has_a_name_that_begins_so(
    tmp_path: Path, run: Callable[..., Any]
) -> None:
    _, rows = run(recipe(tmp_path, "apache-2.0", "llama3.1"), tmp_path / "out")
    ids = frozenset(book().ids(rows[0].license))
    assert "Llama" in misnamed(book(), ids, "mine")
    assert misnamed(book(), ids, "Llama-mine") == ""
    notice = (tmp_path / "out/NOTICE").read_text()
    assert "Give a model trained on the rows a name that begins with 'Llama' (llama3.1)." in notice
    assert "Built with Llama" in notice
    assert "license_name: apache-2.0-and-llama3.1" in (tmp_path / "out/README.md").read_text()


def test_rows_that_name_their_own_licence_and_model_keep_both(tmp_path: Path, run: Callable[..., Any]) -> None:
    about = {"prompt": "Why is the sky blue?", "response": "Bees make honey in summer."}
    rows = [{**about, "license": "cc-by-sa-4.0", "model": "Qwen/Qwen3-8B@1"}]
    made = recipe(tmp_path, "apache-2.0", "llama3.1", rows)
    _, (row,) = run(made, tmp_path / "out")
    assert (row.license, row.meta["source_license"]) == ("cc-by-sa-4.0 AND llama3.1", "cc-by-sa-4.0")
    assert row.model == "Qwen/Qwen3-8B@1 + scripted"


def test_a_row_that_stays_in_its_language_owes_the_model_nothing(tmp_path: Path, run: Callable[..., Any]) -> None:
    rows = [{"prompt": SPELLING, "response": "B-e-e."}]
    made = recipe(tmp_path, "apache-2.0", "llama3.1", rows, settings={"untranslatable": "keep"})
    _, (row,) = run(made, tmp_path / "out")
    assert (row.license, row.model) == ("apache-2.0", "")


@pytest.mark.parametrize(("source", "model"), [("cc-by-nc-4.0", "apache-2.0"), ("apache-2.0", "cc-by-nc-4.0")])
def test_what_the_policy_refuses_is_refused_before_anything_is_asked(source: str, model: str, tmp_path: Path) -> None:
    with pytest.raises(LicenceError, match="L001"):
        recipe(tmp_path, source, model)
    assert recipe(tmp_path, source, model, policy="research")
