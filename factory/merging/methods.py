"""The methods of merging that stand on two or more models as they are: SLERP and the linear mean.

Each says of one tensor how its blocks are put together. Everything is computed in float32; sums over a tensor are
taken in float64, block by block, and added exactly.
"""

import math
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from factory.merging.floats import Floats
from factory.merging.schedule import Between, constant
from factory.merging.tensors import Tensor

COLINEAR = 0.9995
"""From this absolute cosine on, two tensors have one direction: SLERP is linear there, as its usual code has it."""

SMALLEST = 1e-8
"""A norm up to this is that of no direction."""


class Blocks(NamedTuple):
    """How one tensor is put together."""

    how: str
    """A word that is counted."""
    block: Callable[[int], Floats]
    """Its blocks, by number."""


class Method(BaseModel):
    """A way of merging: its fields are its parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: ClassVar[str]
    source: ClassVar[str]
    based: ClassVar[bool] = False
    """Whether it merges what models add to a base; the base is then the first of a tensor's models."""
    models: ClassVar[int | None] = None
    """How many models it takes, where it is not any number."""
    weighted: ClassVar[bool] = True
    """Whether models have weights."""
    positive: ClassVar[bool] = False
    """Whether these must be above 0."""

    def fault(self, weights: Sequence[float]) -> str:
        """What is wrong with the models' weights for a tensor; empty where nothing is."""
        return "is not above 0" if self.positive and min(weights) <= 0 else ""

    def begin(self, tensor: Tensor) -> Blocks:
        """How the tensor is put together."""
        raise NotImplementedError


class Slerp(Method):
    """From the first model to the second along the sphere; each tensor is one vector.

    Linear where the vectors have one direction or opposite ones (absolute cosine from 0.9995 on), or one of them none
    (norm up to 1e-8).

    Source: Shoemake 1985, Animating Rotation with Quaternion Curves; for models as mergekit has it
    """

    title = "SLERP"
    source = "https://doi.org/10.1145/325165.325242"
    models = 2
    weighted = False

    t: Between = constant(0.5)
    """How far to go: 0 is the first model, 1 the second."""

    def begin(self, tensor: Tensor) -> Blocks:
        """One pass for the angle, one to interpolate."""
        t = tensor.at(self.t)
        if t in (0, 1):
            return Blocks("copied", lambda block: tensor.block(int(t), block))
        first, both, second = _products(tensor)
        norms = math.sqrt(first) * math.sqrt(second)
        flat = min(first, second) <= SMALLEST**2
        cosine = 1.0 if flat else max(-1.0, min(1.0, both / norms))
        if abs(cosine) > COLINEAR:
            return Blocks("linear", lambda block: _between(tensor, block, t))
        angle = math.acos(cosine)
        shares = math.sin((1 - t) * angle) / math.sin(angle), math.sin(t * angle) / math.sin(angle)
        return Blocks("spherical", lambda block: mixed(tensor, block, shares))


class Linear(Method):
    """The weighted mean of the models, as in model soups.

    Source: Wortsman et al. 2022, Model soups, arXiv:2203.05482
    """

    title = "linear"
    source = "https://arxiv.org/abs/2203.05482"

    normalize: bool = True
    """Divide the weights by their sum."""

    def fault(self, weights: Sequence[float]) -> str:
        """A mean needs a sum to divide by."""
        return "makes the sum of the weights 0" if self.normalize and abs(math.fsum(weights)) < SMALLEST else ""

    def begin(self, tensor: Tensor) -> Blocks:
        """One pass."""
        sum_ = math.fsum(tensor.weights) if self.normalize else 1.0

        def mean(block: int) -> Floats:
            out = mixed(tensor, block, tensor.weights)
            out /= np.float32(sum_)  # last, for weights such as 1 and 2 are exact, and their shares are not
            return out

        return Blocks("linear", mean)


def mixed(tensor: Tensor, block: int, shares: Sequence[float]) -> Floats:
    """The sum of the models' blocks, each times its share; those without a share are not read."""
    out: Floats | None = None
    for model, share in enumerate(shares):
        if share:
            values = tensor.block(model, block)
            if share != 1:
                values *= np.float32(share)
            out = values if out is None else np.add(out, values, out=out)
    return np.zeros(tensor.length(block), np.float32) if out is None else out


def _between(tensor: Tensor, block: int, t: float) -> Floats:
    """Straight from the first model to the second: written so that equal models give themselves, to the bit."""
    first, way = tensor.block(0, block), tensor.block(1, block)
    way -= first
    way *= np.float32(t)
    way += first
    return way


def _products(tensor: Tensor) -> tuple[float, float, float]:
    """The first tensor's square, the product of both, the second's square."""

    def of_block(block: int) -> tuple[float, float, float]:
        first, second = (tensor.block(model, block).astype(np.float64) for model in (0, 1))
        both = float(np.add.reduce(first * second))
        np.multiply(first, first, out=first)
        np.multiply(second, second, out=second)
        return float(np.add.reduce(first)), both, float(np.add.reduce(second))

    first, both, second = zip(*tensor.each(of_block), strict=True) if tensor.size else ((), (), ())
    return _sum(first), _sum(both), _sum(second)


def _sum(parts: Sequence[float]) -> float:
    """The exact sum; weights that are no numbers are refused where they would be written."""
    return math.fsum(parts) if all(map(math.isfinite, parts)) else 0.0
