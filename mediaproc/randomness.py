"""The only dice of the process."""

import random


def random_fraction() -> float:
    """A number from 0 (included) to 1 (excluded), uniformly; nothing here is a secret."""
    return random.random()  # noqa: S311 - it spreads retries over time and guards nothing
