"""What names mean at one place of a pipeline: settings, earlier stages, and in a round what it carries."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from factory.document import Document, Steps
from factory.errors import RecipeError
from factory.pipelines import references
from factory.pipelines.references import SIGN, BadReference, Output
from factory.pipelines.settings import ROUND, Carry, Group
from factory.settings import nearest

MOST_ROUNDS = 1_000


class Scope:
    """The names at the top of a file, which become more from stage to stage."""

    prefix = ""

    def __init__(self, document: Document, settings: Mapping[str, Any]) -> None:
        """Begin with the settings alone."""
        self._document, self._settings = document, settings
        self._done: dict[str, str] = {}
        self._groups: dict[str, list[str]] = {}
        self._claimed: dict[str, str] = {name: "a setting" for name in settings}
        self._later = set(document.data["stages"])

    def claim(self, name: str, steps: Steps) -> None:
        """Take a name for a stage, a group or what a round carries.

        Raises:
            RecipeError: it has a meaning already.
        """
        place = f"{self._document.where(*steps)}: {'.'.join(map(str, steps))}"
        if name == ROUND:
            raise RecipeError(f"{place}: {SIGN}{ROUND} is the number of a round; take another name")
        if what := self._claimed.get(name):
            raise RecipeError(f"{place}: {name!r} is the name of {what} too; take another name")
        self._claimed[name] = "a stage"

    def done(self, name: str) -> None:
        """From here on the stage may be referred to."""
        self._done[name] = name

    def lookup(self, name: str) -> Any:
        """What a name means here.

        Raises:
            BadReference: nothing, or something that comes later.
        """
        first = name.partition("/")[0]
        if name in self._done:
            return Output(self._done[name])
        if name in self._settings:
            return self._settings[name]
        if name in self._groups:
            inner = self._groups[name]
            raise BadReference(f"{SIGN}{name} is a group; write {SIGN}{name}/{inner[-1]} for its last round's")
        if first in self._later and first not in self._done and first not in self._groups:
            raise BadReference(f"{SIGN}{name} comes later; a stage refers to those above it: move one of them")
        known = [*self._settings, *self._done]
        there = ", ".join(f"{SIGN}{one}" for one in known if one.count("/") < 2) or "nothing yet"
        raise BadReference(f"{SIGN}{name} is no setting and no stage; {nearest(name, known)}there are: {there}")

    def rounds(self, name: str, group: Group, steps: Steps) -> Iterator["Round"]:
        """The rounds of a group, each to be gone through to its end.

        Raises:
            RecipeError: a name is taken, or the number of rounds is none.
        """
        for part in ("carry", "stages"):
            for one in getattr(group, part):
                self.claim(one, (*steps, part, one))
        before: Round | None = None
        for number in range(1, self._times(group, steps) + 1):
            here = Round(self, name, group, number, before, self._wrong(steps))
            yield here
            for one in group.stages:
                self._done[f"{name}/{number}/{one}"] = self._done[f"{name}/{one}"] = f"{name}/{number}/{one}"
            before = here
        self._groups[name] = list(group.stages)
        for part in ("carry", "stages"):
            for one in getattr(group, part):
                del self._claimed[one]  # another group may have them too

    def _times(self, group: Group, steps: Steps) -> int:
        times = group.repeat
        if isinstance(times, str):
            try:
                times = references.resolved(times, self.lookup)
            except BadReference as error:
                raise self._wrong(steps)(("repeat",), str(error)) from error
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_ROUNDS:
            raise self._wrong(steps)(("repeat",), f"{times!r} is no number of rounds; write 1 to {MOST_ROUNDS:,}")
        return times

    def _wrong(self, steps: Steps) -> Callable[[Steps, str], RecipeError]:
        def error(inner: Steps, sentence: str) -> RecipeError:
            place = (*steps, *inner)
            return RecipeError(f"{self._document.where(*place)}: {'.'.join(map(str, place))}: {sentence}")

        return error


class Round:
    """The names within one round."""

    def __init__(
        self,
        outer: Scope,
        name: str,
        group: Group,
        number: int,
        before: "Round | None",
        wrong: Callable[[Steps, str], RecipeError],
    ) -> None:
        """Find what is carried into it."""
        self._outer, self._group, self._number = outer, group, number
        self.prefix = f"{name}/{number}/"
        self._done: dict[str, Output] = {}
        self._carried: dict[str, Any] = {}
        if before is None:
            self._see_later(group, wrong)
        for key, carry in group.carry.items():
            self._carried[key] = self._value(key, carry, before, wrong)

    def names(self) -> Iterator[str]:
        """Its stages one after another; each may be referred to by the next."""
        for name in self._group.stages:
            yield name
            self._done[name] = Output(f"{self.prefix}{name}")

    def lookup(self, name: str) -> Any:
        """What a name means in this round.

        Raises:
            BadReference: nothing, or something that comes later.
        """
        if name == ROUND:
            return self._number
        if name in self._done:
            return self._done[name]
        if name in self._carried:
            return self._carried[name]
        if name in self._group.stages:
            raise BadReference(
                f"{SIGN}{name} comes later in the round, or is this stage; what the round before made is handed on by "
                f"`carry: {{policy: {{first: ..., then: {SIGN}{name}}}}}`"
            )
        return self._outer.lookup(name)

    def _value(self, key: str, carry: Carry, before: "Round | None", wrong: Callable[[Steps, str], RecipeError]) -> Any:
        part, value, lookup = (
            ("first", carry.first, self._outer.lookup) if before is None else ("then", carry.then, before.lookup)
        )
        try:
            return references.resolved(value, lookup)
        except BadReference as error:
            raise wrong(("carry", key, part), str(error)) from error

    def _see_later(self, group: Group, wrong: Callable[[Steps, str], RecipeError]) -> None:
        """Refuse what is carried on to a second round even where there is none."""
        known = {*group.stages, *group.carry, ROUND}

        def anything(name: str) -> Any:
            return "" if name in known else self._outer.lookup(name)

        for key, carry in group.carry.items():
            try:
                references.resolved(carry.then, anything)
            except BadReference as error:
                raise wrong(("carry", key, "then"), str(error)) from error
