import numpy as np
import pytest

from factory.near import bands, kernels

NUMPY = kernels.named("numpy")


@pytest.mark.parametrize(("threshold", "shape"), [(0.8, (21, 6)), (0.7, (25, 5)), (1, (1, 128)), (0.5, (42, 3))])
def test_bands_follow_from_the_threshold(threshold, shape):
    assert bands.shape(threshold) == shape


@pytest.mark.parametrize("threshold", [0.29, 1.01, float("nan")])
def test_a_threshold_that_makes_no_sense_is_refused(threshold):
    with pytest.raises(ValueError, match=r"must be from 0\.3 to 1"):
        bands.shape(threshold)


def brute(signatures, shape):
    cut = [signatures[:, band * shape.rows : (band + 1) * shape.rows] for band in range(shape.bands)]
    return {
        (one, other)
        for one in range(len(signatures))
        for other in range(one + 1, len(signatures))
        if any((band[one] == band[other]).all() for band in cut)
    }


def test_candidates_are_all_pairs_that_share_a_band(compute):
    signatures = np.random.default_rng(0).integers(0, 3, (150, 128)).astype(np.uint32)
    found = bands.candidates(signatures, bands.Shape(21, 6), compute)
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    assert pairs == brute(signatures, bands.Shape(21, 6))
    assert not found.capped


def test_some_rows_alone_are_looked_at():
    signatures = np.random.default_rng(0).integers(0, 2, (60, 128)).astype(np.uint32)
    rows = np.arange(0, 60, 3)
    found = bands.candidates(signatures, bands.Shape(21, 6), NUMPY, rows)
    whole = {pair for pair in brute(signatures, bands.Shape(21, 6)) if pair[0] % 3 == pair[1] % 3 == 0}
    assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == whole


def test_a_large_bucket_gives_a_star_and_a_chain():
    signatures = np.ones((500, 128), dtype=np.uint32)
    found = bands.candidates(signatures, bands.Shape(21, 6), NUMPY)
    pairs = set(zip(found.left.tolist(), found.right.tolist(), strict=True))
    star = {(best, other) for best in (0, 1) for other in range(best + 1, 500)}
    assert found.capped
    assert pairs == star | {(place, place + 1) for place in range(2, 499)}
