"""Pipelines: stages of data, training, merging and evaluation in one file, each done once and redone when it must."""
