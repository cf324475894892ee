"""A model's folder of two tensors, written by hand: no torch is loaded."""

import json
from pathlib import Path

import numpy as np

SHAPES = {"model.layers.0.self_attn.q.weight": (8, 4), "model.layers.1.mlp.up.weight": (4, 8)}


def save(folder: Path, seed: int) -> None:
    """Write it; another seed is another model."""
    rng = np.random.default_rng(seed)
    header, data = {}, b""
    for name, shape in SHAPES.items():
        content = rng.standard_normal(shape).astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    (folder / "config.json").write_text('{"model_type": "llama"}')
