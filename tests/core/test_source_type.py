"""What a source is comes from its content, never from its name."""

import pytest

from mediaproc.core.source_type import HEAD_SIZE, source_type

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
        ("something new", b"", "bin"),
    ],
)  # fmt: skip
def test_the_type_comes_from_the_content(format_name: str, head: bytes, extension: str) -> None:
    assert len(head) <= HEAD_SIZE
    assert source_type(format_name, head=head).extension == extension
