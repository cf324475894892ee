"""Which versions something was made with."""

from importlib.metadata import PackageNotFoundError, version

PACKAGE = "post-training-factory"


def version_of(package: str) -> str:
    """The version of an installed package, in words where it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
