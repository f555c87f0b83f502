"""Where settings are written down: how the variables are called, and the file that an option or a variable names."""

from pathlib import Path
from typing import Any

from mediaproc.core.errors import WrongUse
from mediaproc.core.toml import parse_toml
from mediaproc.environment import variables
from mediaproc.small_file import read_small_file

PREFIX = "MEDIAPROC_"

# The one variable that is no setting.
CONFIG = f"{PREFIX}CONFIG"


def settings_file(named: str | None) -> dict[str, Any]:
    """What the file of settings holds, where an option names one or a variable does.

    Raises:
        WrongUse: it is not there, or is no TOML.
    """
    path = named or variables().get(CONFIG)
    return _read_file(Path(path)) if path else {}


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(read_small_file(path))
    except FileNotFoundError:
        raise WrongUse(f"The settings file {path} is not there: correct --config or MEDIAPROC_CONFIG.") from None
    except OSError as error:
        raise WrongUse(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise WrongUse(f"The settings file {path} {error}.") from None
