import importlib

import pytest

from factory import compiled

KERNELS = (
    "factory.near.kernel_numba",
    "factory.near.table_numba",
    "factory.decontaminate.kernel_numba",
    "factory.decontaminate.align_numba",
)


@pytest.mark.parametrize("name", KERNELS)
def test_compiled_code_on_disk_is_older_than_no_number_in_it(name):
    pytest.importorskip("numba")
    module = importlib.import_module(name)
    assert compiled.stamp(module) == module.STAMP, "put this digest into STAMP: the file must change with its numbers"


def test_another_number_gives_another_stamp(monkeypatch):
    pytest.importorskip("numba")
    module = importlib.import_module(KERNELS[1])
    monkeypatch.setattr(module, "_LIMIT", module._LIMIT + 1)
    assert compiled.stamp(module) != module.STAMP
