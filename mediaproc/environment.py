"""What this process was given in its environment; nobody else reads it."""

import os


def variables() -> dict[str, str]:
    """Every variable by its name."""
    return dict(os.environ)
