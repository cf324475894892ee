"""Parts of benchmarks/translation.py: real pairs, faults put into them, and phrases that no rule was written from."""
