"""Every formula against plain torch in float64, written here from the papers."""

import math

import pytest

torch = pytest.importorskip("torch")

ATTENTION, MLP = "model.layers.1.self_attn.q_proj.weight", "model.layers.2.mlp.up_proj.weight"


def slerp(t, a, b):
    a, b = a.double(), b.double()
    cosine = (a * b).sum() / (a.norm() * b.norm())
    if not torch.isfinite(cosine) or cosine.abs() > 0.9995:
        return (1 - t) * a + t * b
    angle = torch.acos(cosine)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def ties(base, tuned, weights, density, scale):
    base = base.double()
    deltas = [one.float().sub(base.float()).double() for one in tuned]
    kept = []
    for delta in deltas:
        count = max(1, round(density * delta.numel()))
        least = delta.abs().flatten().sort(descending=True).values[count - 1]
        kept.append(torch.where(delta.abs() >= least, delta, 0.0))
    return elected(base, kept, weights, scale)


def elected(base, deltas, weights, scale):
    shares = torch.tensor(weights, dtype=torch.float64).view(-1, *[1] * base.dim())
    deltas = torch.stack(deltas)
    sign = torch.sign((deltas * shares).sum(0))
    agree = (torch.sign(deltas) == sign) & (deltas != 0)
    mean = (deltas * shares * agree).sum(0) / (shares * agree).sum(0).clamp(min=1e-30)
    return base + scale * mean


def worst(found, wanted):
    return max((found[name].double() - wanted[name].double()).abs().max().item() for name in wanted)


def of_one(dtype):
    return {"bfloat16": 2**-7, "float16": 2**-10, "float32": 1e-5}[dtype]


@pytest.fixture
def three(weights, model):
    """A base and two models near it, in bfloat16, small as weights are: a rounding is at most 1e-3."""
    base = {name: (one * 0.1).bfloat16() for name, one in weights(0).items()}
    found = {"start": base, "a": weights(1, near=base, far=0.02), "b": weights(2, near=base, far=0.02)}
    for name, tensors in found.items():
        model(name, tensors, files=1 + len(name) % 3)
    return found


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_slerp_is_what_float64_comes_to(weights, model, recipe, merged, dtype):
    a, b = weights(1, dtype), weights(2, dtype)
    model("a", a), model("b", b, files=2)
    found = merged(recipe("a", "b", parameters={"t": 0.3}))
    assert found.keys() == a.keys()
    for name in a:
        assert found[name].dtype == a[name].dtype
        wanted = slerp(0.3, a[name], b[name])
        assert torch.allclose(found[name].double(), wanted, rtol=of_one(dtype), atol=1e-6), name


def test_of_weights_as_models_have_them_nothing_is_off_by_more_than_a_thousandth(three, recipe, merged):
    wanted = {name: slerp(0.5, three["a"][name], three["b"][name]) for name in three["a"]}
    assert worst(merged(recipe("a", "b")), {name: one.bfloat16() for name, one in wanted.items()}) <= 1e-3


@pytest.mark.parametrize("t", [0, 1])
def test_the_ends_are_the_models_to_the_bit(weights, model, recipe, merged, t):
    both = weights(1), weights(2)
    both[t][MLP][0, 0] = -0.0
    model("a", both[0]), model("b", both[1])
    found = merged(recipe("a", "b", parameters={"t": t}))
    for name, one in both[t].items():
        assert torch.equal(found[name].view(torch.int16), one.view(torch.int16)), name


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
@pytest.mark.parametrize("t", [0.3, 0.5])
def test_a_model_with_itself_is_itself(weights, model, recipe, merged, dtype, t):
    model("a", weights(1, dtype)), model("b", weights(1, dtype))
    found = merged(recipe("a", "b", parameters={"t": t}))
    assert all(torch.equal(found[name], one) for name, one in weights(1, dtype).items())


@pytest.mark.parametrize("factor", [3.0, -1.0, 0.0])
def test_where_there_is_no_angle_slerp_is_linear(weights, model, recipe, merged, factor):
    a = weights(1, "float32")
    model("a", a), model("b", {name: one * factor for name, one in a.items()})
    found = merged(recipe("a", "b", parameters={"t": 0.25}))
    assert worst(found, {name: one * (0.75 + 0.25 * factor) for name, one in a.items()}) < 1e-5


def test_slerp_keeps_the_length_where_the_mean_loses_it(weights, model, recipe, merged):
    a, b = weights(1, "float32"), weights(2, "float32")
    model("a", a), model("b", b)
    sphere, mean = merged(recipe("a", "b")), merged(recipe("a", "b", method="linear"), "mean")
    assert sphere[MLP].norm() / a[MLP].norm() == pytest.approx(1, abs=0.01)
    assert mean[MLP].norm() / a[MLP].norm() == pytest.approx(math.sqrt(0.5), abs=0.01)


def test_linear_is_the_weighted_mean(three, recipe, merged):
    path = recipe("start", "a", "b", method="linear", of_a={"weight": 3}, of_b={"weight": 0})
    wanted = {name: (three["start"][name].double() + 3 * three["a"][name].double()) / 4 for name in three["a"]}
    assert worst(merged(path), {name: one.bfloat16() for name, one in wanted.items()}) <= 1e-3


def test_weights_that_are_not_normalized_add_up(three, recipe, merged):
    path = recipe("a", "b", method="linear", of_b={"weight": -0.5}, parameters={"normalize": False}, dtype="float32")
    wanted = {name: three["a"][name].double() - 0.5 * three["b"][name].double() for name in three["a"]}
    assert worst(merged(path), wanted) < 1e-6


def test_task_arithmetic_adds_what_each_model_adds(three, recipe, merged):
    path = recipe(
        "a", "start", "b", method="task_arithmetic", base="start", of_b={"weight": -0.5}, parameters={"scale": 0.7}
    )
    base, a, b = ({name: one.double() for name, one in three[who].items()} for who in ("start", "a", "b"))
    wanted = {name: one + 0.7 * ((a[name] - one) - 0.5 * (b[name] - one)) for name, one in base.items()}
    assert worst(merged(path), {name: one.bfloat16() for name, one in wanted.items()}) <= 1e-3


@pytest.mark.parametrize(("density", "weight"), [(0.2, 1.0), (0.5, 0.5), (1.0, 2.0), (1e-9, 1.0)])
def test_ties_trims_elects_and_takes_the_mean_of_those_that_agree(three, recipe, merged, density, weight):
    parameters = {"density": density, "scale": 0.9}
    path = recipe("start", "a", "b", method="ties", base="start", of_b={"weight": weight}, parameters=parameters)
    found = merged(path)
    wanted = {
        name: ties(base, [three["a"][name], three["b"][name]], [1.0, weight], density, 0.9).bfloat16()
        for name, base in three["start"].items()
    }
    assert worst(found, wanted) <= 1e-3
    assert worst(found, three["start"]) > 1e-3 or density < 0.1


def test_changes_that_cancel_out_leave_the_base(model, recipe, merged):
    base = {"w": torch.tensor([1.0, 2.0, 3.0])}
    model("start", base)
    model("a", {"w": torch.tensor([2.0, 2.5, 3.0])}), model("b", {"w": torch.tensor([0.0, 2.5, 4.0])})
    path = recipe("start", "a", "b", method="ties", base="start", parameters={"density": 1})
    assert merged(path)["w"].tolist() == [1.0, 2.5, 4.0]


def test_dare_drops_its_share_and_scales_up_the_rest(three, recipe, merged):
    path = recipe("start", "a", method="dare_linear", base="start", parameters={"drop": 0.75}, dtype="float32")
    change = merged(path)[MLP].double() - three["start"][MLP].double()
    whole = three["a"][MLP].double() - three["start"][MLP].double()
    kept = change != 0
    assert torch.allclose(change[kept], 4 * whole[kept], atol=1e-5)
    assert kept.double().mean().item() == pytest.approx(0.25 * (whole != 0).double().mean().item(), abs=0.003)
    halves = kept.flatten().double().view(2, -1).mean(1)
    assert halves[0].item() == pytest.approx(halves[1].item(), abs=0.005)  # no block is dropped as another


def test_each_seed_and_each_model_drops_others(three, recipe, merged):
    def dropped(out, *names, **keys):
        path = recipe("start", *names, method="dare_linear", base="start", parameters={"drop": 0.5}, **keys)
        return merged(path, out)[MLP]

    same, again = dropped("one", "a"), dropped("two", "a")
    other = dropped("three", "a", seed=1)
    assert torch.equal(same, again)
    base = three["start"][MLP]
    first, second = same != base, other != base
    assert (first & second).double().mean().item() == pytest.approx(0.25, abs=0.03)


def test_dare_ties_elects_among_what_is_left(three, recipe, merged):
    one = recipe("start", "a", method="dare_linear", base="start", parameters={"drop": 0.5}, dtype="float32")
    a = merged(one, "a_alone")
    two = recipe("start", "b", method="dare_linear", base="start", parameters={"drop": 0.5}, dtype="float32")
    b = merged(two, "b_alone")
    both = recipe("start", "a", "b", method="dare_ties", base="start", parameters={"drop": 0.5}, dtype="float32")
    found = merged(both, "both")
    for name, base in three["start"].items():
        deltas = [one[name].double() - base.double() for one in (a, b)]
        deltas = [torch.where(delta.abs() < 1e-9, 0.0, delta) for delta in deltas]
        assert torch.allclose(found[name].double(), elected(base.double(), deltas, [1.0, 1.0], 1.0), atol=1e-6), name


def test_a_parameter_may_differ_by_pattern_and_by_layer(weights, model, recipe, merged):
    a, b = weights(1, "float32"), weights(2, "float32")
    model("a", a), model("b", b)
    found = merged(
        recipe("a", "b", parameters={"t": {"*.self_attn.*": [0, 0.4, 1], "*.layers.2.*": 0.1, "default": 1}})
    )
    wanted = {name: 1.0 for name in a}
    wanted |= {f"model.layers.{n}.self_attn.q_proj.weight": t for n, t in enumerate((0.0, 0.4, 1.0))}
    wanted |= {"model.layers.2.mlp.up_proj.weight": 0.1}
    assert worst(found, {name: slerp(t, a[name], b[name]) for name, t in wanted.items()}) < 1e-5


def test_weights_may_differ_by_layer_too(weights, model, recipe, merged):
    a, b = weights(1, "float32"), weights(2, "float32")
    model("a", a), model("b", b)
    path = recipe("a", "b", method="linear", of_a={"weight": [1, 0]}, of_b={"weight": [0, 1]})
    found = merged(path)
    assert torch.equal(found["model.embed_tokens.weight"], a["model.embed_tokens.weight"])
    assert torch.allclose(found[ATTENTION], (a[ATTENTION] + b[ATTENTION]) / 2)
    assert torch.equal(found["lm_head.weight"], b["lm_head.weight"])
