"""Recipes that ship as examples."""
