"""The list of a draft's files: safe names of the bundle, or one sentence about what is wrong with it."""

import json

import pytest

from mediaproc.core.draft_url.file_list import read_file_list
from mediaproc.core.errors import BadSource

_ID = "20261130120000abcdef12"
_HOST = "https://drafts.example.com"


def _answer(*urls: object, code: object = 0) -> bytes:
    return json.dumps({"code": code, "message": "无效的草稿URL", "files": list(urls)}).encode()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"{_HOST}/output/draft/{_ID}/draft_content.json", "draft_content.json"),
        (f"{_HOST}/{_ID}/assets/videos/film.mp4?sign=1", "assets/videos/film.mp4"),
        # The id of another copy of the draft, which looks like one.
        (f"{_HOST}/a/20250101000000ffffffff/b.mp4", "b.mp4"),
        (f"{_HOST}/{_ID}/%E9%9F%B3%E4%B9%90.mp3", "音乐.mp3"),
        (f"{_HOST}/{_ID}/音乐.mp3", "音乐.mp3"),
        # Without an id the whole path counts.
        (f"{_HOST}/mine/draft_content.json", "mine/draft_content.json"),
    ],
)
def test_a_file_has_the_name_that_stands_after_the_drafts_id(url: str, name: str) -> None:
    [file] = read_file_list(_answer(url), draft_id=_ID, most=10)
    assert file.name == name
    assert file.url.isascii()


def test_what_the_editor_keeps_for_itself_is_left_out() -> None:
    urls = [f"{_HOST}/{_ID}/{name}" for name in ("template.tmp", ".backup/a.json", "a.mp4")]
    assert [file.name for file in read_file_list(_answer(*urls), draft_id=_ID, most=10)] == ["a.mp4"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"<html>", "no JSON object"),
        (b"[" * 100_000, "no JSON object"),
        (b"\xff", "no JSON object"),
        (_answer(code=2001), "无效的草稿URL"),
        (_answer(code=False), "no such draft"),
        (_answer(code="0"), "no such draft"),
        (_answer(), "without a list"),
        (_answer(7), "without a list"),
        (_answer(*[f"{_HOST}/{_ID}/{number}" for number in range(11)]), "10 are the most"),
        (_answer(*[f"{_HOST}/{_ID}/{name}" for name in ("a.mp4", "A.mp4")]), "one name"),
        (_answer(f"{_HOST}/{_ID}/../../etc/passwd"), "not taken"),
        (_answer(f"{_HOST}/{_ID}/%2e%2e/etc/passwd"), "not taken"),
        (_answer(f"{_HOST}/{_ID}/..%5Cpasswd"), "not taken"),
        (_answer(f"{_HOST}/{_ID}/a%00b"), "not taken"),
        (_answer(f"{_HOST}/{_ID}/C:/a"), "not taken"),
        (_answer(f"{_HOST}/{_ID}/%ff"), "UTF-8"),
        (_answer(f"{_HOST}/{_ID}/"), "not taken"),
        (_answer("https://[::1/a"), "no URL"),
    ],
)
def test_what_is_wrong_with_a_list_is_one_sentence(answer: bytes, said: str) -> None:
    with pytest.raises(BadSource) as refusal:
        read_file_list(answer, draft_id=_ID, most=10)
    assert said in str(refusal.value)
    assert str(refusal.value).endswith(".")
