"""Data: math families and prompts."""
