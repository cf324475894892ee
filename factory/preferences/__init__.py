"""Preferences: answers that a model samples, what judges say of them, and the pairs that come of it."""
