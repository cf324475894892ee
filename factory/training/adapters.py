"""Low-rank adapters (LoRA), also over a model of 4 bits (QLoRA); what comes out has them merged in.

Source: LoRA, https://arxiv.org/abs/2106.09685; QLoRA, https://arxiv.org/abs/2305.14314, of which the four settings are:
NF4, double quantisation, bfloat16 to compute in, adapters on all linear layers.
"""

import shutil
from pathlib import Path
from typing import Any

from factory.errors import DependencyError, RecipeError
from factory.settings import nearest
from factory.training.recipe import TrainingRecipe
from factory.training.settings import Training

INSTALL = "pip install 'post-training-factory[lora]'"
ADAPTER = "adapter"


def check(recipe: TrainingRecipe) -> None:
    """Refuse adapters that can't be had here.

    Raises:
        DependencyError: PEFT or bitsandbytes is not installed.
        RecipeError: PEFT has no such setting, or there is no GPU for 4 bits.
    """
    settings = recipe.settings
    if settings.tune == "full":
        return
    peft = _peft(settings.tune)
    known = set(peft.LoraConfig.__dataclass_fields__)
    for name in settings.lora:
        if name not in known:
            hint = nearest(name, known) or "see PEFT's documentation of LoraConfig"
            raise RecipeError(recipe.at(("lora", name), f"PEFT's LoraConfig has no such setting; {hint.rstrip('; ')}"))
    if settings.tune == "qlora":
        import torch

        if not torch.cuda.is_available():
            raise RecipeError(recipe.at(("tune",), "qlora needs a CUDA GPU, which this machine lacks; set tune: lora"))
        try:
            import bitsandbytes  # noqa: F401
        except ImportError as error:
            raise DependencyError(f"tune: qlora needs bitsandbytes, which is not installed; run: {INSTALL}") from error


def arguments(settings: Training, revision: str | None) -> dict[str, Any]:
    """What TRL's trainers are given for adapters; `revision` is that of the model below them, where it has one."""
    if settings.tune == "full":
        return {}
    peft = _peft(settings.tune)
    task = "SEQ_CLS" if settings.configuration == "RewardConfig" else "CAUSAL_LM"
    values = {"task_type": task, "target_modules": "all-linear", "revision": revision, **settings.lora}
    found: dict[str, Any] = {"peft_config": peft.LoraConfig(**values)}
    if settings.tune == "qlora":
        import torch
        from transformers import BitsAndBytesConfig

        found["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    return found


def merge(settings: Training, folder: Path) -> None:
    """Make a whole model of the adapters in the folder; they stay beside it under `adapter`.

    Those of a later stage go: what they were trained over is the end of the stage before, which is not kept.
    """
    if settings.tune == "full":
        return
    peft = _peft(settings.tune)
    kept = folder / ADAPTER
    kept.mkdir(exist_ok=True)
    for path in folder.glob("adapter_*"):
        shutil.move(path, kept / path.name)
    kinds = {"RewardConfig": "AutoPeftModelForSequenceClassification"}
    kind = getattr(peft, kinds.get(settings.configuration, "AutoPeftModelForCausalLM"))
    more = {"num_labels": 1} if settings.configuration == "RewardConfig" else {}
    kind.from_pretrained(str(kept), **more).merge_and_unload().save_pretrained(str(folder))
    if len(settings.parts) > 1:
        shutil.rmtree(kept)


def _peft(tune: str) -> Any:
    try:
        import peft
    except ImportError as error:
        raise DependencyError(f"tune: {tune} needs peft, which is not installed; run: {INSTALL}") from error
    return peft
