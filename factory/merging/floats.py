"""Weights between the bytes of a file and the float32 in which everything is computed.

NumPy has no bfloat16: it is the upper half of a float32, and it is rounded to the nearest, ties to even, as
torch does.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Raw = npt.NDArray[Any]
"""The elements as a file holds them; of bfloat16, their bits."""


class Format(NamedTuple):
    """A type of weights that can be merged."""

    name: str
    """As torch, config.json and recipes say it."""
    tag: str
    """As safetensors says it."""
    raw: np.dtype[Any]


FORMATS = {
    one.tag: one
    for one in (
        Format("bfloat16", "BF16", np.dtype("<u2")),
        Format("float16", "F16", np.dtype("<f2")),
        Format("float32", "F32", np.dtype("<f4")),
    )
}
"""By the tag in a safetensors file."""

TAGS = {one.name: one.tag for one in FORMATS.values()}


def decoded(tag: str, raw: Raw) -> Floats:
    """The values, exactly; an array of its own."""
    if tag == "BF16":
        wide = raw.astype(np.uint32)
        np.left_shift(wide, 16, out=wide)
        return wide.view(np.float32)
    return raw.astype(np.float32)


def encoded(tag: str, values: Floats) -> Raw | None:
    """The values as a file holds them, rounded to the nearest; None where one is infinite or no number."""
    if tag != "BF16":
        with np.errstate(over="ignore"):
            raw = values.astype(FORMATS[tag].raw)
        return raw if np.isfinite(raw).all() else None
    bits = values.view(np.uint32)
    rounded = bits >> 16
    rounded &= 1
    rounded += 0x7FFF
    rounded += bits
    rounded >>= 16
    raw = rounded.astype(np.uint16)
    exponent = np.uint16(0x7F80)
    # Rounding up to infinity shows in the result, and so does every infinity; a NaN may wrap around to a number.
    if ((raw & exponent) == exponent).any() or np.isnan(values).any():
        return None
    return raw
