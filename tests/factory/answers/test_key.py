"""Laws of the keys: whatever an answer depends on changes them, and nothing else does."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.answers.key import Keys, key
from factory.engine import ModelSettings, Price, Request, Sampling
from factory.row import Message

texts = st.text(st.characters(), max_size=20)
messages = st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), texts), max_size=3).map(tuple)
numbers = st.floats(0, 2)
samplings = st.builds(
    Sampling,
    max_tokens=st.integers(1, 9999),
    temperature=numbers,
    top_p=numbers,
    top_k=st.integers(0, 99),
    min_p=numbers,
    repetition_penalty=numbers,
    stop=st.lists(texts, max_size=2).map(tuple),
    seed=st.none() | st.integers(0, 2**70),
    logprobs=st.integers(0, 9),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
requests = st.builds(
    Request,
    prompt=messages | texts,
    sampling=samplings,
    n=st.integers(1, 8),
    schema=st.none() | st.dictionaries(texts, values, max_size=3),
)
IDENTITY = {"model": "m", "revision": "r", "dtype": None}


def known(request: Request) -> tuple[object, ...]:
    """What two requests must share to share an answer; the order within a schema counts."""
    return repr(request.prompt), request.sampling, repr(request.schema)


@given(requests, requests, st.integers(0, 9), st.integers(0, 9))
def test_two_requests_share_a_key_only_where_they_are_the_same(one, two, i, j):
    same = (known(one), i) == (known(two), j)
    assert (key(IDENTITY, one, i) == key(IDENTITY, two, j)) == same


@given(requests, st.integers(0, 9), st.data())
def test_any_field_of_the_sampling_changes_the_key(request, sample, data):
    field = data.draw(st.sampled_from(Sampling._fields))
    other = getattr(data.draw(samplings), field)
    changed = request._replace(sampling=request.sampling._replace(**{field: other}))
    same = getattr(request.sampling, field) == other
    assert (key(IDENTITY, changed, sample) == key(IDENTITY, request, sample)) == same


@given(requests, st.integers(1, 9), st.integers(0, 9))
def test_the_number_of_samples_and_their_order_change_no_key(request, n, sample):
    keys = Keys(IDENTITY)
    assert key(IDENTITY, request._replace(n=n), sample) == key(IDENTITY, request, sample)
    assert keys.of(request, (9, sample))[1] == keys.of(request, range(10))[sample] == key(IDENTITY, request, sample)
    assert len(set(keys.of(request, range(10)))) == 10


@given(st.dictionaries(texts, values, max_size=5), st.dictionaries(texts, values, max_size=5), st.randoms())
def test_the_identity_changes_the_key_and_the_order_of_its_settings_does_not(one, two, rng):
    request = Request("q")
    shuffled = dict(rng.sample(list(one.items()), len(one)))
    assert key(shuffled, request, 0) == key(one, request, 0)
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (key(one, request, 0) == key(two, request, 0)) == same


ALIKE = [
    Request("hi"),
    Request((Message("user", "hi"),)),
    Request((Message("user", "h"), Message("user", "i"))),
    Request((Message("system", "hi"),)),
    Request('[["user","hi"]]'),
    Request("hi\n"),
    Request("h\\ni"),
    Request("h\ni"),
    Request("\ud800"),
    Request("\\ud800"),
    Request("hi", schema={}),
    Request("hi", schema={"type": "object"}),
    Request("hi", Sampling(stop=("hi",))),
    Request("hi", Sampling(stop=("h", "i"))),
    Request("hi", Sampling(seed=0)),
    Request("hi", Sampling(seed=2**64)),
]


def test_what_looks_alike_has_keys_of_its_own():
    assert len({key(IDENTITY, request, sample) for request in ALIKE for sample in (0, 1, 10, 11)}) == 4 * len(ALIKE)


def test_the_order_of_the_fields_of_a_schema_counts_since_models_write_in_it():
    first = {"properties": {"reason": {}, "score": {}}}
    second = {"properties": {"score": {}, "reason": {}}}
    assert key(IDENTITY, Request("q", schema=first), 0) != key(IDENTITY, Request("q", schema=second), 0)


def test_equal_numbers_are_one_number():
    one, two = Sampling(temperature=1, top_p=1, min_p=-0.0), Sampling(temperature=1.0, top_p=1.0, min_p=0)
    assert key(IDENTITY, Request("q", one), 0) == key(IDENTITY, Request("q", two), 0)


def test_how_a_model_is_reached_and_what_it_costs_change_no_key():
    class Here(ModelSettings):
        ways = ModelSettings.ways | {"base_url"}
        base_url: str = ""

    def found(**settings):
        return key(Here(**{"model": "m", "license": "mit"} | settings).identity(), Request("q"), 0)

    plain = found()
    assert plain == found(base_url="http://elsewhere", price=Price(1, 2), concurrency=3, license="apache-2.0")
    assert plain != found(revision="abc")
    assert plain != found(model="n")


def test_keys_stay_what_they_are_or_all_that_was_ever_paid_is_paid_again():
    chat = Request(
        (Message("system", "短く"), Message("user", "hi")),
        Sampling(256, 0.7, 0.95, 40, 0.05, 1.1, ("\n", "。"), 7, 2),
        3,
        {"type": "object", "properties": {"b": {"type": "number"}, "a": {"maxLength": 3}}},
    )
    written = (
        '{"model":"m","revision":""}\n'
        '[[["system","短く"],["user","hi"]],256,0.7,0.95,40,0.05,1.1,["\\n","。"],7,2,'
        '{"type":"object","properties":{"b":{"type":"number"},"a":{"maxLength":3}}}]\n'
    )
    found = Keys({"revision": "", "model": "m"}).of(chat, (0, 2))
    assert found == [sha256(f"{written}{sample}".encode()).digest() for sample in (0, 2)]
    assert found[0].hex() == "ce61178b6d2a71f91ee3af8aae93ecdc7ab75d54a9b41b60170f299fcc7605ab"


@pytest.mark.parametrize("value", [{1, 2}, object(), b"x"])
def test_what_is_no_json_has_no_key(value):
    with pytest.raises(TypeError):
        key({"model": value}, Request("q"), 0)
    with pytest.raises(TypeError):
        key({}, Request("q", schema={"x": value}), 0)
