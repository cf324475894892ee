import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
save_file = pytest.importorskip("safetensors.torch").save_file
load_file = pytest.importorskip("safetensors.torch").load_file

CONFIG = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": 48,
    "num_attention_heads": 4,
    "dtype": "bfloat16",
}
SHAPES = {
    "model.embed_tokens.weight": (48, 16),
    "model.layers.0.self_attn.q_proj.weight": (16, 16),
    "model.layers.0.mlp.up_proj.weight": (40, 16),
    "model.layers.1.self_attn.q_proj.weight": (16, 16),
    "model.layers.1.mlp.up_proj.weight": (40, 16),
    "model.layers.2.self_attn.q_proj.weight": (16, 16),
    "model.layers.2.mlp.up_proj.weight": (700, 800),  # more than two blocks
    "model.norm.weight": (16,),
    "lm_head.weight": (48, 16),
}


@pytest.fixture
def weights() -> Callable[..., dict[str, Any]]:
    """Random tensors of the shapes above."""

    def build(seed: int, dtype: str = "bfloat16", near: Mapping[str, Any] | None = None, far: float = 1.0) -> Any:
        rng = torch.Generator().manual_seed(seed)
        noise = {name: torch.randn(shape, generator=rng) for name, shape in SHAPES.items()}
        if near is not None:
            noise = {name: near[name].float() + far * one for name, one in noise.items()}
        return {name: one.to(getattr(torch, dtype)) for name, one in noise.items()}

    return build


@pytest.fixture
def model(tmp_path: Path) -> Callable[..., Path]:
    """A model's folder with these tensors, in so many files; keywords change its config, None removes."""

    def write(name: str, tensors: Mapping[str, Any], files: int = 1, **config: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        names = list(tensors)
        if files == 1:
            save_file(dict(tensors), folder / "model.safetensors", {"format": "pt"})
        else:
            places = {}
            for number in range(files):
                file = f"model-{number + 1:05}-of-{files:05}.safetensors"
                own = names[number::files]
                save_file({one: tensors[one] for one in own}, folder / file, {"format": "pt"})
                places |= dict.fromkeys(own, file)
            (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
        said = {key: value for key, value in {**CONFIG, **config}.items() if value is not None}
        (folder / "config.json").write_text(json.dumps(said))
        return folder

    return write


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., Path]:
    """The file of a recipe for the models of those names; keywords are its keys, `of_NAME` those of a model."""

    def write(*names: str, **keys: Any) -> Path:
        said = {name: keys.pop(f"of_{name}", {}) for name in names}
        models = {name: {"model": name, "license": "apache-2.0", **said[name]} for name in names}
        path = tmp_path / "merge.yaml"
        path.write_text(json.dumps({"name": "merged", "method": "slerp", "models": models, **keys}, indent=1))
        return path

    return write


@pytest.fixture
def merged(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The tensors that a recipe's merge comes to, read by the format's own library."""

    def run(recipe: Path, out: str = "out", **options: Any) -> dict[str, Any]:
        from factory.merging.merge import merge
        from factory.merging.recipe import load

        merge(load(recipe), tmp_path / out, **options)
        return {
            name: one
            for path in sorted((tmp_path / out).glob("*.safetensors"))
            for name, one in load_file(path).items()
        }

    return run
