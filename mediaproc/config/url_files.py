"""URLs with passwords in files of their own: read here, they are in no environment, which other processes inherit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mediaproc.config.quoting import repeated
from mediaproc.config.sources import IN_FILES, PREFIX
from mediaproc.core.errors import WrongUse
from mediaproc.small_file import read_small_file


def with_urls_from_files(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with what the files hold that they name, less the end of its line.

    Raises:
        WrongUse: such a file cannot be read, or holds no URL or more than that.
    """
    named = {secret: file for secret, file in IN_FILES.items() if isinstance(given.get(file), str | Path)}
    return {**given, **{secret: _url_in(file, path=Path(given[file])) for secret, file in named.items()}}


def _url_in(setting: str, *, path: Path) -> str:
    try:
        url = read_small_file(path).rstrip("\r\n")
    except OSError as error:
        raise _refusal(setting, path=path, because=f"cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise _refusal(setting, path=path, because=str(error)) from None
    if not url.strip():
        raise _refusal(setting, path=path, because="is empty")
    if len(url.splitlines()) > 1:
        raise _refusal(setting, path=path, because="holds more than one line")
    return url


def _refusal(setting: str, *, path: Path, because: str) -> WrongUse:
    said = f"it must be a file that holds the URL and nothing else, and this one {because}"
    return WrongUse(f"{PREFIX}{setting.upper()} cannot be {repeated(str(path))}: {said}.")
