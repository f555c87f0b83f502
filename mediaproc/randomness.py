"""The only source of random numbers in the process."""

import random


def random_fraction() -> float:
    """A number from 0 (included) to 1 (excluded), uniformly distributed; it is no secret."""
    return random.random()  # noqa: S311 - it spreads retries over time and guards nothing
