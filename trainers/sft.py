"""Supervised fine-tuning on conversations: the loss is on the assistant's turns, every one, and on nothing else.

TRL's `SFTTrainer` under TRL's own settings. `stages` train one after another, each from the end of the last, as the
PLaMo-100B post-training does (mathematics first, then everything).

    use: sft
    name: my-model
    seed: 0
    model: {source: llm-jp/llm-jp-3-150m}
    stages:
      - {name: math, datasets: [{source: out/math}]}
      - {name: general, datasets: [{source: out/general, weight: 3}, {source: out/math, weight: 1}]}
    args: {learning_rate: 2.0e-5, num_train_epochs: 2, per_device_train_batch_size: 8, max_length: 4096}

Source: https://huggingface.co/docs/trl/sft_trainer; stages, https://tech.preferred.jp/ja/blog/plamo-100b-post-training/
"""

from typing import ClassVar

from factory.component import Trainer
from factory.training.job import Job
from factory.training.settings import Training


class SFT(Training, Trainer):
    """Supervised fine-tuning."""

    staged: ClassVar[bool] = True

    def train(self, job: Job) -> None:
        """Train on the answers of conversations."""
        from trl import SFTTrainer

        job.run(SFTTrainer)
