"""What a source is by its content: the extension of its key and its MIME type, whatever its name said."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# How much of a file's beginning names its kind where the format's name leaves it open (bytes).
SIGNATURE_SIZE = 64


@dataclass(frozen=True, kw_only=True)
class SourceType:
    """The extension without a dot, and the MIME type."""

    extension: str
    mime_type: str


# Where a draft is to be brought from.
DRAFT_URL = SourceType(extension="json", mime_type="application/vnd.mediaproc.draft-url+json")

_UNKNOWN = SourceType(extension="bin", mime_type="application/octet-stream")
_QUICKTIME = SourceType(extension="mov", mime_type="video/quicktime")
_MP4 = SourceType(extension="mp4", mime_type="video/mp4")
_3GP = SourceType(extension="3gp", mime_type="video/3gpp")
_MATROSKA = SourceType(extension="mkv", mime_type="video/x-matroska")
_WEBM = SourceType(extension="webm", mime_type="video/webm")

# An editor's project with its materials.
DRAFT = SourceType(extension="zip", mime_type="application/vnd.mediaproc.draft+zip")

# By the first of the names that ffprobe gives a format.
_BY_FORMAT: Mapping[str, SourceType] = MappingProxyType({
    "avi": SourceType(extension="avi", mime_type="video/x-msvideo"),
    "asf": SourceType(extension="wmv", mime_type="video/x-ms-wmv"),
    "flv": SourceType(extension="flv", mime_type="video/x-flv"),
    "mpeg": SourceType(extension="mpg", mime_type="video/mpeg"),
    "mpegvideo": SourceType(extension="mpg", mime_type="video/mpeg"),
    "mpegts": SourceType(extension="ts", mime_type="video/mp2t"),
    "rm": SourceType(extension="rm", mime_type="application/vnd.rn-realmedia"),
    "ogg": SourceType(extension="ogv", mime_type="video/ogg"),
    "mxf": SourceType(extension="mxf", mime_type="application/mxf"),
    "dv": SourceType(extension="dv", mime_type="video/x-dv"),
    "gif": SourceType(extension="gif", mime_type="image/gif"),
    "h264": SourceType(extension="h264", mime_type="video/h264"),
    "hevc": SourceType(extension="hevc", mime_type="video/h265"),
    "wtv": SourceType(extension="wtv", mime_type="video/x-ms-wtv"),
    "wav": SourceType(extension="wav", mime_type="audio/wav"),
    "mp3": SourceType(extension="mp3", mime_type="audio/mpeg"),
    "flac": SourceType(extension="flac", mime_type="audio/flac"),
    "aac": SourceType(extension="aac", mime_type="audio/aac"),
    "amr": SourceType(extension="amr", mime_type="audio/amr"),
    "aiff": SourceType(extension="aiff", mime_type="audio/aiff"),
    "caf": SourceType(extension="caf", mime_type="audio/x-caf"),
    "w64": SourceType(extension="w64", mime_type="audio/x-w64"),
    "au": SourceType(extension="au", mime_type="audio/basic"),
    "ac3": SourceType(extension="ac3", mime_type="audio/ac3"),
    "eac3": SourceType(extension="eac3", mime_type="audio/eac3"),
    "wv": SourceType(extension="wv", mime_type="audio/x-wavpack"),
    "ape": SourceType(extension="ape", mime_type="audio/x-ape"),
    "tta": SourceType(extension="tta", mime_type="audio/x-tta"),
})  # fmt: skip


def source_type(format_name: str, *, head: bytes) -> SourceType:
    """The type of a file in which ffprobe found `format_name` and that begins with `head` (SIGNATURE_SIZE bytes)."""
    first = format_name.split(",", maxsplit=1)[0]
    match first:
        case "mov":
            return _of_brand(head)
        case "matroska":
            # The document type is among the first elements of either; nothing else there can hold the word.
            return _WEBM if b"webm" in head else _MATROSKA
        case _:
            return _BY_FORMAT.get(first, _UNKNOWN)


def _of_brand(head: bytes) -> SourceType:
    """MP4 names its brand in its first box; a QuickTime film says `qt` there, or is older than brands."""
    if head[4:8] != b"ftyp" or head[8:10] == b"qt":
        return _QUICKTIME
    return _3GP if head[8:10] == b"3g" else _MP4
