"""The answer to a draft's URL: which files the draft has, each with where it is and its name in the bundle."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from mediaproc.core.draft.bundle_names import is_input, require_safe
from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.core.outbound_url import LONGEST_URL
from mediaproc.core.safe_text import quoted, shown

# Bytes of the answer: ten thousand URLs and more.
LARGEST = 8 * 1024 * 1024

_LOOKS_LIKE_AN_ID = re.compile(r"[0-9]{8}.{2,}")
_MOST_SHOWN = 200
# What is left as it is in a URL that holds letters beyond ASCII or blanks, as programs ask for it.
_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, kw_only=True)
class ListedFile:
    """A file of the draft; the name is safe, and seen from the draft's folder."""

    url: str
    name: str


def read_file_list(content: bytes, *, draft_id: str | None, most: int) -> tuple[ListedFile, ...]:
    """The files of the draft that can matter to it.

    Raises:
        BadSource: the answer is none of this kind or says that there is no such draft; or it lists too much, the same
            name twice, or a name that leads out of the draft.
    """
    document = _document(content)
    code, urls = document.get("code"), document.get("files")
    if code != 0 or isinstance(code, bool):
        raise refused(f"has no such draft: it answered with code {_shown(code)}, {_shown(document.get('message'))}")
    if not isinstance(urls, list) or not urls or not all(isinstance(url, str) for url in urls):
        raise refused("answered without a list of the draft's files")
    if len(urls) > most:
        raise refused(f"lists {len(urls)} files, where {most} are the most")
    files: dict[str, ListedFile] = {}
    for url in map(str, urls):
        name = _name(url, draft_id=draft_id)
        key = name.casefold()
        if key in files:
            raise refused(f"lists two files under one name, {quoted(name)}")
        files[key] = ListedFile(url=asked_as(url), name=name)
    return tuple(file for file in files.values() if is_input(file.name))


def asked_as(url: str) -> str:
    """The URL with letters beyond ASCII and blanks as %XX; too long a one stays too long."""
    return quote(url, safe=_URL_CHARACTERS) if len(url) <= LONGEST_URL else url


def refused(what: str) -> BadSource:
    """The draft cannot be brought from its URL, however often it is tried; `what` the other side did."""
    return BadSource(f"The host of the draft's URL {what}.", error_class=ErrorClass.DRAFT_URL_REFUSED)


def _document(content: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise refused("answered with no JSON object: give the URL of a draft, such as .../get_draft?draft_id=ID")
    return document


def _shown(value: object) -> str:
    return f"'{shown(value, limit=_MOST_SHOWN)}'" if isinstance(value, str) else quoted(value)


def _name(url: str, *, draft_id: str | None) -> str:
    """What stands in the URL's path after the draft's id; where no id is in it, all of the path."""
    try:
        parts = urlsplit(url).path.split("/")
    except ValueError:
        raise refused(f"lists something that is no URL, {quoted(url)}") from None
    at = next(_ids_in(parts, draft_id=draft_id), 0)
    try:
        name = unicodedata.normalize("NFC", unquote("/".join(parts[at + 1 :]), errors="strict"))
    except UnicodeDecodeError:
        raise refused(f"lists a file whose name is not in UTF-8, {quoted(url)}") from None
    require_safe(name)
    return name


def _ids_in(parts: list[str], *, draft_id: str | None) -> Iterator[int]:
    yield from (at for at, part in enumerate(parts[:-1]) if part == draft_id)
    yield from (at for at, part in enumerate(parts[:-1]) if _LOOKS_LIKE_AN_ID.fullmatch(part))
