"""Who may import whom: `generators | judges | trainers → factory → templates`."""

import ast
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
KINDS = ("generators", "judges", "trainers")
COMPONENTS = [path for kind in KINDS for path in (ROOT / kind).glob("*.py") if path.stem != "__init__"]
CORE = sorted((ROOT / "factory").rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_contract_of_the_layers_is_kept() -> None:
    command = Path(sysconfig.get_path("scripts")) / "lint-imports"
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept, 0 broken" in done.stdout


def test_no_component_imports_another() -> None:
    found = {path: [module for module in imported(path) if module.partition(".")[0] in KINDS] for path in COMPONENTS}
    assert {path: modules for path, modules in found.items() if modules} == {}


def test_the_core_imports_no_component() -> None:
    found = {path: [module for module in imported(path) if module.partition(".")[0] in KINDS] for path in CORE}
    assert {path: modules for path, modules in found.items() if modules} == {}


def test_the_core_names_no_component() -> None:
    """No text in its code is the module or the class of a component; a docstring may give one as an example."""
    names = {name for path in COMPONENTS for name in (*classes(path), f"{path.parent.name}.{path.stem}")}
    assert {"Math", "generators.math"} <= names
    assert {path: texts(path) & names for path in CORE if texts(path) & names} == {}


def classes(path: Path) -> list[str]:
    """The classes that a file defines."""
    return [node.name for node in ast.parse(path.read_bytes()).body if isinstance(node, ast.ClassDef)]


def texts(path: Path) -> set[str]:
    """The strings in a file's code."""
    nodes = list(ast.walk(ast.parse(path.read_bytes())))
    documents = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in documents]
    return {node.value for node in constants if isinstance(node.value, str)}
