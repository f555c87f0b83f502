"""What a request for a draft says, and which draft its URL names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaproc.core.draft_url.request import DraftUrlRequest, draft_id_of
from mediaproc.core.errors import BadSource

_ID = "20261130120000abcdef12"


@pytest.mark.parametrize(
    ("url", "draft_id"),
    [
        (f"https://a.example/openapi/capcut-mate/v1/get_draft?draft_id={_ID}", _ID),
        (f"https://a.example/get_draft?x=1&draft_id={_ID}&draft_id=other", _ID),
        (f"https://a.example/draft/{_ID}", _ID),
        (f"https://a.example/draft/{_ID}/draft_content.json", _ID),
        (f"https://a.example/files/{_ID}.json", _ID),
        (f"https://a.example/draft/other?draft_id={_ID}", _ID),
        ("https://a.example/get_draft?draft_id=../../etc", None),
        ("https://a.example/", None),
        ("https://[::1/", None),
    ],
)
def test_the_draft_is_named_by_the_query_the_path_or_the_file(url: str, draft_id: str | None) -> None:
    assert draft_id_of(url) == draft_id


@given(st.text(max_size=50), st.from_regex("[A-Za-z0-9._-]{1,64}", fullmatch=True))
def test_a_request_is_read_as_it_was_written(url: str, nonce: str) -> None:
    request = DraftUrlRequest(draft_url=url, nonce=nonce)
    assert DraftUrlRequest.decoded(request.encoded()) == request


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"draft_url": 1, "nonce": "1"}', b'{"draft_url": "x", "nonce": "a b"}', b"\xff"]
)
def test_what_is_no_request_is_refused(content: bytes) -> None:
    with pytest.raises(BadSource):
        DraftUrlRequest.decoded(content)
