"""Numbers that the two kernels share."""

BINS = 128
"""Slots of a signature: a power of two, so that the leading bits of a hash name its slot."""
BITS = 7
EMPTY = 0xFFFFFFFF
"""The value of a slot that no hash fell into."""
BAND_SEED = 0x9E3779B97F4A7C15
BAND_MIX = 0xBF58476D1CE4E5B9
"""Constants of splitmix64."""
