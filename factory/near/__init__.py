"""Near duplicates: texts that share most of their character n-grams, found among millions, in any script.

`duplicates.near_duplicates` decides over a whole dataset, `index.Index` while rows are being made, and
`templates.assign` finds rows that were cut from one template. All of it is deterministic to the bit: the same result
on every platform, with or without numba, for any order and chunking of the rows.

    fold       texts as code points that are compared (NFKC, case, white space)
    shingle    5-grams of code points, hashed to 32 bits
    signature  128 minima of those hashes: what similar texts share
    bands      which rows meet in a bucket: candidates
    verify     the exact Jaccard of candidates, and the guards of rows with an answer
    keep       who is better, and who stays
"""
