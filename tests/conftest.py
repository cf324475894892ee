"""Hypothesis without deadlines: how fast a machine is at the moment is no law. And a tiny real model."""

import os
import sys
from importlib import util
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("factory", deadline=None)
settings.load_profile("factory")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny model, one for all the processes of a test run."""
    pytest.importorskip("transformers")
    pytest.importorskip("torch")
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    spec = util.spec_from_file_location("tiny_model", Path(__file__).with_name("tiny_model.py"))
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules["tiny_model"] = module
    spec.loader.exec_module(module)
    made: Path = module.made(folder / "tiny-llama")
    return made
