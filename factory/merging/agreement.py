"""Why models can't be merged: one sentence with the tensor, token or setting in which they differ.

Models are merged weight by weight, so that they must be one shape, name their tensors alike, and mean the same token by
the same number. Heads that are cut otherwise (equal shapes, another count) give a model of noise without any error, so
the settings that say so are compared too; settings of less weight are told as remarks.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from factory.errors import RecipeError
from factory.merging.floats import FORMATS
from factory.merging.parents import Parent
from factory.merging.recipe import MergeRecipe, at
from factory.merging.schedule import Layers, Schedule
from factory.merging.tensors import Files
from factory.merging.weights import Stored

HEAD = "lm_head.weight"
"""The tensor that is stored as a copy of the embeddings by some who tie the two."""
_DECIDING = (
    "model_type",
    "architectures",
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "hidden_act",
    "tie_word_embeddings",
)
_REMARKED = ("rope_theta", "rope_scaling", "rope_parameters", "rms_norm_eps", "layer_norm_epsilon", "sliding_window")
_CHUNK = 1 << 20


def check(recipe: MergeRecipe, parents: Sequence[Parent]) -> tuple[list[dict[str, Stored]], list[str]]:
    """The tensors of each model that are merged, and remarks on what differs and doesn't matter as much.

    Raises:
        RecipeError: they can't be merged; with the place of the model that differs from the first one.
    """
    first, remarks = parents[0], []
    for other in parents[1:]:
        if fault := _of_configs(first, other) or (_of_tokens(first, other) if recipe.head.same_vocabulary else ""):
            raise recipe.wrong(fault, *at(recipe, other.name))
        remarks += _differing(first, other)
    tensors = [_untied(recipe, parent) for parent in parents]
    for parent, own in zip(parents[1:], tensors[1:], strict=True):
        if fault := _of_tensors(recipe, first.name, tensors[0], parent.name, own):
            raise recipe.wrong(fault, *at(recipe, parent.name))
    for stored in tensors[0].values():
        if stored.tag.startswith(("F8", "F64", "C64")):
            raise recipe.wrong(
                f"{stored.path} holds weights of type {stored.tag}; those that can be merged are "
                f"{', '.join(one.name for one in FORMATS.values())}",
                *at(recipe, first.name),
            )
    covered(recipe, [name for name, one in tensors[0].items() if one.tag in FORMATS])
    return tensors, remarks


def covered(recipe: MergeRecipe, names: Sequence[str]) -> None:
    """Refuse a parameter that leaves a tensor without a number, and a pattern that matches none.

    Raises:
        RecipeError: there is one; with the place.
    """
    layers = Layers.of(names)
    fields = ((("parameters", field), getattr(recipe.method, field)) for field in type(recipe.method).model_fields)
    weights = ((("models", name, "weight"), one.weight) for name, one in recipe.models.items())
    for steps, schedule in (*fields, *weights):
        if not isinstance(schedule, Schedule):
            continue
        if pattern := schedule.unmatched(names):
            raise recipe.wrong(
                f"no tensor is named like {pattern!r}; there are such as {names[len(names) // 2]}", *steps
            )
        lacking = next((name for name in names if schedule.at(name, 0) is None), "")
        if lacking:
            raise recipe.wrong(f"says nothing of {lacking}; add `default: number`", *steps)
    if recipe.method.weighted:
        merged = [name for name in recipe.order if name != recipe.head.base]
        for tensor in names:
            numbers = [recipe.models[name].weight.at(tensor, layers.depth(tensor)) or 0.0 for name in merged]
            if fault := recipe.method.fault(numbers):
                shown = ", ".join(f"{number:g}" for number in numbers)
                raise recipe.wrong(f"{shown} for {tensor} {fault}", "models", merged[numbers.index(min(numbers))])


def _of_configs(first: Parent, other: Parent) -> str:
    one, two = _text(first.config), _text(other.config)
    for key in _DECIDING:
        if one.get(key) != two.get(key) and key in one and key in two:
            what = {"architectures": "architecture", "vocab_size": "vocabulary"}.get(key, key)
            theirs = f"that of {first.name} {_shown(one[key])}"
            return f"its {what} is {_shown(two[key])} and {theirs}; merge models of one kind"
    return ""


def _differing(first: Parent, other: Parent) -> list[str]:
    one, two = _text(first.config), _text(other.config)
    keys = (key for key in _REMARKED if one.get(key) != two.get(key))
    return [
        f"{key} is {_shown(one.get(key))} in {first.name} and {_shown(two.get(key))} in {other.name}" for key in keys
    ]


def _text(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of the language model, which models of more than text keep apart."""
    inner = config.get("text_config")
    return {**config, **inner} if isinstance(inner, dict) else dict(config)


def _shown(value: object) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= 80 else text[:77] + "..."


def _of_tensors(
    recipe: MergeRecipe, first: str, one: Mapping[str, Stored], other: str, two: Mapping[str, Stored]
) -> str:
    """What is wrong between two models' tensors; empty where nothing is."""
    for there, here, lacks, has in ((one, two, other, first), (two, one, first, other)):
        if lacking := [name for name in there if name not in here]:
            more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
            return f"{lacks} lacks the tensor {lacking[0]}{more}, which {has} has; merge models of one kind"
    for name, left in one.items():
        right = two[name]
        if left.shape != right.shape:
            return (
                f"{name} has the shape {list(right.shape)} in {other} and {list(left.shape)} in {first}; "
                "merge models of one size and vocabulary"
            )
        if left.tag != right.tag and (recipe.head.dtype == "keep" or not {left.tag, right.tag} <= FORMATS.keys()):
            return f"{name} is of type {right.tag} in {other} and {left.tag} in {first}; set `dtype`, such as bfloat16"
        if left.tag not in FORMATS and _digest([left]) != _digest([right]):
            return f"{name}, which holds no weights ({left.tag}), differs between {first} and {other}"
    return ""


def _untied(recipe: MergeRecipe, parent: Parent) -> dict[str, Stored]:
    """The tensors without a head that is only a copy of the embeddings, where the config ties the two.

    Left in, it would be merged by itself, with numbers of its own, and be a copy no longer.
    """
    tensors = dict(parent.tensors)
    if not _text(parent.config).get("tie_word_embeddings"):
        return tensors
    for name in [name for name in tensors if name == HEAD or name.endswith(f".{HEAD}")]:
        head = tensors.pop(name)
        alike = (one for one in tensors.values() if (one.shape, one.tag) == (head.shape, head.tag))
        if not any(_digest([one]) == _digest([head]) for one in alike):
            raise recipe.wrong(
                f"its config ties {name} to the embeddings, and yet it holds another {name}; "
                "set tie_word_embeddings to false in its config.json, or remove the tensor",
                *at(recipe, parent.name),
            )
    return tensors


def _digest(stored: Iterable[Stored]) -> bytes:
    """The SHA-256 of tensors, read piece by piece."""
    digest = sha256()
    with Files() as files:
        for one in stored:
            for begin in range(0, one.nbytes, _CHUNK):
                piece = memoryview(bytearray(min(_CHUNK, one.nbytes - begin)))
                files.fill(piece, one.path, one.offset + begin)
                digest.update(piece)
    return digest.digest()


def _of_tokens(first: Parent, other: Parent) -> str:
    """Which token the models number differently; empty where there is none, or nothing to tell it from."""
    for file in ("tokenizer.json", "tokenizer.model"):
        one, two = first.folder / file, other.folder / file
        if one.is_file() and two.is_file():
            if _file_digest(one) == _file_digest(two):
                return ""
            if file == "tokenizer.json":
                return _of_vocabularies(first, _tokens(one), other, _tokens(two))
            return (
                f"its {file} is another one than that of {first.name}; set same_vocabulary: false to merge all the same"
            )
    return ""


def _of_vocabularies(first: Parent, one: Mapping[str, int], other: Parent, two: Mapping[str, int]) -> str:
    """Compared by token; a token that only one knows is a new one in the place of another, or the same as it."""
    names = {number: token for token, number in one.items()}
    for token, number in sorted(two.items(), key=lambda item: item[1]):
        if names.get(number, token) != token:
            return (
                f"its token {number} is {token!r}, and that of {first.name} {names[number]!r}; "
                "set same_vocabulary: false to merge all the same"
            )
    return ""


def _tokens(path: Path) -> dict[str, int]:
    """Each token and its number in a tokenizer.json.

    Raises:
        RecipeError: it can't be read as one.
    """
    try:
        value = orjson.loads(path.read_bytes())
        vocabulary = value["model"]["vocab"]
        pairs = vocabulary.items() if isinstance(vocabulary, dict) else ((t[0], n) for n, t in enumerate(vocabulary))
        return dict(pairs) | {one["content"]: one["id"] for one in value.get("added_tokens") or ()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise RecipeError(f"{path} is no tokenizer: {type(error).__name__}: {error}") from error


def _file_digest(path: Path) -> str:
    from factory.durable import sha256 as of_file

    return of_file(path)
