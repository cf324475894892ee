"""The types of the arrays that the kernels exchange."""

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint32]
"""Code points, or their hashes, of many rows one after the other."""
Starts = npt.NDArray[np.int64]
"""Where each row begins; one more entry says where the last one ends."""
Signatures = npt.NDArray[np.uint32]
"""One row of slots per text."""
Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Signed = tuple[Signatures, Places]
"""Signatures, and the lengths of the folded texts."""
Mask = npt.NDArray[np.bool_]
Similarities = npt.NDArray[np.float64]
