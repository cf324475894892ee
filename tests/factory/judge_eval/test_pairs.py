import gzip
import json
from pathlib import Path

import pytest

from factory.errors import DatasetError
from factory.judge_eval.pairs import read
from factory.row import Message

SHARED = Path(__file__).parents[4] / "shared/data"


def written(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


def turns(*texts):
    return [{"content": text, "role": ("user", "assistant")[place % 2]} for place, text in enumerate(texts)]


def vote(winner, turn=1, judge="expert_1", question=81, b="B1"):
    return {
        "question_id": question, "model_a": "one", "model_b": "two", "winner": winner, "judge": judge, "turn": turn,
        "conversation_a": turns("Q1", "A1", "Q2", "A2"), "conversation_b": turns("Q1", b, "Q2", "B2"),
    }  # fmt: skip


def test_a_pair_the_other_way_round_is_the_same_pair_with_its_votes_turned(tmp_path):
    there = vote("model_a")
    back = vote("model_a", judge="expert_2") | {
        "conversation_a": there["conversation_b"], "conversation_b": there["conversation_a"],
    }  # fmt: skip
    (pair,) = read(written(tmp_path / "human.jsonl", [there, back, vote("tie")])).pairs
    assert (pair.labels, pair.votes) == (("A", "B", "tie"), ("A", "B", "tie"))
    assert pair.first[0].content == "A1"


def test_mt_bench_votes_on_one_pair_are_one_pair_with_each_vote(tmp_path):
    records = [
        vote("model_a"),
        vote("model_b", judge="expert_2"),
        vote("tie (inconsistent)"),
        vote("tie", question=111),
    ]
    found = read(written(tmp_path / "human.jsonl", records))
    assert (found.format, len(found.pairs)) == ("mt_bench", 1)
    (pair,) = found.pairs
    assert pair.labels == pair.votes == ("A", "B", "tie", "tie")
    assert pair.prompt == (Message("user", "Q1"),)
    assert (pair.first, pair.second) == ((Message("assistant", "A1"),), (Message("assistant", "B1"),))


def test_mt_bench_turn_2_is_the_whole_conversation_from_where_the_answers_part(tmp_path):
    (pair,) = read(written(tmp_path / "human.jsonl", [vote("model_b", turn=2, question=125)])).pairs
    assert [content for _, content in pair.first] == ["A1", "Q2", "A2"]
    assert pair.groups == (("category", "coding"), ("turn", "2"))
    (same,) = read(written(tmp_path / "same.jsonl", [vote("model_b", turn=2, b="A1")])).pairs
    assert [content for _, content in same.prompt] == ["Q1", "A1", "Q2"]
    assert (same.first[0].content, same.second[0].content) == ("A2", "B2")


def test_arena_battles_have_no_turn_and_are_read_whole(tmp_path):
    record = {name: value for name, value in vote("tie (bothbad)").items() if name not in ("turn", "question_id")}
    (pair,) = read(written(tmp_path / "a.jsonl", [record])).pairs
    assert pair.labels == ("tie",)
    assert len(pair.second) == 3


def test_pandalm_takes_the_majority_and_leaves_out_what_has_none(tmp_path):
    def record(votes, given=""):
        asked = {"motivation_app": "Gmail", "cmp_key": "opt-7b_llama-7b", "instruction": f"Do {votes}", "input": given}
        said = {f"annotator{place + 1}": vote for place, vote in enumerate(votes)}
        return asked | {"response1": "one", "response2": "two"} | said

    records = [record(votes) for votes in ((1, 1, 2), (2, 2, 2), (0, 1, 2), ("x", None, 9))]
    (tmp_path / "testset-v1.json").write_text(json.dumps([*records, record((0, 0, 1), "this")]))
    found = read(str(tmp_path / "testset-v1.json"))
    assert found.format == "pandalm"
    assert [pair.labels for pair in found.pairs] == [("A",), ("B",), ("tie",)]
    assert found.pairs[0].votes == ("A", "A", "B")
    assert found.pairs[2].prompt[0].content == "Do (0, 0, 1)\n\nthis"
    assert found.left_out == {"no_majority": 1, "no_label": 1}


def test_llmbar_is_read_from_its_folders_without_the_results_of_judges(tmp_path):
    record = {"input": "Say hi.", "output_1": "hi", "output_2": "bye", "label": 1}
    other = {"input": "Say bye.", "output_1": "hi", "output_2": "bye", "label": 2}
    for name, content in (("Natural", [record]), ("Adversarial/Manual", [other, {**other, "label": 3}])):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "dataset.json").write_text(json.dumps(content))
        (tmp_path / name / "result.json").write_text(json.dumps([{"winner": 1}]))
    found = read(str(tmp_path))
    assert found.format == "llmbar"
    assert {pair.groups: pair.labels for pair in found.pairs} == {
        (("file", "Natural"),): ("A",),
        (("file", "Adversarial/Manual"),): ("B",),
    }
    assert found.left_out == {"no_label": 1}


def test_hh_dialogues_are_pairs_of_last_answers_with_their_sides_mixed(tmp_path):
    def dialogue(n, last):
        return f"\n\nHuman: Hello {n}\n\nAssistant: Yes?\n\nHuman: More {n}\n\nAssistant: {last}"

    records = [{"chosen": dialogue(n, "good"), "rejected": dialogue(n, "bad")} for n in range(200)]
    records.append({"chosen": dialogue(0, "same"), "rejected": dialogue(0, "same")})
    found = read(written(tmp_path / "harmless-base" / "train.jsonl.gz", records))
    assert len(found.pairs) == 200
    for pair in found.pairs:
        assert [role for role, _ in pair.prompt] == ["user", "assistant", "user"]
        better = pair.first if pair.labels == ("A",) else pair.second
        assert better == (Message("assistant", "good"),)
    assert 70 < sum(pair.labels == ("A",) for pair in found.pairs) < 130
    assert found.left_out == {"same_answers": 1}
    assert read(str(tmp_path / "harmless-base")).pairs == found.pairs


@pytest.mark.parametrize(
    ("record", "prompt"),
    [
        ({"prompt": "Q", "chosen": "good", "rejected": "bad"}, "Q"),
        ({"question": "Q", "chosen": "good", "rejected": "bad", "system": "S"}, "S"),
        (
            {
                "prompt": [{"role": "user", "content": "Q"}],
                "chosen": [{"role": "assistant", "content": "good"}],
                "rejected": [{"role": "assistant", "content": "bad"}],
                "category": "math",
            },
            "Q",
        ),
    ],
)
def test_trls_preference_formats_are_read(tmp_path, record, prompt):
    found = read(written(tmp_path / "p.jsonl", [record]))
    (pair,) = found.pairs
    assert pair.prompt[0].content == prompt
    assert (pair.first if pair.labels == ("A",) else pair.second)[0].content == "good"
    assert pair.groups == ((("category", "math"),) if "category" in record else ())


def test_a_sample_is_spread_over_the_data_and_always_the_same(tmp_path):
    records = [{"prompt": f"Q{n}", "chosen": "good", "rejected": "bad"} for n in range(100)]
    source = written(tmp_path / "p.jsonl", records)
    some = read(source, most=10).pairs
    assert len(some) == 10
    assert some == read(source, most=10).pairs
    assert max(int(pair.prompt[0].content[1:]) for pair in some) > 50


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.jsonl", None, "can't be read"),
        ("p.jsonl", '{"a": 1}\n', "its columns (a) are of no format with two answers and a verdict; there are:"),
        ("p.jsonl", '{"messages": [], "b": 2}\n', "are of no format with two answers"),
        (
            "p.jsonl",
            '{"prompt": "Q", "chosen": "x", "rejected": "x"}\n',
            "no record holds two answers and a verdict (1 same",
        ),
        ("p.jsonl", "", "holds no records"),
        ("p.txt", "x", "give a folder, a Hub id, or a .jsonl, .json or .parquet file"),
    ],
)
def test_what_holds_no_pairs_is_refused_in_a_sentence(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(DatasetError) as refused:
        read(str(path))
    assert said in str(refused.value)


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared")
def test_the_real_files_are_read():
    found = read(str(SHARED / "hh_rlhf_sample/harmless_base_test_dev.jsonl"))
    assert len(found.pairs) > 1_100
    for name in ("standard_preference", "conversational_preference", "conversational_implicit_prompt_preference"):
        assert len(read(str(SHARED / f"trl_dataset_formats/{name}.jsonl")).pairs) == 19
