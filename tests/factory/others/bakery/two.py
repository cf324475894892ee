"""One component too many."""

from factory.component import Generator


class Left(Generator):
    """One."""


class Right(Generator):
    """Another."""
