"""The methods of merging that stand on a base: task arithmetic, TIES and DARE merge what each model adds to it.

Where this differs from other code: TIES trims tensor by tensor (as mergekit and PEFT do; the paper trims the model as a
whole), keeps all of the smallest magnitudes that are equal, and leaves the base where the signs cancel out exactly.
DARE rescales by 1 / (1 - drop) as its paper does (mergekit restores each tensor's L1 norm).
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from factory.merging.floats import Floats
from factory.merging.methods import Blocks, Method
from factory.merging.schedule import Dropped, Kept, Number, constant
from factory.merging.tensors import Bits, Counts, Tensor

Delta = Callable[[int, Floats, int], Floats]
"""What a model adds to the block of the base, by model, base and block."""


class TaskArithmetic(Method):
    """The base and what each model adds to it, each times its weight.

    Source: Ilharco et al. 2023, Editing Models with Task Arithmetic, arXiv:2212.04089
    """

    title = "task arithmetic"
    source = "https://arxiv.org/abs/2212.04089"
    based = True

    scale: Number = constant(1.0)
    """The papers' lambda: what all models add together is multiplied by it."""

    def begin(self, tensor: Tensor) -> Blocks:
        """One pass."""
        return Blocks("added", partial(_summed, tensor, tensor.at(self.scale), partial(_delta, tensor)))


class Ties(Method):
    """Trim what models add, elect a sign for each weight, and take the mean of those that agree with it.

    Source: Yadav et al. 2023, TIES-Merging, arXiv:2306.01708
    """

    title = "TIES"
    source = "https://arxiv.org/abs/2306.01708"
    based = True
    positive = True

    density: Kept = constant(0.2)
    """The share of each tensor's changes, the largest ones, that is kept."""
    scale: Number = constant(1.0)
    """The paper's lambda: the merged change is multiplied by it."""

    def begin(self, tensor: Tensor) -> Blocks:
        """Two passes per model for the magnitude from which on changes are kept, one to merge."""
        kept = max(1, round(tensor.at(self.density) * tensor.size))
        least = {model: _least_kept(tensor, model, kept) for model in tensor.models[1:]}

        def trimmed(model: int, base: Floats, block: int) -> Floats:
            delta = _delta(tensor, model, base, block)
            delta[_magnitudes(delta) < least[model]] = 0
            return delta

        return Blocks("elected", partial(_elected, tensor, tensor.at(self.scale), trimmed))


class DareLinear(Method):
    """Drop changes at random, scale up the others so that what is expected stays, and add them as task arithmetic does.

    Source: Yu et al. 2024, Language Models are Super Mario, arXiv:2311.03099
    """

    title = "DARE, linear"
    source = "https://arxiv.org/abs/2311.03099"
    based = True

    drop: Dropped
    """The share of each tensor's changes that is dropped."""
    scale: Number = constant(1.0)
    """What all models add together is multiplied by it."""

    def begin(self, tensor: Tensor) -> Blocks:
        """One pass."""
        delta = partial(_dropped, tensor, tensor.at(self.drop))
        return Blocks("added", partial(_summed, tensor, tensor.at(self.scale), delta))


class DareTies(DareLinear):
    """DARE's dropping, then the election of signs and the mean of TIES.

    Source: Yu et al. 2024, Language Models are Super Mario, arXiv:2311.03099
    """

    title = "DARE, TIES"
    positive = True

    def begin(self, tensor: Tensor) -> Blocks:
        """One pass."""
        delta = partial(_dropped, tensor, tensor.at(self.drop))
        return Blocks("elected", partial(_elected, tensor, tensor.at(self.scale), delta))


def _delta(tensor: Tensor, model: int, base: Floats, block: int) -> Floats:
    delta = tensor.block(model, block)
    delta -= base
    return delta


def _dropped(tensor: Tensor, drop: float, model: int, base: Floats, block: int) -> Floats:
    delta = _delta(tensor, model, base, block)
    if drop:
        delta[tensor.random(model, block) < np.uint32(min(round(drop * 2**32), 2**32 - 1))] = 0
        delta *= np.float32(1 / (1 - drop))
    return delta


def _summed(tensor: Tensor, scale: float, delta_of: Delta, block: int) -> Floats:
    """The base and the weighted sum of the changes."""
    base = tensor.block(0, block)
    out = base.copy()
    for model in tensor.models[1:]:
        share = scale * tensor.weights[model]
        if share:
            delta = delta_of(model, base, block)
            delta *= np.float32(share)
            out += delta
    return out


def _elected(tensor: Tensor, scale: float, delta_of: Delta, block: int) -> Floats:
    """The base and the weighted mean of the changes that have the sign of their sum."""
    base = tensor.block(0, block)
    deltas = []
    for model in tensor.models[1:]:
        delta = delta_of(model, base, block)
        delta *= np.float32(tensor.weights[model])
        deltas.append((np.float32(tensor.weights[model]), delta))
    sum_ = np.zeros_like(base)
    for _, delta in deltas:
        sum_ += delta
    sign = np.sign(sum_)
    merged, weight = np.zeros_like(base), np.zeros_like(base)
    for share, delta in deltas:
        agrees = np.sign(delta) == sign
        agrees &= delta != 0
        delta *= agrees
        merged += delta
        weight += share * agrees
    weight[weight == 0] = 1
    merged /= weight
    merged *= np.float32(scale)
    base += merged
    return base


def _magnitudes(delta: Floats) -> Bits:
    """Bits that are in the order of the absolute values, as those of floats without sign are."""
    return delta.view(np.uint32) & np.uint32(0x7FFFFFFF)


def _least_kept(tensor: Tensor, model: int, kept: int) -> np.uint32:
    """The magnitude of which, with all larger ones, at least `kept` are there: the kept-th largest, exactly.

    Counted by the upper half of the bits, then by the lower half among those with the upper half in question, so that
    no tensor has to be held or sorted.
    """
    if kept >= tensor.size:
        return np.uint32(0)

    def magnitudes(block: int) -> Bits:
        return _magnitudes(_delta(tensor, model, tensor.block(0, block), block))

    def upper(block: int) -> Bits:
        found = magnitudes(block)
        found >>= 16
        return found

    high, above = _place(tensor.counted(upper, 1 << 15), kept)

    def lower(block: int) -> Bits:
        found = magnitudes(block)
        inside: Bits = found[found >> 16 == high]
        inside &= 0xFFFF
        return inside

    low, _ = _place(tensor.counted(lower, 1 << 16), kept - above)
    return np.uint32((high << 16) | low)


def _place(counts: Counts, kept: int) -> tuple[int, int]:
    """The place at which the counts from the end reach `kept`, and how many are beyond it."""
    from_end = np.cumsum(counts[::-1])
    steps = int(np.searchsorted(from_end, kept))
    return len(counts) - 1 - steps, int(from_end[steps] - counts[len(counts) - 1 - steps])
