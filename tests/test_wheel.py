"""The wheel, built and used outside the tree, does what the editable install does."""

import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PACKAGES = {"factory", "generators", "judges", "trainers", "templates", "data_cards", "recipes"}
RECIPE = """\
name: wheel
seed: 7
license: apache-2.0
generate:
  - {use: math, count: 400, families: [algebra/linear_*, fractions/*, speed_*]}
judge:
  - {use: math_answer}
"""


@dataclass(frozen=True)
class Outside:
    """The wheel and an environment that has it installed, in a folder of their own."""

    folder: Path
    wheel: Path

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.folder / "venv" / "bin" / "python"

    def run(self, *command: str | Path) -> str:
        """What a command prints, run in the folder; it must succeed."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    """Builds and installs the wheel.

    The libraries are those of this environment, without its `.pth` files, so that the editable install stays unseen.
    """
    folder = tmp_path_factory.mktemp("outside")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv")
    found = Outside(folder, wheel)
    pip = [sys.executable, "-m", "pip", "--python", found.python, "--disable-pip-version-check"]
    found.run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel)
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    libraries = Path(found.run(found.python, "-c", code).strip()) / "libraries.pth"
    libraries.write_text("\n".join(dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])))
    return found


def test_the_wheel_holds_the_seven_packages_and_nothing_else(outside: Outside) -> None:
    names = ZipFile(outside.wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES
    assert len(tops) == len(PACKAGES) + 1
    assert [name for name in names if "__pycache__" in name or name.startswith("tests")] == []


def test_the_wheel_holds_all_that_is_data(outside: Outside) -> None:
    names = set(ZipFile(outside.wheel).namelist())
    data = [path for top in PACKAGES for path in (ROOT / top).rglob("*") if path.suffix in {".yaml", ".j2", ".typed"}]
    assert len([path for path in data if path.is_relative_to(ROOT / "templates" / "math")]) > 10
    assert [path for path in data if str(path.relative_to(ROOT)) not in names] == []


def test_the_installed_code_is_the_wheels(outside: Outside) -> None:
    code = f"import importlib as i; print(*[i.import_module(n).__file__ for n in {sorted(PACKAGES)}], sep='\\n')"
    files = outside.run(outside.python, "-c", code).splitlines()
    assert [file for file in files if not Path(file).is_relative_to(outside.folder)] == []


def test_the_wheels_command_helps_and_lists(outside: Outside) -> None:
    command = outside.folder / "venv" / "bin" / "factory"
    assert "Make post-training data" in outside.run(command, "--help")
    listed = outside.run(command, "list", "-v")
    assert "math_answer" in listed
    assert listed == outside.run(sys.executable, "-m", "factory.cli", "list", "-v")


def test_the_wheel_makes_the_same_bytes_as_the_editable_install(outside: Outside) -> None:
    (outside.folder / "wheel.yaml").write_text(RECIPE, encoding="utf-8")
    arguments = ("generate", "wheel.yaml", "--quiet", "-o")
    outside.run(outside.folder / "venv" / "bin" / "factory", *arguments, "mine")
    outside.run(sys.executable, "-m", "factory.cli", *arguments, "theirs")
    mine, theirs = (bytes_by_name(outside.folder / name) for name in ("mine", "theirs"))
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if mine[name] != theirs[name]] == []
    assert {"manifest.json", "README.md", "data/train-00000.parquet"} <= mine.keys()


def bytes_by_name(folder: Path) -> dict[str, bytes]:
    """Every file of a dataset folder but the one that holds times."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "timing.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
