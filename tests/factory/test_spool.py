import numpy as np
import pytest

from factory.spool import Chosen, Spool

TEXTS = ["", "a", "日本語", "\ud800 half", "line\nline", "x" * 5_000_000, "\x00\x01"]


def test_texts_come_back_by_their_places(tmp_path):
    with Spool(tmp_path) as spool:
        spool.add(TEXTS[:3])
        spool.add([])
        spool.add(TEXTS[3:])
        spool.close()
        assert len(spool) == len(TEXTS)
        assert [spool[place] for place in range(len(TEXTS))] == TEXTS == list(spool)
        assert spool[2:5] == TEXTS[2:5]
        for beyond in (len(TEXTS), -1):
            with pytest.raises(IndexError):
                spool[beyond]


def test_none_is_none(tmp_path):
    with Spool(tmp_path) as spool:
        spool.close()
        assert list(spool) == []


def test_its_file_has_no_name(tmp_path):
    with Spool(tmp_path) as spool:
        spool.add(TEXTS)
        spool.close()
        assert not list(tmp_path.iterdir())


def test_some_can_be_chosen_in_another_order():
    chosen = Chosen(TEXTS, np.array([4, 0, 2]))
    assert list(chosen) == [TEXTS[4], TEXTS[0], TEXTS[2]]
    assert chosen[1:] == [TEXTS[0], TEXTS[2]]
    assert len(chosen) == 3
