"""What a client says of its upload is taken apart, and refused with a sentence where it cannot be."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.errors import WrongUse
from mediaproc.core.upload_wish import UploadWish, parse_wish_header, plain_filename, wish_header

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50)


def _encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@given(st.dictionaries(st.text("abc_-", min_size=1, max_size=5), _TEXTS, max_size=5))
def test_a_header_is_told_again_as_it_was(metadata: dict[str, str]) -> None:
    assert parse_wish_header(wish_header(metadata)) == metadata


def test_names_stand_alone_too() -> None:
    assert parse_wish_header("is_private,filename ZmlsbS5hdmk=, x") == {
        "is_private": "",
        "filename": "film.avi",
        "x": "",
    }
    assert parse_wish_header("") == {}


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("filename film.avi", "'filename' in Upload-Metadata is no UTF-8 in base64"),
        (f"filename {_encoded(bytes([255]))}", "no UTF-8 in base64"),
        (f"filename {_encoded('a')},filename {_encoded('b')}", "has 'filename' where a name stands, each once"),
        (",", "has '' where a name stands"),
        (f"filename {_encoded(chr(0))}", "holds a NUL byte"),
        ("é YQ==", "where a name stands"),
        ("filename " + "A" * 9000, "has 9009 characters: at most 8192 are read"),
    ],
)
def test_a_header_of_another_form_is_refused(header: str, says: str) -> None:
    with pytest.raises(WrongUse, match=says):
        parse_wish_header(header)


def test_without_any_it_becomes_what_such_a_file_does() -> None:
    assert UploadWish.of({}) == UploadWish(filename="upload", profiles=(), priority=0, tenant="")


def test_several_profiles_a_priority_and_a_tenant() -> None:
    wish = UploadWish.of({"name": "a.avi", "profile": "mp4, poster,mp4", "priority": "-7", "tenant": " ann "})
    assert wish == UploadWish(filename="a.avi", profiles=("mp4", "poster"), priority=-7, tenant="ann")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        *(("priority", each, "an integer from -1000 to 1000") for each in ("1001", "1e3", "٣", "--1", "9" * 100)),
        ("tenant", "a\u202eb", "printable characters only"),
        ("tenant", "a" * 201, "at most 200 characters"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_a_sentence(name: str, value: str, says: str) -> None:
    with pytest.raises(WrongUse, match=says):
        UploadWish.of({name: value})


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\film.avi", "film.avi"),
        ("..", "upload"),
        ("/", "upload"),
        ("", "upload"),
        ("...", "upload"),
        ("a\r\nb\x1b[31m.avi", "a\\r\\nb\\x1b[31m.avi"),
        ("\u202efdp.exe", "\\u202efdp.exe"),
        ("%2e%2e%2fa", "%2e%2e%2fa"),
        ("<img src=x onerror=alert(1)>.avi", "<img src=x onerror=alert(1)>.avi"),
    ],
)
def test_a_name_is_never_a_path_and_safe_to_show(given_name: str, kept: str) -> None:
    assert plain_filename(given_name) == kept


def test_a_name_of_four_thousand_letters_is_cut() -> None:
    assert len(plain_filename("é" * 4000)) == 255
