"""Character n-grams as 32-bit numbers.

A polynomial of the code points modulo 2**32, then MurmurHash3's finalizer. Characters, since Japanese then needs no
tokenizer; 5 of them, since unrelated texts then share few (Jaccard below .1 for 99 % of pairs up to 2,000 characters).
Pairs of longer texts meet more 5-grams by chance (.15 above 4,000), so that they are compared by 8-grams.
A text shorter than an n-gram is one n-gram, padded with zeros: no text is without.
"""

GRAM = 5
LONG_GRAM = 8
LONG = 4000
"""Pairs of texts that are both longer are compared by `LONG_GRAM`."""

MULTIPLIER = 0x9E3779B1
"""The odd integer nearest to 2**32 over the golden ratio."""
MIX_1, MIX_2 = 0x85EBCA6B, 0xC2B2AE35
"""MurmurHash3's `fmix32`."""
MODULUS = 2**32


def power(exponent: int) -> int:
    """The multiplier's power modulo 2**32."""
    return pow(MULTIPLIER, exponent, MODULUS)


def raw_hashes(text: str, size: int = GRAM) -> list[int]:
    """The polynomial of each n-gram of a folded text, before the finalizer: plain Python, to check the kernels by.

    What datasketch is to be given as its `hashfunc`'s result: it applies the same finalizer.
    """
    points = [*map(ord, text)]
    points += [0] * (size - len(points))
    result = []
    for place in range(len(points) - size + 1):
        value = 0
        for point in points[place : place + size]:
            value = (value * MULTIPLIER + point) % MODULUS
        result.append(value)
    return result


def finalized(value: int) -> int:
    """MurmurHash3's `fmix32` of one number."""
    value ^= value >> 16
    value = value * MIX_1 % MODULUS
    value ^= value >> 13
    value = value * MIX_2 % MODULUS
    return value ^ value >> 16


def splitmix64(seed: int, count: int) -> list[int]:
    """Numbers of 64 bits from a seed: plain integers, the same on every platform. Source: Steele et al. 2014."""
    state, mask, numbers = seed, 2**64 - 1, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        value = state
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & mask
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & mask
        numbers.append(value ^ (value >> 31))
    return numbers
