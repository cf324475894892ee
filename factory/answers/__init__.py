"""The store of paid answers: one SQLite file, keyed by content, that nothing finished is ever lost from."""
