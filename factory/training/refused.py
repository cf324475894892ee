"""What a user's settings make of a training: refused by TRL, too much for the memory, a library that is not there.

One sentence each. Whatever else is raised is a mistake in the program, and keeps its traceback.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from factory.document import Steps
from factory.errors import DependencyError, RecipeError
from factory.training.recipe import TrainingRecipe

_LIBRARIES = ("accelerate", "huggingface_hub", "kernels", "peft", "safetensors", "tokenizers", "transformers", "trl")
"""Refuse settings by raising; what one of them raises of itself is about what it was told."""
_KINDS = (ImportError, NotImplementedError, OSError, RuntimeError, TypeError, ValueError)
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@contextmanager
def by_libraries(recipe: TrainingRecipe, steps: Steps, when: Callable[[], bool] = lambda: True) -> Iterator[None]:
    """What TRL and the libraries below it refuse, as a sentence about a place of the recipe.

    Args:
        recipe: the training recipe.
        steps: the place.
        when: whether what is raised now can still be about the settings.

    Raises:
        RecipeError: a setting, or a model, is refused.
    """
    from safetensors import SafetensorError

    try:
        yield
    except (*_KINDS, SafetensorError) as error:
        if not when() or not _by_library(error.__traceback__):
            raise
        said = " ".join(str(error).split())[:500] or type(error).__name__
        kind = DependencyError if isinstance(error, ImportError) else RecipeError
        raise kind(recipe.at(steps, f"TRL can't train it: {said}")) from error


@contextmanager
def by_memory(recipe: TrainingRecipe) -> Iterator[None]:
    """Memory that ran out, of whatever device, as a sentence.

    Raises:
        RecipeError: it ran out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch's OutOfMemoryError is one
        if isinstance(error, RuntimeError) and not any(word in str(error) for word in _NO_MEMORY):
            raise
        sentence = "the device has too little memory; lower per_device_train_batch_size"
        raise RecipeError(recipe.at(("args",), sentence)) from error


def _by_library(trace: TracebackType | None) -> bool:
    """Whether the innermost call is one of theirs."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = str(trace.tb_frame.f_globals.get("__name__", "")) if trace is not None else ""
    return name.partition(".")[0] in _LIBRARIES
