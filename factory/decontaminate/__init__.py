"""Decontamination: rows that hold the prompts of benchmarks, found before anyone trains on them.

`Benchmarks.load(names, files)` reads and indexes the prompts; `scan(rows, benchmarks)` says of each row which prompt it
holds, how much of it, and where. Copies are found whatever was done to case, width, spaces and punctuation, with typos,
with words replaced, and in part; a benchmark's template with other fillings is told for review. A translation is found
where the benchmark's twin in that language is known; a paraphrase in other words is not found.

    registry    the benchmarks known by name (`factory/benchmarks.yaml`)
    prompts     their prompts, from files or the Hub
    templates   what many prompts of one benchmark mostly consist of
    letters     texts without what copies change for free
    index       n-grams of the prompts: which find, which are template text, what each is worth
    kernels     the inner loops, in numpy or numba, to the same bits
    align_*     short prompts aligned with texts, likewise
    hits        what is a leak, of which kind, and the measured thresholds
    scan        rows in, hits out
    report      what share of each benchmark a dataset holds

Source: the method is AI2's decon (https://github.com/allenai/decon: n-grams weighed by rarity, clusters, answers beside
short questions) on characters in place of tokens, so that Japanese is found as English is.
"""

from factory.decontaminate.benchmarks import Benchmarks
from factory.decontaminate.hits import Hit, Kind
from factory.decontaminate.scan import scan, scan_texts

__all__ = ["Benchmarks", "Hit", "Kind", "scan", "scan_texts"]
