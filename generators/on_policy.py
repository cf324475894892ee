"""Preference pairs from a checkpoint's own answers: n samples for each prompt, scored by judges, paired by a rule.

Any source of prompts will do; no reference answer is needed, unless a judge asks for one. All answers go into the table
of samples with their scores. A pair rule, a threshold or a judge can change without a new sample, and 8 samples cost 4
where 4 are there, since each is stored for itself. `pair` is one of

    best_worst     the best answer against the worst
    best_random    the best against one of those that are worse by `margin`
    all            all that differ by `margin`, the widest first, up to `pairs_per_prompt`

A prompt without a pair is a row of the rejects: `too_few` different answers, `unscored` by a judge, `no_signal` (all
scores equal), `below_threshold`, `below_margin`. What several judges say is averaged, as `weights` and `combine` tell.

A row (`samples: 8`, scored by `math_answer` against `meta.answer`):

    prompt:     user: りんごが3個、みかんが4個あります。全部で何個ですか？
    chosen:     assistant: 3 + 4 = 7 なので、答えは 7 個です。
    rejected:   assistant: 3 × 4 = 12 なので、答えは 12 個です。
    meta:       {answer: "7", score_chosen: 1.0, score_rejected: 0.0, margin: 1.0, sample_chosen: 0, samples: 8, ...}

Source: RLHF Workflow, https://arxiv.org/abs/2405.07863, and https://github.com/RLHFlow/Online-RLHF (8 samples, the best
against the worst). What it leaves out: penalties for length (a judge's), and answers of several checkpoints to one
prompt.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field, NonNegativeFloat, PositiveInt

from factory.component import Item, Run
from factory.preferences import candidates, pairing
from factory.preferences.candidates import Answers
from factory.preferences.pairing import Choice, PairRule, Rule, Scored
from factory.preferences.prompts import Prompt
from factory.preferences.sampler import Sampler
from factory.row import Message, Pair, Verdict

NAME = "on_policy"


class OnPolicy(Sampler):
    """Samples answers, lets judges score them, and pairs them."""

    pairs: ClassVar[bool] = True
    name: ClassVar[str] = NAME

    samples: Annotated[int, Field(ge=2, le=1_024)] = 8
    """How many answers to each prompt."""
    pair: PairRule = "best_worst"
    """Which answers make a pair."""
    margin: NonNegativeFloat = 0.0
    """The least difference of the two scores; at 0 they still have to differ."""
    pairs_per_prompt: PositiveInt | None = None
    """The most pairs of one prompt, with `pair: all`."""

    def check(self) -> list[str]:
        """Also a number of pairs where there is one."""
        faults = super().check()
        if self.pairs_per_prompt is not None and self.pair != "all":
            faults.append(f"pairs_per_prompt: {self.pair} makes one pair of a prompt; take it out, or set `pair: all`")
        return faults

    async def rows(self, item: Item, run: Run) -> Sequence[Pair]:
        """The pairs of one prompt, or one that is refused with the reason."""
        prompt: Prompt = item.payload
        if prompt.refused:
            return [Pair((), (), (), prompt.license, prompt.source, NAME, "", prompt.meta, prompt.refused)]
        run.count(NAME, "prompts")
        answers = await candidates.sampled(prompt, self, self.samples, run)
        if len(answers.candidates) > 1:
            await candidates.score(answers, self, NAME, run)
        scored = [Scored(answer.sample, answer.score) for answer in answers.candidates]
        rule = Rule(self.pair, self.margin, self.threshold, self.pairs_per_prompt)
        choices, reason = pairing.pairs(scored, rule, run.random(NAME, "pair", prompt.id))
        answers.count(NAME, run)
        run.count(NAME, "ties", int(pairing.tied(scored)))
        run.count(NAME, reason or "pairs", len(choices) or 1)
        if reason:
            made = [self._refused(answers, pairing.extremes(scored), reason)]
        else:
            made = [self._pair(answers, choice, Verdict(NAME, True, choice.margin)) for choice in choices]
            for choice, pair in zip(choices, made, strict=True):
                answers.roles.setdefault(choice.chosen.sample, ("chosen", pair.id))
                answers.roles.setdefault(choice.rejected.sample, ("rejected", pair.id))
        answers.keep(run)
        return made

    def _pair(self, answers: Answers, choice: Choice, verdict: Verdict) -> Pair:
        chosen, rejected = (answers.all[side.sample] for side in choice[:2])
        both = zip(self.names, chosen.verdicts, rejected.verdicts, strict=True)
        meta = {
            "score_chosen": chosen.score,
            "score_rejected": rejected.score,
            "margin": choice.margin,
            "scores": {name: [one.score, other.score] for name, one, other in both},
            "sample_chosen": chosen.sample,
            "sample_rejected": rejected.sample,
        }
        sides = (Message("assistant", chosen.text),), (Message("assistant", rejected.text),)
        return self._row(answers, *sides, meta, verdict)

    def _refused(self, answers: Answers, ends: Choice | None, reason: str) -> Pair:
        """What stands in the rejects for a prompt without a pair: the best and the worst answer, if they differ."""
        if ends is not None and ends.margin > 0:
            note = f"{ends.chosen.score:.6g} and {ends.rejected.score:.6g}"
            return self._pair(answers, ends, Verdict(NAME, False, ends.margin, reason, note))
        return self._row(answers, (), (), {}, Verdict(NAME, False, None, reason, answers.lacking()))

    def _row(
        self,
        answers: Answers,
        chosen: tuple[Message, ...],
        rejected: tuple[Message, ...],
        meta: Mapping[str, object],
        verdict: Verdict,
    ) -> Pair:
        prompt = answers.prompt
        about = {**prompt.meta, **meta, "samples": self.samples}
        tags = (answers.license, prompt.source, NAME, answers.model, about, (verdict,))
        return Pair(prompt.messages, chosen, rejected, *tags)
