"""A reward model from pairs: one number for a conversation, higher for what was chosen (Bradley and Terry).

TRL's `RewardTrainer` under TRL's own settings. What comes out is a sequence classifier of one label, as the engine
`reward` and the judge `reward_model` take it.

    use: reward
    name: my-reward
    seed: 0
    model: {source: out/sft}
    datasets: [{source: out/pairs}]
    args: {learning_rate: 1.0e-5, num_train_epochs: 1}

Source: https://huggingface.co/docs/trl/reward_trainer
"""

from typing import ClassVar

from factory.columns import Kind
from factory.component import Trainer
from factory.training.job import Job
from factory.training.settings import Training


class Reward(Training, Trainer):
    """A reward model."""

    takes: ClassVar[Kind] = "pairs"
    configuration: ClassVar[str] = "RewardConfig"

    def train(self, job: Job) -> None:
        """Train on pairs."""
        from trl import RewardTrainer

        job.run(RewardTrainer)
