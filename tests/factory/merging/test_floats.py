import numpy as np
import pytest

from factory.merging.floats import decoded, encoded

torch = pytest.importorskip("torch")


def every(dtype):
    """All 65,536 values of a type of two bytes."""
    return torch.arange(1 << 16, dtype=torch.int32).to(torch.int16).view(dtype)


@pytest.mark.parametrize(("tag", "dtype"), [("BF16", torch.bfloat16), ("F16", torch.float16)])
def test_every_value_is_read_as_torch_reads_it_and_written_back(tag, dtype):
    values = every(dtype)
    raw = values.view(torch.int16).numpy().view("<u2" if tag == "BF16" else "<f2")
    read = decoded(tag, raw)
    assert np.array_equal(read.view(np.uint32), values.float().numpy().view(np.uint32)) or tag == "F16"
    finite = np.isfinite(read)
    assert np.array_equal(read[finite], values.float().numpy()[finite])
    assert np.array_equal(encoded(tag, read[finite]).view("<u2"), raw[finite].view("<u2"))


@pytest.mark.parametrize(("tag", "dtype"), [("BF16", torch.bfloat16), ("F16", torch.float16), ("F32", torch.float32)])
def test_it_is_rounded_as_torch_rounds(tag, dtype):
    rng = np.random.default_rng(0)
    values = (rng.standard_normal(200_000) * 10.0 ** rng.integers(-7, 4, 200_000)).astype(np.float32)
    ties = (np.arange(1, 2000, dtype=np.uint32) << 15).view(np.float32) + np.float32(1)
    values = np.concatenate([values, ties])
    wanted = torch.from_numpy(values).to(dtype)
    found = torch.from_numpy(np.ascontiguousarray(encoded(tag, values)))
    assert torch.equal(found.view(wanted.dtype) if tag == "BF16" else found, wanted)


@pytest.mark.parametrize("tag", ["BF16", "F16", "F32"])
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan, -np.nan])
def test_what_is_not_finite_is_not_written(tag, bad):
    assert encoded(tag, np.array([1.0, bad], np.float32)) is None


@pytest.mark.parametrize("bits", [0x7FFFFFFF, 0xFFFFFFFF, 0x7F800001])
def test_no_nan_wraps_around_to_a_number(bits):
    assert encoded("BF16", np.array([bits], np.uint32).view(np.float32)) is None


def test_what_rounds_up_to_infinity_is_not_written():
    assert encoded("F16", np.array([65520.0], np.float32)) is None
    assert encoded("F16", np.array([65519.0], np.float32)) is not None
    assert encoded("BF16", np.array([3.4e38], np.float32)) is None
