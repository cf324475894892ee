"""Merging of models: one checkpoint from several of the same shape, without training.

`recipe` says what is merged, `parents` finds the models, `agreement` says why they can't be merged, `methods` hold the
formulas, `tensors` reads and reckons block by block, `shards` writes, `merge` does all of it.

Nothing here needs torch: weights are read and written as the bytes that safetensors files hold, a block at a time, so
that the memory taken depends on neither the models nor their largest tensor.
"""
