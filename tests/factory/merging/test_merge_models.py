"""Merges of models that are a little larger, and of real ones."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from factory.merging.merge import merge
from factory.merging.recipe import load

torch = pytest.importorskip("torch")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel doesn't say how large a process was")
def test_memory_does_not_grow_with_the_model(tmp_path, recipe, model):
    """Two models of 96 MB, one tensor of which has half: what a merge takes above its imports."""
    torch.manual_seed(0)
    for name in ("a", "b"):
        model(name, {"big": torch.randn(3000, 4000), **{f"w{n}": torch.randn(1000, 1000) for n in range(12)}})
    code = (
        "import sys; from pathlib import Path; from factory.merging.merge import merge\n"
        "import factory.merging.card, factory.markdown; from factory.merging.recipe import load\n"
        "peak = lambda: int(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])\n"
        "recipe = load(Path(sys.argv[1])); before = peak()\n"
        "merge(recipe, Path(sys.argv[2]), workers=2)\n"
        "print(peak() - before)"
    )
    for method, keys in (("slerp", {}), ("linear", {}), ("ties", {"base": "a"})):
        path = recipe("a", "b", method=method, **keys)
        done = subprocess.run(
            [sys.executable, "-c", code, path, tmp_path / method], capture_output=True, text=True, check=True
        )
        assert 0 < int(done.stdout) < 30_000, f"{method}: {done.stdout} KiB"


@pytest.mark.slow
def test_transformers_loads_the_result_and_it_computes_as_the_mean_of_the_models(tmp_path, recipe):
    transformers = pytest.importorskip("transformers")
    spec = spec_from_file_location("tiny_model", Path(__file__).parents[2] / "tiny_model.py")
    tiny = module_from_spec(spec)
    spec.loader.exec_module(tiny)
    first = tiny.made(tmp_path / "a")
    second = transformers.AutoModelForCausalLM.from_pretrained(first)
    torch.manual_seed(3)
    with torch.no_grad():
        for weight in second.parameters():
            weight.add_(torch.randn_like(weight) * 0.05)
    second.save_pretrained(tmp_path / "b")
    transformers.AutoTokenizer.from_pretrained(first).save_pretrained(tmp_path / "b")
    merge(load(recipe("a", "b", method="linear", max_shard_gb=0.000_1)), tmp_path / "out")
    model, report = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out", output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    assert tokenizer.chat_template == tiny.CHATML
    assert model.config.tie_word_embeddings
    mean = transformers.AutoModelForCausalLM.from_pretrained(first)
    with torch.no_grad():
        for weight, other in zip(mean.parameters(), second.parameters(), strict=True):
            weight.add_(other).div_(2)
        ids = tokenizer("What is three plus four?", return_tensors="pt")["input_ids"]
        assert torch.allclose(model(ids).logits, mean(ids).logits, atol=1e-4)
