"""Hypothesis without deadlines: how fast a machine is at the moment is no law."""

from hypothesis import settings

settings.register_profile("factory", deadline=None)
settings.load_profile("factory")
