"""URLs with passwords, read from files of their own, so that no environment holds them for child processes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mediaproc.config.precedence import IN_FILES, PREFIX
from mediaproc.config.redaction import repeated
from mediaproc.core.errors import WrongUse
from mediaproc.small_file import read_small_file


def with_urls_from_files(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with the URLs from the files that they name.

    Raises:
        WrongUse: such a file cannot be read, is empty, or holds more than one line.
    """
    named = {secret: file for secret, file in IN_FILES.items() if isinstance(given.get(file), str | Path)}
    urls = {secret: url_in_file(f"{PREFIX}{file.upper()}", path=Path(given[file])) for secret, file in named.items()}
    return {**given, **urls}


def url_in_file(named_by: str, *, path: Path) -> str:
    """The one line of the file that a setting or an option names.

    Raises:
        WrongUse: as `with_urls_from_files`.
    """
    try:
        url = read_small_file(path).rstrip("\r\n")
    except OSError as error:
        raise _refusal(named_by, path=path, because=f"cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise _refusal(named_by, path=path, because=str(error)) from None
    if not url.strip():
        raise _refusal(named_by, path=path, because="is empty")
    if len(url.splitlines()) > 1:
        raise _refusal(named_by, path=path, because="holds more than one line")
    return url


def _refusal(named_by: str, *, path: Path, because: str) -> WrongUse:
    said = f"it must be a file that holds the URL and nothing else, and this one {because}"
    return WrongUse(f"{named_by} cannot be {repeated(str(path))}: {said}.")
