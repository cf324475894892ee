"""Licences: the table, the join of several, what a policy refuses, and what LICENSE and NOTICE say.

An engineering summary, not legal advice.
"""

from factory.licence.book import Book, Licence, Own, check, known, table
from factory.licence.join import agreed, with_outputs

__all__ = ["Book", "Licence", "Own", "agreed", "check", "known", "table", "with_outputs"]
