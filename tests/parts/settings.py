"""The settings of whoever runs this are left out: nothing here may touch a site that they have configured."""

import os
from collections.abc import Mapping


def is_setting(variable: str) -> bool:
    """Whether mediaproc would take this environment variable for one of its settings; those of the tests are none."""
    return variable.upper().startswith("MEDIAPROC_") and not variable.upper().startswith("MEDIAPROC_TEST_")


def without_settings() -> dict[str, str]:
    """The environment for a process that is told its settings itself."""
    return {name: value for name, value in os.environ.items() if not is_setting(name)}


def told(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process that is told these settings, by their names without the prefix, and no others."""
    return without_settings() | {f"MEDIAPROC_{name.upper()}": value for name, value in settings.items()}
