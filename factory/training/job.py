"""One stage of a training, ready for TRL: what a trainer is given, and how it is run, resumed and saved.

A stage's folder is `<out>/state/<number>-<name>`: rows.arrow, TRL's own checkpoints, and `model` with stage.json
written last. After a kill the same command goes on from the newest checkpoint that is whole: transformers writes
trainer_state.json last.
"""

import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from factory import durable
from factory.errors import DependencyError, FactoryError, RecipeError
from factory.merging import weights
from factory.training import adapters, refused
from factory.training.recipe import TrainingRecipe
from factory.training.settings import Stage

STAGE = "stage.json"
MODEL = "model"
_STATE = "trainer_state.json"


@dataclass(frozen=True)
class Job:
    """One stage for a trainer."""

    recipe: TrainingRecipe
    stage: Stage
    folder: Path
    """Where its checkpoints lie."""
    model: str
    """The model it begins with: a Hub id, or a folder."""
    revision: str | None
    """Of a Hub id."""
    args: Any
    """TRL's object of settings."""
    tokenizer: Any
    dataset: Any
    """The rows, as TRL takes them."""
    metrics: Path
    """The file that metrics go to."""
    tell: Callable[[str], None]
    """Is told how far it is."""
    before: tuple[Mapping[str, Any], ...] = ()
    """The metrics of earlier stages."""

    def run(self, kind: Callable[..., Any], **more: Any) -> None:
        """Train with a trainer of TRL, from the last checkpoint where there is one, and save what comes out.

        Args:
            kind: TRL's class.
            more: what it is given beside what all of them are.

        Raises:
            RecipeError: TRL refuses the settings or the model, memory ran out, or the loss is no number.
        """
        from transformers import PrinterCallback, ProgressCallback

        with refused.by_memory(self.recipe):
            with refused.by_libraries(self.recipe, ("model",)):
                trainer = kind(**self._arguments, **more)
            for talker in (PrinterCallback, ProgressCallback):  # they would write among the results
                trainer.remove_callback(talker)
            found = newest(self.folder)
            self._trained(trainer, str(found) if found else None)
            if trainer.is_fsdp_enabled:
                trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
            self._saved(trainer)

    def _trained(self, trainer: Any, checkpoint: str | None) -> None:
        """Train; what is refused before the first step is done is the recipe's fault."""
        first = step_of(Path(checkpoint)) if checkpoint else 0
        with refused.by_libraries(self.recipe, ("args",), when=lambda: trainer.state.global_step <= first):
            trainer.train(resume_from_checkpoint=checkpoint)

    def _saved(self, trainer: Any) -> None:
        target = self.folder / MODEL
        with durable.disk_errors(target):
            trainer.save_model(str(target))
        if trainer.is_world_process_zero():
            adapters.merge(self.recipe.settings, target)
            self.tokenizer.save_pretrained(target)
            done = {"steps": trainer.state.global_step, "history": trainer.state.log_history}
            durable.write(self.folder / STAGE, orjson.dumps(done, option=orjson.OPT_INDENT_2))
        trainer.accelerator.wait_for_everyone()

    @property
    def _arguments(self) -> dict[str, Any]:
        """What every trainer of TRL is given."""
        return {
            "model": self.model,
            "args": self.args,
            "train_dataset": self.dataset,
            "processing_class": self.tokenizer,
            "callbacks": [_recorder(self)],
            **adapters.arguments(self.recipe.settings, self.revision),
        }


def newest(folder: Path) -> Path | None:
    """The last checkpoint that is whole."""
    return max((path for path in folder.glob("checkpoint-*") if _whole(path)), key=step_of, default=None)


def step_of(checkpoint: Path) -> int:
    """The step after which it was written."""
    return int(checkpoint.name.rpartition("-")[2])


def _whole(checkpoint: Path) -> bool:
    """Whether it was written to its end, and its weights are as long as they say."""
    if not (checkpoint / _STATE).is_file():
        return False
    try:
        weights.check(checkpoint)
    except RecipeError:
        return False
    return True


def clean(folder: Path) -> None:
    """Remove the checkpoint that was being written when a run was killed or a machine lost its power."""
    for path in folder.glob("checkpoint-*"):
        if not _whole(path):
            shutil.rmtree(path)


def done(folder: Path) -> tuple[int, list[dict[str, Any]]] | None:
    """The steps and the metrics of a finished stage; None where it isn't."""
    path = folder / STAGE
    if not path.is_file():
        return None
    found = orjson.loads(path.read_bytes())
    return found["steps"], found["history"]


def tokenizer(recipe: TrainingRecipe, source: str, revision: str, args: Mapping[str, Any]) -> Any:
    """The tokenizer of a model, with the chat template and end token that the settings name.

    Raises:
        RecipeError: there is none.
        DependencyError: transformers is not installed.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise DependencyError("training needs transformers, which is not installed") from error
    trust = bool(args.get("trust_remote_code", False))
    try:
        found = AutoTokenizer.from_pretrained(source, revision=revision, trust_remote_code=trust)
    except (OSError, ValueError, KeyError, TypeError, ImportError, AttributeError) as error:
        first = str(error).partition("\n")[0][:300]
        raise RecipeError(recipe.at(("model",), f"the tokenizer of {source!r} can't be loaded: {first}")) from error
    if path := args.get("chat_template_path"):
        try:
            found.chat_template = recipe.trainer.beside(str(path)).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RecipeError(recipe.at(("args", "chat_template_path"), f"{path} can't be read")) from error
    if end := args.get("eos_token"):
        if end not in found.get_vocab():
            raise RecipeError(recipe.at(("args", "eos_token"), f"{end!r} is no token of {source!r}"))
        found.eos_token = end
    if found.pad_token is None:
        found.pad_token = found.eos_token
    return found


def _recorder(job: Job) -> Any:
    """Writes each metric as a line of JSON, those before the last checkpoint too; stops where the loss is no number."""
    from transformers import TrainerCallback

    class Recorder(TrainerCallback):  # type: ignore[misc]  # transformers is not followed
        """Keeps metrics.jsonl equal to what the trainer remembers."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
            """Write what was logged so far."""
            if state.is_world_process_zero:
                lines = [*job.before, *({"stage": job.stage.name, **entry} for entry in state.log_history)]
                durable.write(job.metrics, b"".join(_line(line) for line in lines))

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **others: Any) -> None:
            """Write one line more."""
            found = logs or {}
            # under fp16 the scaler passes over steps whose gradient overflows: that is no end
            for name in ("loss",) if getattr(args, "fp16", False) else ("loss", "grad_norm"):
                if not math.isfinite(float(found.get(name, 0.0))):
                    raise Diverged(
                        f"step {state.global_step}: {name} is no number; lower args.learning_rate, "
                        f"or set args.max_grad_norm"
                    )
            if state.is_world_process_zero and state.log_history:
                with job.metrics.open("ab") as file:
                    file.write(_line({"stage": job.stage.name, **state.log_history[-1]}))
                if "loss" in found:
                    job.tell(f"{job.stage.name}: step {state.global_step:,} of {state.max_steps:,}, {_said(found)}")

    return Recorder()


def _line(entry: Mapping[str, Any]) -> bytes:
    return orjson.dumps(entry, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _said(logs: Mapping[str, Any]) -> str:
    """The metrics that are watched."""
    watched = ("loss", "rewards/accuracies", "accuracy", "mean_token_accuracy")
    return ", ".join(f"{name} {float(logs[name]):.4f}" for name in watched if name in logs)


class Diverged(FactoryError):
    """The weights are numbers no more."""

    exit_code = 2
