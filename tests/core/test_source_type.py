"""What a source is comes from its content, never from its name."""

import pytest

from mediaproc.core.limits import SOURCE_FORMATS
from mediaproc.core.source_type import SIGNATURE_SIZE, source_type

# Version, read version, longest id and longest size: what stands before the document type.
EBML = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08"


@pytest.mark.parametrize(
    ("format_name", "head", "extension"),
    [
        ("mov,mp4,m4a,3gp,3g2,mj2", b"\0\0\0\x20ftypisom", "mp4"),
        ("mov,mp4,m4a,3gp,3g2,mj2", b"\0\0\0\x20ftypqt  ", "mov"),
        ("mov,mp4,m4a,3gp,3g2,mj2", b"\0\0\0\x20ftyp3gp4", "3gp"),
        ("mov,mp4,m4a,3gp,3g2,mj2", b"\0\0\0\x08wide\0\0\0\0mdat", "mov"),
        ("matroska,webm", EBML + b"B\x82\x84webm", "webm"),
        ("matroska,webm", EBML + b"B\x82\x88matroska", "mkv"),
        ("asf", b"", "wmv"),
        ("mpegts", b"G", "ts"),
        ("h264", b"\0\0\0\1\x67", "h264"),
        ("hevc", b"\0\0\0\1\x40\1", "hevc"),
        ("wtv", b"\xb7\xd8\0\x20", "wtv"),
        ("something new", b"", "bin"),
    ],
)  # fmt: skip
def test_the_type_comes_from_the_content(format_name: str, head: bytes, extension: str) -> None:
    assert len(head) <= SIGNATURE_SIZE
    assert source_type(format_name, head=head).extension == extension


@pytest.mark.parametrize("format_name", SOURCE_FORMATS)
def test_every_format_that_is_taken_has_a_type(format_name: str) -> None:
    found = source_type(format_name, head=b"")
    assert found.extension != "bin"
    assert found.mime_type.partition("/")[0] in {"video", "audio", "image", "application"}
    assert found.mime_type != "application/octet-stream"


@pytest.mark.parametrize(
    ("format_name", "mime_type"), [("h264", "video/h264"), ("hevc", "video/h265"), ("wtv", "video/x-ms-wtv")]
)
def test_cameras_and_recorders_have_the_types_that_are_usual(format_name: str, mime_type: str) -> None:
    assert source_type(format_name, head=b"").mime_type == mime_type
