"""Evaluations: what models answer to held-out questions, what judges say of it, and the figures that come of it."""
