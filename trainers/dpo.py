"""Preference training on pairs: what was chosen becomes likelier than what was rejected, as far as a reference allows.

TRL's `DPOTrainer` under TRL's own settings (`beta`, `loss_type` ...). The datasets may be of several kinds, public
pairs, pairs on-policy, SPIN's; their weights are their shares. Which model the reference is has to be said, since
published recipes differ: in an iteration it is either the model of before this training (`start`) or the first one of
all. It is kept in training.json and on the card.

    use: dpo
    name: my-model-dpo
    seed: 0
    model: {source: out/sft}
    reference: start                      # or {source: out/sft, ...}, the first model of the iterations
    datasets: [{source: out/on_policy, weight: 2}, {source: out/spin, weight: 1}]
    args: {beta: 0.1, learning_rate: 5.0e-7, num_train_epochs: 1}

Source: DPO, https://arxiv.org/abs/2305.18290; https://huggingface.co/docs/trl/dpo_trainer; the two references,
https://github.com/RLHFlow/Online-RLHF/issues/5
"""

from typing import Any, ClassVar, Literal

from factory.columns import Kind
from factory.component import Trainer
from factory.training import refused
from factory.training.job import Job
from factory.training.settings import Start, Training


class DPO(Training, Trainer):
    """Direct preference optimisation."""

    takes: ClassVar[Kind] = "pairs"
    configuration: ClassVar[str] = "DPOConfig"

    reference: Literal["start"] | Start
    """The model that the trained one is held near to: `start`, which it begins as, or {source: ..., revision: ...}."""

    def train(self, job: Job) -> None:
        """Train on pairs."""
        from trl import DPOTrainer

        job.run(DPOTrainer, ref_model=self._reference(job))

    def _reference(self, job: Job) -> Any:
        """The reference model where it is another one; TRL makes a copy of the one it begins as."""
        if self.reference == "start":
            return None
        from transformers import AutoModelForCausalLM

        folder = self.beside(self.reference.source)
        source, revision = (
            (str(folder), "main") if folder.exists() else (self.reference.source, self.reference.revision)
        )
        values = {"dtype": "float32", **(job.args.model_init_kwargs or {}), "revision": revision}
        with refused.by_memory(job.recipe), refused.by_libraries(job.recipe, ("reference",)):
            return AutoModelForCausalLM.from_pretrained(source, **values)
