"""How alike two frames are: structural similarity of their luma, and how far their colours are apart."""

import numpy as np

from tests.drafts.rendition import Array, Planes

_WINDOW = 8
# The usual constants, for values from 0 to 255.
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def structural_similarity(one: Array, other: Array, *, counts: Array | None = None) -> float:
    """The mean over all windows of 8 by 8 pixels; with `counts`, over those in which it is 1 everywhere."""
    mean_one, mean_other = _window_means(one), _window_means(other)
    variance_one = _window_means(one * one) - mean_one**2
    variance_other = _window_means(other * other) - mean_other**2
    covariance = _window_means(one * other) - mean_one * mean_other
    likeness = ((2 * mean_one * mean_other + _C1) * (2 * covariance + _C2)) / (
        (mean_one**2 + mean_other**2 + _C1) * (variance_one + variance_other + _C2)
    )
    if counts is None:
        return float(likeness.mean())
    whole = _window_means(counts) > 1 - 1e-6
    return float(likeness[whole].mean()) if whole.any() else 1.0


def chroma_error(one: Planes, other: Planes) -> float:
    """The mean difference of the chroma values, in steps of 8 bits."""
    return float((np.abs(one.blue - other.blue).mean() + np.abs(one.red - other.red).mean()) / 2)


def _window_means(plane: Array) -> Array:
    sums = np.cumsum(np.cumsum(np.pad(plane.astype(np.float64), ((1, 0), (1, 0))), 0), 1)
    window = (
        sums[_WINDOW:, _WINDOW:] - sums[:-_WINDOW, _WINDOW:] - sums[_WINDOW:, :-_WINDOW] + sums[:-_WINDOW, :-_WINDOW]
    )
    return np.asarray(window / _WINDOW**2)
