"""Self-play pairs: the answer of a fine-tuning dataset is chosen, what the checkpoint itself says is rejected.

A checkpoint that is tuned on such pairs learns to tell the data from its own words, until there is nothing to tell. An
iteration samples from the checkpoint that the one before made, and takes along the pairs of the folders in `earlier`:
of each those of its own iteration, not what it took along itself. A pair says of which iteration it is, whose words are
rejected (`policy`), and against which model it is meant to be trained (`reference`).

Of a conversation the last answer is chosen; those before it are context. What teaches nothing goes to the rejects:
`equal` (the same text, up to the ways in which one text is written), and, where judges are named, `own_better`,
`no_signal` (equal scores), `unscored`; or the checkpoint did not answer (`truncated` ...). SPIN itself cuts its samples
after 256 tokens and rejects them as they are, so that a model may learn to tell them by their ends.

A row (`iteration: 0`):

    prompt:     user: 日本の首都はどこですか？
    chosen:     assistant: 日本の首都は東京です。
    rejected:   assistant: 日本の首都は東京です。東京は日本の首都であり、日本の首都です。
    meta:       {iteration: 0, policy: org/sft@3f2a, reference: org/sft@3f2a, samples: 1, sample_rejected: 0, ...}

Source: SPIN, https://arxiv.org/abs/2401.01335, and its code, https://github.com/uclaml/SPIN (iteration t is trained on
the data of t-1 and t, against the checkpoint that was sampled from).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar

from pydantic import NonNegativeInt, PositiveInt

from factory.component import Generator, Item, Run
from factory.component import Source as Work
from factory.dedup import fold
from factory.engine import ModelSettings
from factory.errors import DatasetError, RecipeError
from factory.part import Judges
from factory.preferences import candidates, iterations
from factory.preferences import prompts as reading
from factory.preferences.candidates import Answers
from factory.preferences.iterations import Earlier, latest
from factory.preferences.prompts import Prompt, Prompts
from factory.preferences.settings import Policy, Scoring
from factory.row import Message, Pair, Row, Verdict
from factory.source import sources
from factory.source.settings import Location, Source

NAME = "spin"


class Spin(Policy, Scoring, Generator):
    """Lets a checkpoint answer the prompts of a fine-tuning dataset, and rejects what it says."""

    pairs: ClassVar[bool] = True

    count: PositiveInt | None = None  # type: ignore[assignment]  # `asked` knows it where nothing is said
    """How many rows of the data to take, at most; all where nothing is said. Those of `earlier` come on top."""
    data: Source
    """The conversations whose last answers are chosen, with the settings that `dataset` has: {source: sft.jsonl}."""
    iteration: NonNegativeInt
    """Which iteration this is, from 0."""
    earlier: tuple[Location, ...] = ()
    """Folders of earlier iterations, whose own pairs come along; SPIN names the one before."""
    reference: str = ""
    """The model that training compares with, as rows name it; the policy, as in SPIN, where nothing is said."""
    score: Judges = ()
    """Judges that have to find the data's answer better, each `use: name` with its settings."""

    @property
    def _source(self) -> Prompts:
        return reading.read(self.data, self.beside(self.data.source), NAME)

    @property
    def _earlier(self) -> list[sources.Opened]:
        return [sources.opened(Source(source=folder), self.beside(folder), NAME) for folder in self.earlier]

    def check(self) -> list[str]:
        """Sources that can't be read, pairs without an iteration, judges that do not rate."""
        faults = self.scoring_faults() + reading.faults(self.data, self.beside(self.data.source), NAME)
        if self.earlier and not self.iteration:
            faults.append("earlier: iteration 0 has none before it; set `iteration`, or take `earlier` out")
        try:
            wrong = [opened.settings.source for opened in self._earlier if opened.reading.brings != "pairs"]
        except (DatasetError, RecipeError) as error:
            return [*faults, f"earlier: {error}"]
        return faults + [f"earlier: {name} holds no pairs; name the folder of an earlier iteration" for name in wrong]

    def check_models(self, models: Mapping[str, ModelSettings]) -> list[str]:
        """A policy without a chat template."""
        return self.no_template(models)

    def fingerprint(self) -> str:
        """The commits or the hashes of the files."""
        return " ".join([self._source.digest, *(opened.digest for opened in self._earlier)])

    def sources(self) -> Sequence[Work]:
        """The data, and the earlier iterations."""
        return [one.work() for one in (self._source, *map(Prompts, self._earlier))]

    def asked(self) -> int:
        """A pair of each row, and those of earlier iterations."""
        return self._source.taken(self.count) + sum(latest(opened).pairs for opened in self._earlier)

    def scaled(self, rows: int) -> dict[str, Any]:
        """The earlier pairs all come along, so that fewer rows of the data are taken.

        Raises:
            RecipeError: the earlier pairs alone are as many.
        """
        before = sum(latest(opened).pairs for opened in self._earlier)
        if before >= rows:
            raise RecipeError(f"-n {rows}: the folders in `earlier` alone bring {before:,} pairs; ask for more rows")
        return super().scaled(rows - before)

    def items(self, run: Run) -> Iterator[Item]:
        """The rows of the data in their order, then the earlier pairs in theirs."""
        found = (iterations.items(opened, f"earlier/{at}") for at, opened in enumerate(self._earlier))
        return chain(self._source.items(self.count), chain.from_iterable(found))

    async def rows(self, item: Item, run: Run) -> Sequence[Row | Pair]:
        """One pair, refused with the reason where it would teach nothing; or a block of earlier ones as they are."""
        if isinstance(item.payload, Earlier):
            brought = item.payload.rows()
            run.count(NAME, "pairs_of_earlier", len(brought))
            return brought
        prompt: Prompt = item.payload
        run.count(NAME, "prompts", int(not prompt.refused))
        refused = prompt.refused or _no_answer(prompt)
        if refused:
            tags = (prompt.license, prompt.source, NAME, prompt.model, prompt.meta, refused)
            return [Pair(prompt.messages, prompt.answer, (), *tags)]
        answers = await candidates.sampled(prompt, self, 1, run)
        (own,) = answers.all
        answers.count(NAME, run)
        about: dict[str, Any] = {}
        reason = own.reason or ("equal" if fold(own.text) == fold(prompt.answer[0].content) else "")
        if self.score and not reason:
            reason, about = await self._compared(answers, run)
        pair = self._pair(answers, about, reason)
        run.count(NAME, reason or "pairs")
        if not reason:
            answers.roles[0] = ("rejected", pair.id)
        answers.keep(run)
        return [pair]

    async def _compared(self, answers: Answers, run: Run) -> tuple[str, dict[str, Any]]:
        """Why the own answer is not the worse one, and both scores."""
        own = answers.all[0]
        rows = [answers.row(text, NAME) for text in (answers.prompt.answer[0].content, own.text)]
        (said, better), (of_own, worse) = await candidates.scores(rows, self, run)
        answers.all[0] = own._replace(verdicts=of_own, score=worse)
        both = zip(self.names, said, of_own, strict=True)
        about: dict[str, Any] = {"scores": {name: [one.score, other.score] for name, one, other in both}}
        if better is None or worse is None:
            return "unscored", about
        about |= {"score_chosen": better, "score_rejected": worse, "margin": better - worse}
        return "own_better" if worse > better else "no_signal" if worse == better else "", about

    def _pair(self, answers: Answers, about: Mapping[str, Any], reason: str) -> Pair:
        prompt, own = answers.prompt, answers.all[0]
        meta = {
            **prompt.meta,
            **about,
            "iteration": self.iteration,
            "policy": answers.model,
            "reference": self.reference or answers.model,
            "samples": 1,
            "sample_rejected": 0,
        }
        rejected = (Message("assistant", own.text),) if own.text else ()
        model = " + ".join(dict.fromkeys(name for name in (prompt.model, answers.model) if name))
        verdict = Verdict(NAME, not reason, about.get("margin"), reason)
        tags = (answers.license, prompt.source, NAME, model, meta, (verdict,))
        return Pair(prompt.messages, prompt.answer, rejected, *tags)


def _no_answer(prompt: Prompt) -> tuple[Verdict, ...]:
    """What refuses a row whose last question has no answer, or several."""
    if len(prompt.answer) == 1 and prompt.answer[0].role == "assistant" and prompt.answer[0].content.strip():
        return ()
    return (Verdict(NAME, False, None, "no_answer", "\n".join(turn.content for turn in prompt.answer)),)
