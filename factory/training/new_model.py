"""A model of random weights from nothing but a few numbers: something to train where no checkpoint is wanted.

A Llama whose tokenizer knows the 256 bytes, ChatML's turns and nothing else, so that any text can be written in it and
digits stand alone. It is for pipelines that are tried whole on a CPU, for tests and for experiments that begin at zero;
it knows nothing, and writes nonsense until it is trained. `model.json` is written last.

    architecture: llama
    name: from-nothing
    seed: 0
    license: apache-2.0
    layers: 4
    hidden_size: 128
    heads: 4

Source: Llama 2, https://arxiv.org/abs/2307.09288; ChatML, as Qwen and others write it.
"""

import json
import platform
import shutil
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from factory import durable, strict_yaml
from factory.differences import differences
from factory.errors import DatasetError, DependencyError, RecipeError
from factory.licence.book import check
from factory.overrides import overridden
from factory.settings import validated
from factory.training import finished, quiet
from factory.versions import PACKAGE, version_of

MODEL = "model.json"
SPECIAL = ("<|begin|>", "<|im_start|>", "<|im_end|>")
"""What begins a text, what begins a turn, what ends one."""

_STATE = ".new_model"
"""Where it is written first; the folder is ours as long as it is there."""
_LIBRARIES = ("torch", "transformers", "tokenizers")


class NewModel(BaseModel):
    """What a model of random weights looks like."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: Literal["llama"]
    """The architecture: `llama`."""
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
    """The model's name: letters, digits, `.`, `_`, `-`; at most 96."""
    description: str = ""
    """What the model is for."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """The seed of its weights."""
    license: str
    """The Hub's licence id that you give it, such as apache-2.0."""
    layers: Annotated[int, Field(ge=1, le=200)] = 4
    """How many layers."""
    hidden_size: Annotated[int, Field(ge=8, le=16_384)] = 128
    """The width of a layer; a multiple of twice the heads."""
    intermediate_size: Annotated[int, Field(ge=8, le=65_536)] | None = None
    """The inner width of a layer's MLP; three times the width where nothing is said."""
    heads: Annotated[int, Field(ge=1, le=256)] = 4
    """How many attention heads."""
    kv_heads: Annotated[int, Field(ge=1, le=256)] | None = None
    """How many of them have keys and values of their own; all where nothing is said."""
    max_length: PositiveInt = 2_048
    """The longest conversation, in tokens: bytes, here."""

    @property
    def plain(self) -> dict[str, Any]:
        """All settings as plain JSON values, defaults filled in."""
        return self.model_dump(mode="json")

    def faults(self) -> list[str]:
        """What doesn't go together, one sentence each."""
        if self.hidden_size % (2 * self.heads):
            return [f"hidden_size: {self.hidden_size} is no multiple of twice the heads ({2 * self.heads})"]
        if self.kv_heads is not None and self.heads % self.kv_heads:
            return [f"kv_heads: {self.kv_heads} does not divide the {self.heads} heads"]
        return []


class Made(BaseModel):
    """`model.json`: what was made; nothing of the clock or the machine but versions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str
    digest: str
    """Of the settings."""
    settings: dict[str, Any]
    license: str
    parameters: int
    """How many weights there are."""
    versions: dict[str, str]
    files: tuple[finished.Produced, ...]


def load(path: Path, overrides: Sequence[str] = ()) -> NewModel:
    """The settings in a file, with `key=value` changes.

    Raises:
        RecipeError: they are wrong; one line with the place and what would be right.
    """
    document = strict_yaml.load(path)
    for override in overrides:
        document = overridden(document, override)
    settings = validated(NewModel, document)
    for fault in settings.faults():
        raise RecipeError(f"{document.where(fault.partition(':')[0])}: {fault}")
    try:
        check(settings.license)
    except RecipeError as error:
        raise RecipeError(f"{document.where('license')}: license: {error}") from error
    return settings


def is_new_model(path: Path) -> bool:
    """Whether a file describes a model of random weights, by its first level."""
    return "architecture" in strict_yaml.first_level(path)


def new_model(folder: Path, settings: NewModel) -> Made:
    """Make the model in the folder; where it is there already, nothing is done.

    Raises:
        DatasetError: the folder holds something else, or can't be written.
        DependencyError: torch or transformers is not installed.
    """
    with durable.disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with durable.locked(folder):
        if (there := read(folder)) is not None:
            if there.digest != _digest(settings):
                changed = "; ".join(list(differences(there.settings, settings.plain))[:3])
                raise DatasetError(f"{folder} holds another model: {changed}; choose another folder")
            return there
        strangers = sorted(path.name for path in folder.iterdir() if path.name != durable.LOCK)
        if strangers and not (folder / _STATE).is_dir():
            raise DatasetError(f"{folder} holds other files ({', '.join(strangers[:3])}); choose an empty folder")
        return _made(folder, settings)


def read(folder: Path) -> Made | None:
    """What was made in a folder; None where it was not made by `new_model`.

    Raises:
        DatasetError: its model.json is damaged.
    """
    try:
        return Made.model_validate_json((folder / MODEL).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError) as error:
        raise DatasetError(f"{folder / MODEL} is damaged or of another version; make the model anew") from error


def _made(folder: Path, settings: NewModel) -> Made:
    """Everything is written apart and moved, so that a killed run leaves no half file under its own name."""
    quiet.hush()
    state = folder / _STATE
    shutil.rmtree(state, ignore_errors=True)
    tokenizer = byte_tokenizer(settings.max_length)
    model = llama(tokenizer, settings)
    quiet.libraries()
    with durable.disk_errors(state):
        model.save_pretrained(state)
        tokenizer.save_pretrained(state)
        names = sorted(path.name for path in state.iterdir())
        for name in names:
            (state / name).replace(folder / name)
    made = Made(
        name=settings.name,
        digest=_digest(settings),
        settings=settings.plain,
        license=settings.license,
        parameters=sum(one.numel() for one in model.parameters()),
        versions={"python": platform.python_version()} | {one: version_of(one) for one in (PACKAGE, *_LIBRARIES)},
        files=finished.produced(folder, names),
    )
    text = orjson.dumps(made.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    durable.write(folder / MODEL, text)
    state.rmdir()
    return made


def byte_tokenizer(max_length: int = 2_048) -> Any:
    """A tokenizer of the 256 bytes and three special tokens, with ChatML as its chat template.

    Raises:
        DependencyError: transformers is not installed.
    """
    try:
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers
        from transformers import PreTrainedTokenizerFast
    except ImportError as error:
        raise DependencyError(
            "a new model needs transformers, which is not installed; pip install torch transformers"
        ) from error
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={letter: place for place, letter in enumerate(letters)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    begin, _, end = SPECIAL
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token=begin,
        eos_token=end,
        pad_token=end,
        additional_special_tokens=[SPECIAL[1]],
        model_max_length=max_length,
    )
    tokenizer.chat_template = files("templates").joinpath("chat/chatml.jinja").read_text(encoding="utf-8")
    return tokenizer


def llama(tokenizer: Any, settings: NewModel) -> Any:
    """A Llama of random weights for a tokenizer: the same ones for a seed; torch's own randomness stays as it was.

    Raises:
        DependencyError: torch or transformers is not installed.
    """
    try:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM
    except ImportError as error:
        raise DependencyError("a new model needs torch and transformers; pip install torch transformers") from error
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden_size,
        intermediate_size=settings.intermediate_size or 3 * settings.hidden_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.kv_heads or settings.heads,
        max_position_embeddings=settings.max_length,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return LlamaForCausalLM(config)


def _digest(settings: NewModel) -> str:
    text = json.dumps(settings.plain, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
