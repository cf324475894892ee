"""Needs what nobody has."""

import unheard_of_library.part  # noqa: F401
