"""The errors of the factory, each named after the boundary it crossed.

A message says what was wrong, the value, and what would be right. A *row* that fails is data (it goes to
the rejects); a *run* that fails is one of these.
"""

from typing import ClassVar


class FactoryError(Exception):
    """Something the user can act on; printed as one line without a traceback."""

    exit_code: ClassVar[int] = 1


class RecipeError(FactoryError):
    """The recipe, a family file or a flag is wrong: the user's to fix."""

    exit_code = 2


class DatasetError(FactoryError):
    """A dataset folder can't be read, written or locked."""

    exit_code = 2


class JudgeError(FactoryError):
    """A judge broke (not: a row failed it)."""


class EngineError(FactoryError):
    """A completion could not be had."""

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        """Keep whether asking again may help."""
        super().__init__(message)
        self.retryable = retryable


class LicenceError(FactoryError):
    """The licence or policy refuses."""

    exit_code = 4


class DependencyError(FactoryError):
    """An optional library is missing; the message gives the pip line."""

    exit_code = 2


class Interrupted(FactoryError):
    """Stopped before the end; what is finished is kept and the same command goes on from there."""

    exit_code = 75
