"""Rejection sampling for fine-tuning: n answers to each prompt, of which the best is kept if it is good enough.

The prompts, the samples and the scores are those of `on_policy`: the same policy with the same sampling pays for no
sample twice, whichever of the two asks. All answers go into the table of samples with their scores. With conversations
as the source it is their last question that is answered anew, so that a second turn is answered in the light of the
first.

A prompt without a good answer is a row of the rejects: `too_few` (no answer at all), `unscored` by a judge,
`below_threshold`. The best answer stands in it, as far as there is one.

A row (`samples: 6`, `threshold: 9`, scored by a judge from 1 to 10):

    user:       俳句に季語が要るのはなぜですか？
    assistant:  十七音で情景を伝えるには、読み手と共有できる手がかりが要るからです。……
    meta:       {score: 9.0, scores: {llm: 9.0}, sample: 4, samples: 6, language: ja, prompt_id: ...}

Source: Llama 3.1 Swallow v0.3's instruction data (6 answers of Gemma 2 scored by a judge, the best taken; second turns
from 9 of 10 on), https://huggingface.co/datasets/tokyotech-llm/lmsys-chat-1m-synth. What it leaves out: several good
answers to one prompt, as rejection sampling fine-tuning keeps them (https://arxiv.org/abs/2308.01825).
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from factory.component import Item, Run
from factory.preferences import candidates, pairing
from factory.preferences.candidates import Answer, Answers
from factory.preferences.pairing import Scored
from factory.preferences.prompts import Prompt
from factory.preferences.sampler import Sampler
from factory.row import Row, Verdict

NAME = "best_of_n"


class BestOfN(Sampler):
    """Samples answers, lets judges score them, and keeps the best."""

    name: ClassVar[str] = NAME

    samples: Annotated[int, Field(ge=1, le=1_024)] = 6
    """How many answers to each prompt."""

    async def rows(self, item: Item, run: Run) -> Sequence[Row]:
        """The best answer to one prompt, or a row that is refused with the reason."""
        prompt: Prompt = item.payload
        if prompt.refused:
            return [Row(prompt.messages, prompt.license, prompt.source, NAME, "", prompt.meta, prompt.refused)]
        run.count(NAME, "prompts")
        answers = await candidates.sampled(prompt, self, self.samples, run)
        if answers.candidates:
            await candidates.score(answers, self, NAME, run)
        scored = [answer for answer in answers.candidates if answer.score is not None]
        best = max(scored, key=_score, default=None)
        reason = self._fault(answers, best)
        answers.count(NAME, run)
        run.count(NAME, "ties", int(pairing.tied_best([Scored(one.sample, one.score) for one in scored])))
        run.count(NAME, reason or "kept")
        row = self._row(answers, best, reason)
        if best is not None and not reason:
            answers.roles[best.sample] = ("kept", row.id)
        answers.keep(run)
        return [row]

    def _fault(self, answers: Answers, best: Answer | None) -> str:
        if best is None:
            return "unscored" if answers.candidates else "too_few"
        return "below_threshold" if self.threshold is not None and _score(best) < self.threshold else ""

    def _row(self, answers: Answers, best: Answer | None, reason: str) -> Row:
        meta: dict[str, Any] = {"samples": self.samples}
        if best is None:
            verdict = Verdict(NAME, False, None, reason, answers.lacking())
            return answers.row(None, NAME, meta)._replace(verdicts=(verdict,))
        scores = {name: said.score for name, said in zip(self.names, best.verdicts, strict=True)}
        meta |= {"score": best.score, "scores": scores, "sample": best.sample}
        return answers.row(best.text, NAME, meta)._replace(verdicts=(Verdict(NAME, not reason, best.score, reason),))


def _score(answer: Answer) -> float:
    return answer.score if answer.score is not None else float("-inf")
