"""Opens the store that a URL names."""

import re
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import SecretStr

from mediaproc.core.errors import WrongUse
from mediaproc.store.directory import DirectoryStore
from mediaproc.store.interface import Store

_FORM = "write it as minio://ACCESS:SECRET@HOST:PORT/BUCKET?secure=false or as file:///FOLDER"
# S3's rule for buckets: labels between dots, and no IP address.
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_BUCKET = re.compile(rf"(?=.{{3,63}}\Z)(?!\d+\.\d+\.\d+\.\d+\Z){_LABEL}(?:\.{_LABEL})*")
_RESERVED_ENDINGS = ("-s3alias", "--ol-s3")
_YES_OR_NO = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def open_store(url: SecretStr | str) -> Store:
    """The store that the URL names; no request is sent yet.

    Raises:
        WrongUse: the URL has neither of the two forms. The sentence holds none of its credentials.
    """
    text = url.get_secret_value() if isinstance(url, SecretStr) else url
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _wrong("is not a URL (a character such as / in the secret is written %2F)") from None
    match parts.scheme:
        case "minio":
            return _open_minio(parts, port=port)
        case "file":
            return _open_directory(parts)
        case _:
            raise _wrong("names no kind of store that there is")


def _open_minio(parts: SplitResult, *, port: int | None) -> Store:
    # Imported here: where a folder keeps the objects, minio-py would be held for nothing.
    from mediaproc.store.minio import MinioStore  # noqa: PLC0415

    bucket = parts.path.strip("/")
    if not parts.hostname:
        raise _wrong("has no host")
    if not parts.username or not parts.password:
        raise _wrong("has no access key and secret")
    if not _BUCKET.fullmatch(bucket) or bucket.endswith(_RESERVED_ENDINGS):
        raise _wrong("names no bucket (3 to 63 lower-case letters, digits, dots and dashes)")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return MinioStore(
        host if port is None else f"{host}:{port}",
        bucket=bucket,
        access_key=unquote(parts.username),
        secret_key=unquote(parts.password),
        secure=_secure(parts.query),
    )


def _secure(query: str) -> bool:
    options = parse_qs(query, keep_blank_values=True)
    values = options.pop("secure", ["true"])
    if options or len(values) != 1 or values[0].lower() not in _YES_OR_NO:
        raise _wrong("has an option after ? that is not secure=true or secure=false")
    return _YES_OR_NO[values[0].lower()]


def _open_directory(parts: SplitResult) -> DirectoryStore:
    folder = Path(unquote(parts.path))
    if "\0" in str(folder):
        raise _wrong("holds a NUL character")
    if parts.netloc not in {"", "localhost"} or not folder.is_absolute() or folder == Path("/") or parts.query:
        raise _wrong("does not name a folder by its whole path")
    return DirectoryStore(folder)


def _wrong(what: str) -> WrongUse:
    return WrongUse(f"MEDIAPROC_STORE_URL {what}: {_FORM}.")
