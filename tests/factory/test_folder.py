"""The folder of a dataset is emptied so that a kill in between leaves a run's folder, not a stranger's."""

import pytest

from factory import folder
from factory.errors import DatasetError
from factory.manifest import MANIFEST


@pytest.mark.parametrize("damaged", [False, True])
def test_a_folder_that_was_emptied_by_half_is_made_again(sums, generate, tmp_path, monkeypatch, damaged):
    def killed(*told, **more):
        raise KeyboardInterrupt

    out = tmp_path / "out"
    first = generate(sums(100), out)
    if damaged:
        (out / MANIFEST).write_text("{}")
    with monkeypatch.context() as patch:
        patch.setattr(folder.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            folder.clear(out)
    assert not (out / MANIFEST).exists()
    if damaged:
        with pytest.raises(DatasetError, match="remake this one with --fresh"):
            generate(sums(100), out)
        folder.clear(out)
    assert generate(sums(100), out) == first
    assert not (out / "state").exists()
