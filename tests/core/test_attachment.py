"""A download is saved under a name that leads nowhere, breaks no header and reads as it is."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.attachment import attachment, renamed, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("holiday.avi", "holiday.avi"),
        ("假期.avi", "假期.avi"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\r\nSet-Cookie: x=1.mp4", "a__Set-Cookie_ x=1.mp4"),
        ("film\u202egva.mp4", "film_gva.mp4"),
        ('"; filename=x.exe', "_; filename=x.exe"),
        ("", "file"),
        ("...", "file"),
        (".mp4", "file.mp4"),
    ],
)
def test_what_leads_elsewhere_is_taken_out(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_extension() -> None:
    name = safe_name("假" * 4096 + ".mp4")
    assert name.endswith("假.mp4")
    assert len(name.encode()) <= 255


def test_a_rendition_has_the_name_of_its_upload() -> None:
    assert renamed("my.holiday.avi", extension="mp4") == "my.holiday.mp4"
    assert renamed("holiday", extension="mp4") == "holiday.mp4"


@given(st.text(max_size=300))
def test_a_header_is_one_line_of_ascii_and_tells_the_name(name: str) -> None:
    value = attachment(name)
    assert value.isascii()
    assert value.isprintable()
    assert unquote(value.rpartition("''")[2]) == safe_name(name)
