"""All tasks of an evaluation as one generator, so that each model is loaded once, whatever the tasks are.

A model is asked everything before the next one is: on a machine that holds one model at a time, each has one turn, and
those that judge come when there is something to judge.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import PlainSerializer, PlainValidator, PositiveInt

from factory.component import Generator, Item, ModelName, Part, Run
from factory.engine import ModelSettings
from factory.evaluation.task import EVALUATION, Asking, Rows, Task, about
from factory.part import described, numbered
from factory.preferences.settings import Policy
from factory.row import Pair, Row

Tasks = tuple[Annotated[Part, PlainValidator(lambda part: part), PlainSerializer(described)], ...]


class Suite(Generator):
    """The tasks of an evaluation, and the models that are evaluated."""

    count: PositiveInt = 1
    """Of no use here."""
    evaluate: tuple[ModelName, ...]
    """The models that answer, in the order of the report."""
    tasks: Tasks
    """What they are asked."""

    @property
    def named(self) -> dict[str, Task]:
        """The tasks by their names in the report."""
        numbers = numbered(self.tasks)
        usual = (f"{part.name}-{n}" if n > 1 else part.name for part, n in zip(self.tasks, numbers, strict=True))
        return {task.name or name.rpartition(".")[2]: task for task, name in zip(self._all, usual, strict=True)}

    @property
    def _all(self) -> list[Task]:
        return [cast(Task, part.component) for part in self.tasks]

    def asked(self) -> int:
        """How many rows there will be."""
        return sum(item.rows for item in self.items(Run(0)))

    def items(self, run: Run) -> Iterator[Item]:
        """Everything one model is asked, then the next; then what is asked about several."""
        for model in self.evaluate:
            for place, task in enumerate(self._all):
                yield from (_placed(item, place) for item in task.of_model(model))
        for place, task in enumerate(self._all):
            yield from (_placed(item, place) for item in task.between(self.evaluate))

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        """What comes of one item."""
        place, inner = item.payload
        rows = await self._all[place].rows(inner, run.nested("tasks", place))
        return [_of_task(row, place) for row in rows]

    def outside(self, engines: Mapping[str, ModelSettings], folder: Path, tick: Callable[[], None]) -> list[Row | Pair]:
        """What other programs find."""
        return [
            _of_task(row, place)
            for place, (name, task) in enumerate(self.named.items())
            for row in task.outside(engines, self.evaluate, folder / name, tick)
        ]

    def missing(self) -> Iterator[tuple[int, str]]:
        """The places of tasks that can't be run here, and why."""
        return ((place, said) for place, task in enumerate(self._all) if (said := task.missing()))

    def figures(self, rows: Rows) -> dict[str, dict[str, Any]]:
        """The figures of each task."""
        parted: list[list[Row | Pair]] = [[] for _ in self.tasks]
        for row in rows:
            parted[about(row)["task"]].append(row)
        kinds = [part.name for part in self.tasks]
        return {
            name: {"use": kind, **task.figures(mine, self.evaluate)}
            for kind, (name, task), mine in zip(kinds, self.named.items(), parted, strict=True)
        }

    def without_template(self, models: Mapping[str, ModelSettings]) -> Iterator[tuple[int, str]]:
        """The places of models that can't be asked, and why; other programs may do without a template."""
        if not any(isinstance(task, Asking) for task in self._all):
            return
        for place, model in enumerate(self.evaluate):
            for fault in Policy(model=model).no_template(models):
                yield place, fault.removeprefix("model: ")


def _of_task(row: Row | Pair, place: int) -> Row | Pair:
    return row._replace(meta={**row.meta, EVALUATION: {**about(row), "task": place}})


def _placed(item: Item, place: int) -> Item:
    return Item(f"{place}/{item.key}", item.rows, (place, item))
