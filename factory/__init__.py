"""The core: rows, recipes, the pipeline, datasets, and the command line."""
