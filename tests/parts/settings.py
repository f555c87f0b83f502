"""Environments for the tests' processes, without the settings of the user who runs them, whose site stays untouched."""

import os
from collections.abc import Mapping


def is_setting(variable: str) -> bool:
    """Whether mediaproc would read this environment variable as a setting; the tests' own variables are none."""
    return variable.upper().startswith("MEDIAPROC_") and not variable.upper().startswith("MEDIAPROC_TEST_")


def without_settings() -> dict[str, str]:
    """The environment without any setting."""
    return {name: value for name, value in os.environ.items() if not is_setting(name)}


def told(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment with these settings, by their names without the prefix, and no others."""
    return without_settings() | {f"MEDIAPROC_{name.upper()}": value for name, value in settings.items()}
