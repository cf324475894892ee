import asyncio
from pathlib import Path
from typing import Any

import pytest

from factory import registry
from factory.engine import Completion, Fatal, Outcome, Request, Sampling, Unanswered
from factory.engines.scripted import Scripted
from factory.row import Message

RULES = [
    {"when": "bread", "say": ["rye", "wheat", "oat", "spelt"]},
    {"matches": "^[0-9]+$", "say": ["number {{n}}, you said {{ last }}"]},
    {"when": "fail", "say": ["half a"], "fail": "truncated"},
    {"when": "braces", "say": ["{{nothing}} {% x %} {{n.__class__}}"]},
]


def ask(*requests: Request, **settings: Any) -> list[list[Outcome]]:
    scripted = registry.build("engines", "scripted", {"license": "mit", "rules": RULES} | settings)
    assert isinstance(scripted, Scripted)

    async def asked() -> list[list[Outcome]]:
        engine = await scripted.start()
        return [list(await engine.complete(request)) for request in requests]

    return asyncio.run(asked())


def said(outcomes: list[Outcome]) -> list[str]:
    return [outcome.text for outcome in outcomes]


def test_what_is_said_depends_on_the_prompt_and_the_sample_and_not_on_the_order() -> None:
    one, two = Request("white bread", n=8), Request((Message("user", "black bread"),), n=8)
    first = ask(one, two)
    assert ask(two, one) == first[::-1]
    assert len(set(said(first[0]))) > 1
    assert said(first[0]) != said(first[1])
    assert ask(one._replace(n=3))[0] == first[0][:3]
    shifted = ask(one._replace(n=3, sampling=Sampling(seed=5)))[0]
    assert said(shifted) == said(first[0])[5:8]


def test_the_last_turn_chooses_the_rule() -> None:
    turns = (Message("user", "bread"), Message("assistant", "rye"), Message("user", "12"))
    (outcome,) = ask(Request(turns))[0]
    assert isinstance(outcome, Completion)
    assert outcome.text.endswith("you said 12")
    assert outcome.text.split()[1].rstrip(",").isdigit()
    assert outcome.prompt_tokens > 0 < outcome.completion_tokens


def test_only_what_is_known_is_put_in() -> None:
    assert said(ask(Request("braces"))[0]) == ["{{nothing}} {% x %} {{n.__class__}}"]
    assert said(ask(Request("{{n}}"), rules=[{"say": ["<{{last}}>"]}])[0]) == ["<{{n}}>"]


def test_a_rule_can_fail() -> None:
    (outcome,) = ask(Request("fail"))[0]
    assert isinstance(outcome, Unanswered)
    assert (outcome.reason, outcome.text) == ("truncated", "half a")


def test_a_prompt_that_no_rule_fits_ends_the_run() -> None:
    with pytest.raises(Fatal, match="no rule of the script fits 'cake'; add one"):
        ask(Request("cake"))


def test_a_script_is_found_beside_the_recipe_and_its_content_counts(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text("rules:\n- say: [hello]\n")
    settings = Scripted(license="mit", script="s.yaml")
    settings.place(tmp_path)
    assert settings.check() == []
    before = settings.fingerprint()
    assert [rule.say for rule in settings.spoken] == [("hello",)]
    (tmp_path / "s.yaml").write_text("rules:\n- say: [goodbye]\n")
    assert settings.fingerprint() != before


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "give either script, a YAML file, or rules"),
        ({"script": "a.yaml", "rules": [{"say": ["x"]}]}, "give either"),
        ({"script": "absent.yaml"}, "absent.yaml: can't be read"),
        ({"rules": [{"when": "x"}]}, "the rule for 'x' says nothing"),
        ({"rules": [{"when": "x", "say": [""]}]}, "has an empty answer"),
        ({"rules": [{"matches": "(", "say": ["x"]}]}, "is no regular expression"),
    ],
)
def test_a_bad_script_is_refused(settings: dict[str, Any], sentence: str) -> None:
    (complaint,) = registry.build("engines", "scripted", {"license": "mit", **settings}).check()
    assert sentence in complaint
