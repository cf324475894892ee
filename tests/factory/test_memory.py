import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from factory import memory

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc")

LEFT_BY_ITS_FIRST_THREAD = """
import ctypes, sys, threading
threading.Thread(target=sys.stdin.read).start()
print("here", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_process_lives_until_its_last_thread_has_ended():
    with subprocess.Popen(
        [sys.executable, "-c", LEFT_BY_ITS_FIRST_THREAD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        while state(child.pid) != "Z":
            time.sleep(0.01)
        assert child.pid in memory.children()
        child.stdin.close()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert child.pid not in memory.children()


def test_what_processes_hold_is_measured():
    with subprocess.Popen(
        [sys.executable, "-c", "x = b'x' * 50_000_000; print('here', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        child.stdout.readline()
        held = memory.used([child.pid])
        child.stdin.close()
    assert 50_000_000 < held.resident <= held.peak
    assert memory.used([child.pid])[:2] == (0, 0)
