"""The environment variables of this process; no other module reads them."""

import os


def variables() -> dict[str, str]:
    """Every variable by its name."""
    return dict(os.environ)
