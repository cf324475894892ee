import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from factory.answers.store import Answers, Keys
from factory.engine import Completion, Fatal, Request, Sampling, Token, Unanswered

KEYS = Keys({"model": "m"})


def keys(count, prompt="a question"):
    return KEYS.of(Request(prompt), range(count))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.sqlite"


@pytest.fixture
def store(path):
    with Answers(path) as opened:
        yield opened


def put(store, outcome, key=None, run="run"):
    key = key or keys(1)[0]
    store.put([(key, "m", outcome)], run)
    return key


ANSWERS = {
    "plain": Completion("An answer.", 12, 3),
    "japanese": Completion("答えは四です。", 12, 3, (), "m-2026-11"),
    "a megabyte": Completion("四 is four. " * 80_000, 12, 3),
    "control characters": Completion("a\0b\x1b[2J\r\n\t\x7f", 1, 2),
    "emoji": Completion("👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿", 1, 2),
    "lone surrogates": Completion("half a pair: \ud800, the other: \udc00", 1, 2),
    "absurd counts": Completion("x", 2**62, -1),
    "log-probabilities": Completion(
        "ab", 1, 2, (Token("a", -0.1, (("a", -0.1), ("b", float("-inf")))), Token("b", -1e-30)), "m"
    ),
    "a surrogate among tokens": Completion("a", 1, 1, (Token("\ud800", -0.5),)),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_found_as_it_was_put_at_once_and_after_reopening(path, answer):
    with Answers(path) as store:
        key = put(store, answer)
        assert store.found([key], "run") == [answer]
        asyncio.run(store.flush())
        assert store.found([key], "another run") == [answer]
    with Answers(path) as store:
        assert store.found([key], "run") == [answer]
        assert not store.remarks


def test_a_count_that_no_column_can_hold_loses_no_answer(path):
    with Answers(path) as store:
        key = put(store, Completion("x", 10**30, -(10**30)))
    with Answers(path) as store:
        assert store.found([key], "run")[0].text == "x"


def test_many_keys_are_answered_in_their_order_and_the_unknown_with_none(store):
    every = keys(700)
    store.put([(key, "m", Completion(f"answer {i}")) for i, key in enumerate(every) if i % 3], "run")
    asyncio.run(store.flush())
    expected = [Completion(f"answer {i}") if i % 3 else None for i in range(700)]
    assert store.found(every, "run") == expected
    assert store.found(every[::-1], "run") == expected[::-1]
    assert store.found([], "run") == []


def test_the_first_answer_at_a_key_stays(path, store):
    key = put(store, Completion("first"))
    put(store, Completion("second"), key)
    assert store.found([key], "run") == [Completion("first")]
    asyncio.run(store.flush())
    put(store, Completion("third"), key)
    asyncio.run(store.flush())
    assert store.found([key], "run") == [Completion("first")]


def test_a_failure_is_no_answer_to_another_run_and_the_same_again_to_its_own(path):
    failure = Unanswered("truncated", "1,024 tokens", "The answer is\0 \ud800", prompt_tokens=7, completion_tokens=1024)
    with Answers(path) as store:
        key = put(store, failure)
        before = store.found([key, *keys(1, "other")], "run")
        asyncio.run(store.flush())
    with Answers(path) as store:
        after = store.found([key, *keys(1, "other")], "run")
        assert store.found([key], "another run") == [None]
    for found, nothing in (before, after):
        assert isinstance(found, Unanswered)
        assert vars(found) == vars(failure)
        assert nothing is None


def test_a_replay_sees_its_failure_though_another_run_had_an_answer_since(store):
    key = put(store, Unanswered("empty"), run="first")
    put(store, Completion("late"), key, run="second")
    asyncio.run(store.flush())
    assert store.found([key], "second") == [Completion("late")]
    assert isinstance(store.found([key], "first")[0], Unanswered)


def test_each_replay_of_a_failure_is_an_exception_of_its_own(store):
    key = put(store, Unanswered("empty"))
    assert store.found([key], "run")[0] is not store.found([key], "run")[0]


def test_forgotten_failures_are_asked_again_and_those_of_other_runs_are_not(path, store):
    one, two = keys(2)
    put(store, Unanswered("empty"), one)
    put(store, Unanswered("schema", "no number"), two)
    put(store, Unanswered("filtered"), one, run="other")
    assert store.forget_failures("run") == 2
    assert store.found([one, two], "run") == [None, None]
    assert store.found([one], "other") != [None]
    put(store, Completion("now it is one"), one)
    asyncio.run(store.flush())
    assert store.found([one, two], "run") == [Completion("now it is one"), None]


@pytest.mark.parametrize("outcome", [None, "text", "", Fatal("quota"), Exception("x"), ("text", 1, 2)])
def test_only_outcomes_are_stored(store, outcome):
    with pytest.raises(TypeError, match="is no outcome"):
        put(store, outcome)
    assert store.found(keys(1), "run") == [None]


def test_an_empty_text_is_no_answer(path):
    with Answers(path) as store:
        with pytest.raises(ValueError, match="the engine must give Unanswered"):
            put(store, Completion(""))
        assert store.found(keys(1), "run") == [None]
    with Answers(path) as store:
        assert store.found(keys(1), "run") == [None]


def test_what_one_put_refuses_leaves_nothing_of_it(store):
    one, two = keys(2)
    with pytest.raises(ValueError, match="empty"):
        store.put([(one, "m", Completion("good")), (two, "m", Completion(""))], "run")
    assert store.found([one, two], "run") == [None, None]


def test_a_store_is_flushed_from_any_loop_and_used_from_any_thread(store):
    def work(number):
        for i in range(50):
            key = put(store, Completion(f"{number}/{i}"), KEYS.of(Request(f"{number}/{i}"), (0,))[0])
            asyncio.run(store.flush())
            assert store.found([key], "run") == [Completion(f"{number}/{i}")]
            done.append(key)

    done = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(done)) == 200


def test_a_flush_that_is_cancelled_harms_no_other(store):
    async def main():
        waiting = asyncio.ensure_future(store.flush())
        await asyncio.sleep(0)
        waiting.cancel()
        key = put(store, Completion("x"))
        await store.flush()
        return key

    key = asyncio.run(main())
    assert store.found([key], "run") == [Completion("x")]


def test_closing_commits_what_is_queued_and_may_be_done_twice(path):
    store = Answers(path)
    every = keys(3000)
    store.put([(key, "m", Completion("x")) for key in every], "run")
    store.close()
    store.close()
    with Answers(path) as again:
        assert again.found(every, "run") == [Completion("x")] * 3000
    with pytest.raises(RuntimeError, match="is closed"):
        put(store, Completion("late"))


WRITER = """
import asyncio, sys
from pathlib import Path
from factory.answers.store import Answers, Keys
from factory.engine import Completion, Request

path, name, first, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
keys = Keys({"model": "m"})

async def main():
    with Answers(path) as store:
        print("open", flush=True)
        for at in range(first, last, 5):
            numbers = range(at, min(at + 5, last))
            store.put([(keys.of(Request(f"{i}"), (0,))[0], name, Completion(f"{i} " * 99)) for i in numbers], "run")
            await store.flush()
    print("closed", flush=True)

asyncio.run(main())
"""


def test_what_is_put_becomes_durable_by_itself(path, store):
    put(store, Completion("x"))
    deadline = time.monotonic() + 20
    with closing(sqlite3.connect(path)) as other:
        while other.execute("select count(*) from answers").fetchone() != (1,):
            assert time.monotonic() < deadline
            time.sleep(0.005)


def test_two_processes_write_one_file_at_once_while_a_third_reads(path):
    def writer(name, first, last):
        command = [sys.executable, "-c", WRITER, str(path), name, str(first), str(last)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    every = [KEYS.of(Request(f"{i}"), (0,))[0] for i in range(500)]
    with writer("a", 0, 300) as a, writer("b", 200, 500) as b, Answers(path) as store:
        seen = 0
        while None in store.found(every, "run") and (a.poll() is None or b.poll() is None):
            found = store.found(every, "run")
            assert seen <= 500 - found.count(None), "an answer went away"
            seen = 500 - found.count(None)
        assert a.wait(60) == b.wait(60) == 0
        assert store.found(every, "run") == [Completion(f"{i} " * 99) for i in range(500)]


def test_opening_for_the_first_time_at_once_gives_one_store(tmp_path):
    for round_ in range(5):
        path = tmp_path / f"{round_}" / "answers.sqlite"
        errors = []

        def work(number, path=path, errors=errors):
            try:
                with Answers(path) as store:
                    put(store, Completion("x"), keys(4)[number])
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        with Answers(path) as store:
            assert store.found(keys(4), "run") == [Completion("x")] * 4


def test_sampling_is_what_keys_tell_apart(store):
    warm, cold = (KEYS.of(Request("q", Sampling(temperature=t)), (0,))[0] for t in (1.0, 0.0))
    put(store, Completion("warm"), warm)
    assert store.found([warm, cold], "run") == [Completion("warm"), None]
