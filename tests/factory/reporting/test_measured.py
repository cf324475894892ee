from collections.abc import Callable
from pathlib import Path

from factory import dataset as rows_of
from factory.manifest import read_manifest
from factory.reporting.measured import measure, stages, varied
from factory.reporting.scan import SAMPLE
from factory.row import Row, Verdict


def test_lengths_and_verdicts_are_those_of_all_rows(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    said = [Verdict("j", True, 0.5), Verdict("k", None, None, "unjudged")]
    folder = dataset([row("q" * n, "あ" * (2 * n), said) for n in range(1, 101)])
    found = measure(folder).kept
    texts = [turn.content for one in rows_of.read(folder) for turn in one.messages if turn.role == "assistant"]
    assert found.lengths["assistant"].mean == sum(map(len, texts)) / 100
    assert found.lengths["user"].quantile(0.5) == 50
    assert (found.verdicts.judges["j"].passed, found.verdicts.judges["j"].kept.count) == (100, 100)
    assert (found.verdicts.judges["k"].unjudged, found.verdicts.judges["k"].failed) == (100, 0)
    assert found.verdicts.judges["k"].kept.count == 0


def test_scores_of_kept_and_dropped_rows_are_apart(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    kept = [row(f"q{n}", said=[Verdict("j", True, 9.0)]) for n in range(3)]
    dropped = [("j", "low", row(f"d{n}", said=[Verdict("j", False, 2.0, "low")])) for n in range(2)]
    found = measure(dataset(kept, dropped))
    assert found.kept.verdicts.judges["j"].kept.values() == [9.0]
    assert found.dropped.verdicts.judges["j"].dropped.values() == [2.0]
    assert found.dropped.verdicts.judges["j"].failed == 2


def test_the_sample_does_not_depend_on_the_order_of_the_rows(
    dataset: Callable[..., Path], row: Callable[..., Row]
) -> None:
    rows = [row(f"question {n}") for n in range(SAMPLE + 1_000)]
    forward, backward = (measure(dataset(some, name=name)) for some, name in ((rows, "a"), (rows[::-1], "b")))
    assert len(forward.kept.sample) == SAMPLE
    assert forward.kept.sample == backward.kept.sample
    assert forward.shown == backward.shown
    assert forward.kept.sample == sorted(forward.kept.sample)[:SAMPLE]


def test_stages_stand_in_the_order_in_which_rows_pass_them(
    dataset: Callable[..., Path], row: Callable[..., Row]
) -> None:
    fates = [
        ("duplicates", "near"),
        ("length", "short"),
        ("llm", "low"),
        ("licence", "L001"),
        ("spin", "equal"),
        ("llm 2", "x"),
    ]
    settings = {"generate": [{"use": "spin"}], "judge": [{"use": "llm"}, {"use": "length"}, {"use": "llm"}]}
    folder = dataset([row("q")], [(*fate, row(f"{fate}")) for fate in fates], settings=settings)
    found = stages(read_manifest(folder))
    assert [stage.name for stage in found] == ["spin", "llm", "length", "llm 2", "licence", "duplicates"]
    assert [stage.left for stage in found] == [6, 5, 4, 3, 2, 1]


def test_clusters_of_duplicates_name_what_was_kept(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    keepers = [row(f"kept {n}") for n in range(3)]
    dropped = [
        (
            "duplicates",
            "near",
            row(f"like {n} {m}", said=[Verdict("duplicates", False, 0.9, "near", f"kept instead: {one.id}")]),
        )
        for n, one in enumerate(keepers)
        for m in range(n + 1)
    ]
    dropped.append(("duplicates", "exact", row("kept 0", "No.")))
    found = measure(dataset(keepers, dropped))
    assert found.dropped.traced == 6
    assert [(cluster.kept, cluster.dropped) for cluster in found.dropped.clusters] == [
        (keepers[2].id, 3),
        (keepers[1].id, 2),
        (keepers[0].id, 1),
    ]
    assert found.kept.named[keepers[2].id].question == "kept 2"
    assert {member.question[:6] for member, _ in found.dropped.clusters[0].members} == {"like 2"}
    assert found.dropped.sizes == {2: 1, 3: 1, 4: 1}


def test_rows_that_are_shown_are_of_many_families(dataset: Callable[..., Path], row: Callable[..., Row]) -> None:
    rows = [row(f"q{n}", family="common" if n < 30 else f"rare{n % 5}") for n in range(40)]
    found = measure(dataset(rows))
    assert {one.group for one in found.shown} == {"common", "rare0", "rare1", "rare2", "rare3", "rare4"}
    assert len(varied(found.kept.candidates, 3)) == 3


def test_pairs_are_measured_by_side(dataset: Callable[..., Path], pair: Callable[..., object]) -> None:
    found = measure(dataset([pair("longer answer", "short", margin=1.0)]))
    assert {side: numbers.mean for side, numbers in found.kept.lengths.items()} == {
        "prompt": 11.0,
        "chosen": 13.0,
        "rejected": 5.0,
    }
    assert found.kept.sample[0].answer == "longer answer"


def test_a_dataset_whose_rows_were_all_dropped_is_measured(
    dataset: Callable[..., Path], row: Callable[..., Row]
) -> None:
    found = measure(dataset([], [("j", "low", row("q"))]))
    assert (found.shown, found.questions, found.wheel.looked) == ([], None, 0)
    assert found.stages[0].left == 0
