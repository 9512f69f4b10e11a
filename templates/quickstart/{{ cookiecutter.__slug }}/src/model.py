"""Softmax regression on scaled features: what ``train`` and ``evaluate`` share."""

import math
from collections.abc import Sequence

Weights = list[list[float]]
"""For each species a weight for each feature, and a constant."""

Scales = list[tuple[float, float]]
"""For each feature its mean and its standard deviation."""


def scaled(scales: Scales, x: Sequence[float]) -> list[float]:
    """Return the features with mean 0 and standard deviation 1 where these are known.

    The scales are those of the flowers to train with: those of the test are not known
    while the model is made, so that they may not count.
    """
    return [(value - mean) / deviation for value, (mean, deviation) in zip(x, scales)]


def probabilities(weights: Weights, x: Sequence[float]) -> list[float]:
    """Return how likely each species is for a flower with the features ``x``."""
    scores = [
        constant + sum(w * value for w, value in zip(factors, x))
        for *factors, constant in weights
    ]
    highest = max(scores)  # keeps `exp` from overflowing
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def cross_entropy(shares: Sequence[float]) -> float:
    """Return the mean loss, given the probabilities of what was right."""
    return -sum(math.log(share) for share in shares) / len(shares)
