"""A recording's tables are read before ffprobe reads them: whole ones pass, endless ones are refused."""

from pathlib import Path
from random import Random

import pytest

from mediaproc.core.errors import BadSource, ErrorClass
from mediaproc.ffmpeg.tools import Tools
from mediaproc.ffmpeg.wtv import lacks_its_directory, refuse_endless
from tests.attacks import wtv
from tests.attacks.attack_folder import make_clip
from tests.ffmpeg.conftest import MakeClip

CASES = 400


@pytest.fixture
def whole(tools: Tools) -> bytes:
    return make_clip(tools.ffmpeg, ("-c:v", "mpeg2video"), "wtv")


@pytest.mark.parametrize("seconds", [1, 60])
def test_a_recording_as_ffmpeg_writes_it_is_taken(seconds: int, make_clip: MakeClip) -> None:
    clip = make_clip(seconds=seconds, size="320x240", video="mpeg2video", suffix=".wtv")
    refuse_endless(clip)
    assert not lacks_its_directory(clip)


@pytest.mark.parametrize("held", [wtv.TIMELINE, wtv.TIMES, wtv.ATTRIBUTES])
def test_tables_that_list_more_than_there_is_are_refused(held: str, tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(wtv.recording({held: bytes(3 * 64 * wtv.SECTOR)}))
    refuse_endless(upload)
    upload.write_bytes(wtv.recording({held: bytes(3 * 64 * wtv.SECTOR)}, endless=held))
    with pytest.raises(BadSource) as caught:
        refuse_endless(upload)
    assert caught.value.error_class is ErrorClass.UNREADABLE


def test_tables_of_what_was_cut_off_are_no_circle(tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(wtv.recording({wtv.TIMELINE: bytes(900 * 64 * wtv.SECTOR)})[: 200 * wtv.SECTOR])
    refuse_endless(upload)


def test_a_recording_without_its_directory_is_known(whole: bytes, tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    for content, lacks in ((whole, False), (whole[: len(whole) // 2], True), (whole[:40], False), (b"", False)):
        upload.write_bytes(content)
        assert lacks_its_directory(upload) is lacks


def test_no_bytes_raise_anything_but_a_refusal(whole: bytes, tmp_path: Path) -> None:
    """A recording made of the directory of a real one, and of tables that lead anywhere."""
    upload = tmp_path / "upload"
    recordings = (whole, wtv.recording({wtv.TIMELINE: whole, wtv.TIMES: whole}, endless=wtv.TIMES))
    for case in range(CASES):
        dice = Random(case)  # noqa: S311 - the case's number is the seed
        content = bytearray(dice.choice(recordings))
        for _ in range(dice.choice((1, 3, 30))):
            place = dice.choice((dice.randrange(len(content)), dice.randrange(3 * wtv.SECTOR)))
            content[place : place + dice.choice((1, 4))] = dice.choice(
                (b"\0", b"\xff", b"\xff\xff\xff\x7f", dice.randbytes(4))
            )
        upload.write_bytes(content[: dice.choice((len(content), dice.randrange(len(content))))])
        lacks_its_directory(upload)
        try:
            refuse_endless(upload)
        except BadSource:
            continue
        except Exception as error:
            error.add_note(f"case {case}")
            raise
