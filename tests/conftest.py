"""Hypothesis without deadlines: how fast a machine is at the moment is no law. And tiny real models."""

import os
import sys
from collections.abc import Callable
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

settings.register_profile("factory", deadline=None)
settings.load_profile("factory")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny model, one for all the processes of a test run."""
    made: Path = _beside("tiny_model").made(_shared(tmp_path_factory) / "tiny-llama")
    return made


@pytest.fixture(scope="session")
def taught_reward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny reward model that prefers answers with a certain word; one for all the processes."""
    _beside("tiny_model")
    made: Path = _beside("taught_reward").made(_shared(tmp_path_factory) / "tiny-reward")
    return made


@pytest.fixture(scope="session")
def handwritten_model() -> Callable[[Path, int], None]:
    """Writes the folder of a model of two tensors, another for each seed; no torch is loaded."""
    save: Callable[[Path, int], None] = _beside("handwritten_model").save
    return save


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("transformers")
    pytest.importorskip("torch")
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def _beside(name: str) -> ModuleType:
    """The module of that name beside this file, which tests can import by its bare name from then on."""
    if name not in sys.modules:
        spec = util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        module = util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]
