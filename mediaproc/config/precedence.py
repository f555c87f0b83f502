"""Which source of settings wins: an option beats the environment, which beats the file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mediaproc.config.redaction import repeated
from mediaproc.core.errors import WrongUse
from mediaproc.core.toml import parse_toml
from mediaproc.environment import variables
from mediaproc.small_file import read_small_file

PREFIX = "MEDIAPROC_"

# The one variable that is no setting.
CONFIG = f"{PREFIX}CONFIG"

# Each secret setting, and the setting that names a file with it: a source that gives one of them has given both.
IN_FILES: Mapping[str, str] = {"database_url": "database_url_file", "store_url": "store_url_file"}


def settings_file(named: str | None) -> dict[str, Any]:
    """The content of the settings file that the option or the variable MEDIAPROC_CONFIG names; empty without one.

    Raises:
        WrongUse: the file is not there, or is no TOML.
    """
    path = named or variables().get(CONFIG)
    return _read_file(Path(path)) if path else {}


def strongest(*sources: Mapping[str, Any]) -> dict[str, Any]:
    """The value of each setting, from the first of the sources that gives one.

    Raises:
        WrongUse: one source gives a secret and a file with it.
    """
    given: dict[str, Any] = {}
    for source in reversed(sources):
        for secret, file in IN_FILES.items():
            if secret in source and file in source:
                raise WrongUse(
                    f"{PREFIX}{file.upper()} cannot be {repeated(source[file])}: {PREFIX}{secret.upper()} is given as"
                    " well; keep one of them."
                )
            if secret in source or file in source:
                given.pop(secret, None)
                given.pop(file, None)
        given |= source
    return given


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(read_small_file(path))
    except FileNotFoundError:
        raise WrongUse(f"The settings file {path} is not there: correct --config or MEDIAPROC_CONFIG.") from None
    except OSError as error:
        raise WrongUse(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise WrongUse(f"The settings file {path} {error}.") from None
