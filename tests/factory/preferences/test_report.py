"""Figures of pairs and judges, each worked out by hand."""

from random import Random

import pytest

from factory import pipeline
from factory.judging import position
from factory.manifest import read_manifest
from factory.preferences import report
from factory.row import Message, Verdict

JA, EN = "パンは小麦粉から作ります。", "You can bake the bread with this flour."
PROMPT = (Message("user", "q"),)


def test_length_bias_and_correlation_are_those_worked_out_by_hand(reported, pair):
    sides = [("aaaa", "a", 3.0), ("aaa", "a", 2.0), ("aa", "a", 1.0), ("a", "aaa", 0.0), ("a", "a", 9.0)]
    pairs = reported([pair(chosen, rejected, f"q{n}", margin=m) for n, (chosen, rejected, m) in enumerate(sides)])
    lengths = pairs.pairs.lengths
    assert (lengths.chosen_longer, lengths.rejected_longer, lengths.equal) == (3, 1, 1)
    assert (lengths.chosen_longer_share, lengths.bias) == (0.6, 0.4)
    assert (lengths.chosen_mean, lengths.rejected_mean) == (2.2, 1.4)
    # Off the means, differences are 2.2 1.2 0.2 -2.8 -0.8 and margins 0 -1 -2 -3 6; ranks 5 4 3 1 2 and 4 3 2 1 5.
    assert lengths.correlation == pytest.approx(2 / (14.8 * 50) ** 0.5, abs=1e-6)
    assert lengths.rank_correlation == 0.4
    assert pairs.pairs.margins.spread.count == 5
    assert (pairs.pairs.margins.zero, pairs.pairs.margins.negative) == (1, 0)


def test_margins_are_read_from_scores_where_pairs_say_no_margin(reported, pair):
    metas = [
        {"score_chosen": 5, "score_rejected": 7.5},
        {"margin": 1.5, "score_chosen": 9},
        {"margin": None},
        {"score_chosen": True, "score_rejected": 0},
        {"margin": "3"},
        {"margin": 2**70, "huge": 2**200},
        {"margin": 1e300},
    ]
    found = reported([pair("a", "b", f"q{n}", **meta) for n, meta in enumerate(metas)]).pairs.margins
    assert [(bar.low, bar.count) for bar in found.spread.bins] == [(-2.5, 1), (1.5, 1), (2**70 // 10**16 * 1e16, 1)]
    assert (found.zero, found.negative) == (0, 1)


def test_languages_that_differ_are_counted_by_both(reported, pair):
    pairs = [
        pair(JA, JA, JA),
        pair(JA, EN, JA),
        pair(EN, JA, JA),
        pair(EN, EN, JA),
        pair("42", EN, EN),
        pair(EN, JA, f"{JA}英語に翻訳してください。"),
    ]
    found = reported(pairs).pairs.languages
    assert (found.differ, found.differ_share) == (3, 0.5)
    assert found.kinds == {"en / ja": 2, "ja / en": 1}
    left = found.not_the_prompts
    assert (left.chosen, left.rejected, left.both) == (1, 1, 1)  # who asks for a translation gets one


def test_formats_refusals_and_sides_that_say_the_same_are_counted(reported, pair):
    sorry = "I'm sorry, but I can't help with that."
    pairs = [
        pair("- a\n- b", "a and b", "1"),
        pair("**a** and more", "## a\nb", "2"),
        pair("- a\n- b", "- c\n- d", "3"),
        pair(sorry, "a", "4"),
        pair("a", sorry, "5"),
        pair(sorry, f"{sorry} ", "6"),
        pair("", "a", "7"),
    ]
    found = reported(pairs).pairs
    sided = {name: tuple(counts.model_dump().values()) for name, counts in found.formats.items()}
    assert {name: counts for name, counts in sided.items() if any(counts)} == {
        "list": (1, 0, 1),
        "bold": (1, 0, 0),
        "heading": (0, 1, 0),
    }
    assert (found.formats_differ, found.formats_differ_share) == (2, 0.2857)
    assert tuple(found.refusals.model_dump().values()) == (1, 1, 1)
    assert (found.identical, tuple(found.empty.model_dump().values())) == (1, (1, 0, 0))


def test_pairs_are_told_apart_by_source_policy_and_iteration(reported, pair):
    pairs = [
        *(pair("aa", "a", f"q{n}", source="x", model="m", margin=2.0) for n in range(3)),
        pair("a", "aa", "q9", source="y", model="m", policy="org/p@1", iteration=1),
    ]
    found = reported(pairs).pairs
    assert {name: tuple(group.model_dump().values()) for name, group in found.sources.items()} == {
        "x": (3, 1.0, 2.0),
        "y": (1, 0.0, None),
    }
    assert {name: group.pairs for name, group in found.models.items()} == {"m": 3, "org/p@1": 1}
    assert {name: group.pairs for name, group in found.iterations.items()} == {"1": 1, "others": 3}
    assert (found.pairs, found.prompts) == (4, 4)


def test_many_sources_become_the_largest_and_the_others(reported, pair):
    pairs = [pair("a", "b", f"{n}/{m}", source=f"s{n:02}") for n in range(25) for m in range(1 + (n > 3))]
    found = reported(pairs).pairs.sources
    assert len(found) == 21
    assert found["others"].pairs == 4 + 2
    assert sum(group.pairs for group in found.values()) == len(pairs)


def test_pairs_without_scores_have_a_report_too(reported, pair):
    found = reported([pair("aaa", "a")] * 2)
    assert found.pairs.margins is None
    assert (found.pairs.lengths.bias, found.pairs.lengths.correlation) == (1.0, None)
    assert (found.pairs.prompts, found.without_share, found.samples, found.judges) == (1, None, None, {})


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one_pair_make_a_report_without_warnings(reported, pair, count):
    found = reported([pair("aaa", "a", margin=1.0)] * count)
    assert found.pairs.pairs == count
    assert found.pairs.lengths.correlation is None
    assert found.warnings == ()


def test_conversations_alone_have_no_report(reported):
    assert reported(None) is None
    assert reported(None, tallies={"math": {"tried": 4}}) is None


def noisy(pair, rng):
    texts = ["- a\n- b", JA, EN, "I'm sorry, I can't do that.", "42", "**b** " * 9]
    for n in range(700):
        meta = {"margin": rng.choice([None, rng.random()])}
        yield pair(rng.choice(texts), rng.choice(texts) * rng.randint(1, 3), f"q{n % 90}", source=f"s{n % 3}", **meta)


def test_the_report_does_not_depend_on_how_many_rows_are_read_at_once(reported, pair, monkeypatch, answers):
    pairs = list(noisy(pair, Random(3)))
    rng = Random(4)
    samples = []
    for n in range(150):
        samples += answers(f"p{n}", *[(rng.random(), rng.randint(0, 2)) for _ in range(rng.randint(1, 5))])
    whole = reported(pairs, pairs[:9], samples)
    for rows in (1, 7, 100):
        monkeypatch.setattr(report, "ROWS", rows)
        assert reported(pairs, pairs[:9], samples) == whole


def test_prompts_without_a_pair_are_those_that_the_generator_gave_up(reported, pair):
    dropped = {"on_policy: no_signal": 3, "on_policy: too_few": 2, "length: too_short": 7}
    found = reported([pair("a", "b", f"q{n}") for n in range(5)], dropped=dropped, uses=["on_policy"])
    assert found.without == {"on_policy: no_signal": 3, "on_policy: too_few": 2}
    assert (found.prompts, found.without_share) == (10, 0.5)
    counted = {"on_policy": {"prompts": 20}}
    found = reported([pair("a", "b")], dropped=dropped, uses=["on_policy"], tallies=counted)
    assert (found.prompts, found.without_share) == (20, 0.25)


@pytest.mark.parametrize("lean", [-0.6, -0.1, 0.0, 0.15, 0.9])
def test_a_known_position_bias_is_reported_within_two_points(reported, lean):
    rng, counts, n = Random(1), {}, 20_000
    for _ in range(n):
        truth = rng.choice("AB")
        flip = {"A": "B", "B": "A"}
        first = "A" if lean > 0 else "B"
        straight, swapped = (first, first) if rng.random() < abs(lean) else (truth, flip[truth])
        came = position.outcome(straight, swapped)
        counts[came] = counts.get(came, 0) + 1
    found = reported((), tallies={"pairwise": {"judged": n, **counts}}).positions["pairwise"]
    assert found.compared == n
    assert abs(found.bias - lean) <= 0.02
    assert abs(found.consistency - (1 - abs(lean))) <= 0.02
    assert found.ties == pytest.approx(1 - found.consistency, abs=1e-4)


def test_what_a_judge_of_pairs_says_is_counted_from_verdicts_where_it_counts_nothing(reported, pair):
    def said(reason):
        return [Verdict("other", True), Verdict("duel", reason == "", None, reason)]

    kept = [pair("a", "b", f"k{n}", said("")) for n in range(6)]
    reasons = ("rejected_better", "tie", "first_twice", "first_once", "unheard")
    lost = [pair("a", "b", why, said(why)) for why in reasons]
    found = reported(kept, lost).positions
    assert list(found) == ["duel"]
    assert found["duel"].outcomes == {
        "first_better": 6,
        "second_better": 1,
        "tie": 1,
        "first_twice": 1,
        "second_twice": 0,
        "first_once": 1,
        "second_once": 0,
    }
    assert (found["duel"].bias, found["duel"].consistency, found["duel"].ties) == (0.15, 0.8, 0.3)


def test_what_judges_could_not_do_is_their_share(reported):
    tallies = {
        "llm": {"judged": 200, "failed": 30, "canaries": 22, "canaries_failed": 2, "canaries_missed": 5},
        "rm": {"judged": 10, "addresses_judge": 1, "jury_pairs": 8, "jury_agree": 2},
        "on_policy": {"prompts": 9},
    }
    found = reported(None, tallies=tallies)
    assert set(found.judges) == {"llm", "rm"}
    llm = found.judges["llm"]
    assert (llm.failed_share, llm.canaries_missed_share, llm.jury_agreement) == (0.15, 0.25, None)
    assert found.judges["rm"].jury_agreement == 0.25
    assert [warning.split(" ")[:3] for warning in found.warnings] == [
        ["llm", "gave", "no"],
        ["llm", "missed", "5"],
        ["the", "jury", "of"],
        ["1", "text", "speaks"],
    ]


def test_a_run_has_the_report_in_its_manifest_and_comes_to_it_again_after_a_crash(
    sums, generate, synthetic, tmp_path, files, monkeypatch
):
    recipe = sums(600, use="AlikePairs")
    manifest = generate(recipe, tmp_path / "whole")
    assert manifest.preferences.pairs.pairs == manifest.rows_kept
    assert read_manifest(tmp_path / "whole") == manifest

    def crash(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "preferences", crash)
        with pytest.raises(KeyboardInterrupt):
            generate(recipe, tmp_path / "killed")
    assert not (tmp_path / "killed/manifest.json").exists()
    generate(recipe, tmp_path / "killed")
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_conversations_from_samples_have_the_part_that_applies(sums, generate, tmp_path):
    manifest = generate(sums(300, use="Sampled"), tmp_path)
    assert manifest.preferences.pairs is None
    assert manifest.preferences.samples.samples == 600
    assert generate(sums(300), tmp_path / "plain").preferences is None
