"""Tasks of lm-evaluation-harness, which is run as it is, with its own settings by their own names.

    - use: lm_eval
      tasks: [gsm8k, jcommonsenseqa]
      model: vllm
      model_args: {dtype: bfloat16}
      args: {num_fewshot: 4, apply_chat_template: true, limit: 100}

Each model is one run of `python -m lm_eval`, when the other tasks are done and their models have given back the memory.
What it wrote stays in the folder (`programs/<task>/<model>/`), and is not run again for the same model and settings.
Its figures and standard errors are taken over as they are; their intervals are 1.96 standard errors to each side. What
it leaves out: the store of answers, since the harness asks the models itself.

Source: https://github.com/EleutherAI/lm-evaluation-harness, docs/interface.md (the command) and
loggers/evaluation_tracker.py (the file of results).
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from factory.engine import ModelSettings
from factory.evaluation import harness
from factory.evaluation.task import EVALUATION, Rows, Task, about
from factory.row import Row

INSTALL = "lm_eval is not installed; run: pip install 'lm_eval[hf]', or name in `python` one that has it"
OURS = ("tasks", "model", "model_args", "output_path")
"""Arguments that are set here."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./:+-]{0,199}$")]
Argument = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Value = Annotated[str, Field(max_length=2_000)] | bool | int | float


class LmEval(Task):
    """Runs lm-evaluation-harness."""

    tasks: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Its tasks and groups of tasks, by its names."""
    model: Name = "hf"
    """Its `--model`: hf, vllm, local-chat-completions ..."""
    model_args: Mapping[Argument, Value] = {}
    """Its `--model_args` beside the model itself, such as {dtype: bfloat16}."""
    model_named: Argument = "pretrained"
    """What its `--model_args` calls the model's folder or id; `model` for servers."""
    args: Mapping[Argument, Value] = {}
    """Its further arguments by their names, such as {num_fewshot: 4, limit: 100}; paths begin at this file's folder."""
    python: Annotated[str, Field(exclude=True)] = ""
    """The interpreter that has lm_eval, where it is not this one."""

    def check(self) -> list[str]:
        """Also arguments that are set elsewhere, or can't be written as it wants them."""
        if self.count is not None:
            return ["count: the harness chooses its questions; write `args: {limit: 100}`"]
        if taken := [name for name in self.args if name in OURS]:
            return [f"args: {taken[0]} is set by the evaluation; take it out"]
        if odd := [
            name for name, value in self.model_args.items() if isinstance(value, str) and set(",=") & set(value)
        ]:
            return [f"model_args: {odd[0]} holds a comma or `=`, which parts its arguments; write it otherwise"]
        return []

    def check_models(self, models: Mapping[str, ModelSettings]) -> list[str]:
        """A model whose name would part its arguments."""
        odd = [name for name, engine in models.items() if "," in engine.model]
        return [f"models.{odd[0]}: its name holds a comma, which parts the harness's arguments"] if odd else []

    def fingerprint(self) -> str:
        """A hash of the files and folders that its arguments name: tasks of one's own, adapters."""
        named = [*self.tasks, *self.args.values(), *self.model_args.values()]
        found = {one: harness.content(self.beside(one)) for one in named if isinstance(one, str) and one}
        return json.dumps({name: digest for name, digest in found.items() if digest}, sort_keys=True)

    def missing(self) -> str:
        """The sentence with the pip line where it is not installed."""
        return "" if self.python or find_spec("lm_eval") else INSTALL

    def questions_asked(self) -> int:
        """Known to the harness alone."""
        return 0

    def outside(
        self, engines: Mapping[str, ModelSettings], models: Sequence[str], folder: Path, tick: Callable[[], None]
    ) -> list[Row]:
        """One row per model, with all that the harness found."""
        rows = []
        for name in models:
            engine = engines[name]
            model = str(Path(engine.model).resolve()) if Path(engine.model).exists() else engine.model
            command = ["-m", "lm_eval", "--model", self.model, "--model_args", self._model_args(model, engine.revision)]
            command += ["--tasks", ",".join(self.tasks), *self._arguments()]
            key = {"command": self.model_dump(mode="json"), "model": engine.identity(), "data": self.fingerprint()}
            found = harness.run([self.python or sys.executable, *command], key, self.beside(""), folder / name, tick)
            rows.append(
                Row((), "unknown", EVALUATION, EVALUATION, engine.label, {"found": found, EVALUATION: {"model": name}})
            )
        return rows

    def figures(self, rows: Rows, models: Sequence[str]) -> dict[str, Any]:
        """What the harness found, by model and task."""
        return {"models": {about(row)["model"]: row.meta["found"] for row in rows}}

    def told(self, figures: Mapping[str, Any]) -> Iterator[list[str]]:
        """A table of tasks and models."""
        return harness.told(figures["models"])

    def lines(self, figures: Mapping[str, Any]) -> Iterator[str]:
        """A line per task and model."""
        return harness.lines(figures["models"])

    def _model_args(self, model: str, revision: str) -> str:
        named = {self.model_named: model, **({"revision": revision} if revision else {}), **self.model_args}
        return ",".join(f"{name}={value}" for name, value in named.items())

    def _arguments(self) -> Iterator[str]:
        for name, value in self.args.items():
            if value is not False:
                yield f"--{name}"
                yield from () if value is True else (str(value),)
