"""Datasets and models on the Hub: what goes there, what it may not hold, and how it gets there in one commit."""
