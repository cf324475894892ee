"""The tasks of evaluations; each file is one, and its name is what `use:` names."""
