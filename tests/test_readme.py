"""What README.md says is so: its commands run, its rows are checked rows, its tree is the tree, its twin agrees."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from fnmatch import fnmatch
from pathlib import Path
from shutil import copytree

import pytest

from factory import display
from factory.math import check, render
from factory.row import Message, Row, content_id
from generators.math import FINAL

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
TWIN = (ROOT / "README.ja.md").read_text(encoding="utf-8")
BOTH = pytest.mark.parametrize("text", [TEXT, TWIN], ids=["README.md", "README.ja.md"])


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[str]:
    """The lines meant to be typed and tried."""
    return [line[2:] for block in blocks(text, "console") for line in block.splitlines() if line.startswith("$ ")]


def tree(block: str) -> list[str]:
    """The paths of an annotated tree."""
    paths: list[str] = []
    parents: list[str] = []
    for line in block.splitlines():
        names = re.split(r"  +", line.strip())[0].split(", ")
        parents = parents[: (len(line) - len(line.lstrip())) // 2]
        paths += ["".join([*parents, name]) for name in names]
        parents.append(names[0])
    return paths


def house(text: str) -> list[str]:
    """The paths of the tree of this repository."""
    return next(tree(block) for block in blocks(text, "text") if block.startswith("factory/"))


def shell(command: str, folder: Path, **environment: str) -> str:
    """What a command prints; it must succeed."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "HF_HOME": str(folder / "cache"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_every_command_runs_and_the_dataset_loads(tmp_path: Path) -> None:
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    printed = {command: shell(command, tmp_path) for command in commands(TEXT)}
    assert len(printed) >= 8
    assert "1,000 rows kept of 1,000 made" in printed["factory show out/math"]
    json.loads((tmp_path / "recipe.schema.json").read_text())
    (tmp_path / "load.py").write_text(blocks(TEXT, "python")[0], encoding="utf-8")
    assert "'role': 'user'" in shell(f"{sys.executable} load.py", tmp_path)


def test_the_dataset_folder_holds_what_is_said(tmp_path: Path) -> None:
    recipe = "name: one\nseed: 0\nlicense: mit\ngenerate: [{use: math, count: 20, families: [linear_*]}]\n"
    (tmp_path / "one.yaml").write_text(recipe, encoding="utf-8")
    shell("factory generate one.yaml -o out/math --workers 1", tmp_path)
    found = [str(path.relative_to(tmp_path)) for path in (tmp_path / "out/math").rglob("*") if path.is_file()]
    for text in (TEXT, TWIN):
        block = next(block for block in blocks(text, "text") if block.startswith("out/math"))
        said = [path for path in tree(block) if path != "out/math/"]
        assert [name for name in found if not any(fnmatch(name, pattern) for pattern in said)] == []
        absent = [pattern for pattern in said if not any(fnmatch(name, pattern) for name in found)]
        assert absent == ["out/math/rejects/*.parquet", "out/math/state/"]


@BOTH
def test_the_sample_rows_are_rows_as_they_are_made(text: str) -> None:
    rows = [json.loads(block) for block in blocks(text, "json")]
    assert {row["meta"]["language"] for row in rows} == {"ja", "en"}
    for row in rows:
        messages = [Message(**message) for message in row["messages"]]
        assert list(row) == list(display.record(Row(tuple(messages), "", "", "")))
        assert row["id"] == content_id(messages)
        family, language = row["meta"]["family"], row["meta"]["language"]
        assert (ROOT / row["source"]).with_suffix(".yaml").is_file()
        solution, answer = messages[1].content.split(f"\n{FINAL[language]}")
        written = render.Written(messages[0].content, solution, answer)
        assert check.checker(family, language).why_refused(written) == ""


@BOTH
def test_the_family_to_copy_is_a_good_family(text: str, tmp_path: Path) -> None:
    copytree(ROOT / "templates", tmp_path / "templates")
    path = tmp_path / re.search(r"`(templates/math/\w+/\w+\.yaml)`", text)[1]
    assert not path.exists()
    (family,) = [block for block in blocks(text, "yaml") if "\nparameters:" in block]
    path.write_text(family, encoding="utf-8")
    recipe = f"name: one\nseed: 0\nlicense: mit\ngenerate: [{{use: math, count: 100, families: [{path.stem}]}}]\n"
    (tmp_path / "one.yaml").write_text(recipe, encoding="utf-8")
    factory = f"{sys.executable} -P -m factory.cli"
    shell(f"{factory} check one.yaml --prove", tmp_path, PYTHONPATH=str(tmp_path))
    said = shell(f"{factory} generate one.yaml -o out --workers 1", tmp_path, PYTHONPATH=str(tmp_path))
    assert "100 rows kept of 100 made" in said


@BOTH
def test_the_component_to_copy_works(text: str, tmp_path: Path) -> None:
    (tmp_path / "short_enough").mkdir()
    (tmp_path / "short_enough" / "__init__.py").touch()
    (tmp_path / "short_enough" / "judge.py").write_text(blocks(text, "python")[1], encoding="utf-8")
    recipe = (
        "name: short\nseed: 0\nlicense: apache-2.0\n"
        "generate: [{use: math, count: 50, families: [linear_equations]}]\n"
        "judge: [{use: short_enough.judge, most: 10}]\n"
    )
    (tmp_path / "short.yaml").write_text(recipe, encoding="utf-8")
    command = "factory generate short.yaml -o out --workers 1 || [ $? = 3 ]"
    said = shell(command, tmp_path, PYTHONPATH=str(tmp_path))
    assert "dropped 50: short_enough.judge: long" in said


@BOTH
def test_the_tree_is_the_tree(text: str) -> None:
    said = house(text)
    assert [path for path in said if not list(ROOT.glob(path))] == []
    folders = ("factory", "generators", "judges", "trainers")
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if path.name != "__init__.py"]
    names = [str(path.relative_to(ROOT)) for path in modules]
    assert [name for name in names if not any(fnmatch(name, path) for path in said)] == []


def test_the_twin_has_the_same_commands_tree_and_tables() -> None:
    def cells(text: str) -> list[str]:
        return re.findall(r"^\| (`[^|]+`|[0-9][0-9, ]*) \|", text, flags=re.MULTILINE)

    def uncommented(text: str, language: str) -> list[str]:
        return [re.sub(r" *#.*|\"\"\".*?\"\"\"", "", block) for block in blocks(text, language)]

    assert commands(TWIN) == commands(TEXT)
    assert list(map(tree, blocks(TWIN, "text"))) == list(map(tree, blocks(TEXT, "text")))
    assert len(cells(TEXT)) > 10
    assert cells(TWIN) == cells(TEXT)
    for language in ("bash", "json", "yaml", "python"):
        assert uncommented(TWIN, language) == uncommented(TEXT, language)
    assert TWIN.count("\n## ") == TEXT.count("\n## ")


def test_every_make_target_named_is_one() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    named = re.findall(r"\bmake ([a-z]+)\b", "".join(blocks(TEXT, "bash")) + "".join(re.findall(r"`make \w+`", TEXT)))
    assert {"demo", "test", "bench"} <= set(named) <= set(targets)
