"""The only source of random numbers in the process."""

import random
import secrets


def random_fraction() -> float:
    """A number from 0 (included) to 1 (excluded), uniformly distributed; it is no secret."""
    return random.random()  # noqa: S311 - it spreads retries over time and guards nothing


def secret_bytes(count: int) -> bytes:
    """So many bytes that nobody can guess."""
    return secrets.token_bytes(count)
