"""The table and the sentences of transcode tell of each source what became of it."""

from pathlib import Path

from sqlalchemy import Engine, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from mediaproc.core.notes.record import record_of
from mediaproc.ffmpeg.tools import find_tools
from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.db.sample_rows import claimed, executor, rejected, set_back, some_notes


def test_a_table_tells_people_what_was_done_and_why(site: Command, old_videos: Path, tmp_path: Path) -> None:
    ran = site("transcode", old_videos, "--out", tmp_path / "out")
    assert "verified  encode: video_codec" in ran.out
    assert "empty.mov: The file is empty" in ran.out
    assert "2 of 4 files done" in ran.out
    assert "\x1b" not in ran.out + ran.err


# An ffmpeg that fails to encode until a certain file is beside it, and does everything else.
_BROKEN_FFMPEG = """#!/bin/sh
case "$*" in *libx264*) [ -e "$0.mended" ] || exit 1 ;; esac
exec {ffmpeg} "$@"
"""


def test_a_task_that_failed_before_is_not_told_as_if_it_had_failed_now(site: Command, tmp_path: Path) -> None:
    ffmpeg = tmp_path / "ffmpeg"
    ffmpeg.write_text(_BROKEN_FFMPEG.format(ffmpeg=find_tools(ffmpeg=None, ffprobe=None).ffmpeg))
    ffmpeg.chmod(0o755)
    film, out = make_clip(tmp_path / "film.avi"), tmp_path / "out"
    transcode = ("transcode", film, "--out", out, "--ffmpeg", ffmpeg, "--sandbox", "off", "--backoff", "0")
    (fails,) = site(*transcode, "--json", "--cron", "* * * * * *").objects()
    assert (fails["outcome"], fails["error_class"]) == ("failed", "transcode_failed")
    assert "tried again" not in fails["error"]
    (tmp_path / "ffmpeg.mended").touch()
    (failed,) = site(*transcode, "--json").objects()
    hint = f"`mediaproc tasks retry {failed['task']}`, then this command again."
    assert failed["error_class"] == "transcode_failed"
    assert failed["error"] == f"{fails['error']} It failed earlier and was not tried again now: {hint}"
    assert hint in " ".join(site(*transcode).out.split())
    assert site("tasks", "retry", failed["task"]).code == 0
    assert site(*transcode).code == 0


def test_a_source_that_was_rejected_before_is_told_with_what_would_try_it_again(
    site: Command, engine: Engine, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.avi")
    (enqueued,) = site("enqueue", film, "--json").objects()
    with engine.begin() as connection:
        set_back(connection, claimed(connection, executor(connection)), rejected())
    (told,) = site("transcode", film, "--out", tmp_path / "out", "--json").objects()
    assert (told["outcome"], told["task"]) == ("rejected", enqueued["task"])
    assert told["error"] == (
        "There is no video in it. It was rejected earlier and not tried again now; to try it all the same:"
        f" `mediaproc tasks retry {enqueued['task']}`, then this command again."
    )


def test_whose_a_result_is_can_be_told_whatever_the_names(site: Command, tmp_path: Path) -> None:
    for number, name in enumerate(("sample.avi", "sample.mov", "one/film.avi", "two/film.avi")):
        make_clip(tmp_path / "in" / name, seed=number)
    ran = site("transcode", tmp_path / "in", "--out", tmp_path / "out")
    assert [line.split()[0] for line in ran.out.splitlines()[1:5]] == [
        "sample.avi", "sample.mov", "one/film.avi", "two/film.avi",
    ]  # fmt: skip
    assert f"sample.mov: its result is {tmp_path / 'out' / 'sample (2).mp4'}." in ran.out
    assert "sample.avi: its result" not in ran.out
    assert "film.avi: its result" not in ran.out


def test_what_is_not_drawn_exactly_is_told_under_the_table(site: Command, engine: Engine, tmp_path: Path) -> None:
    make_clip(tmp_path / "film.avi")
    site("transcode", tmp_path / "film.avi", "--out", tmp_path / "out")
    with engine.begin() as connection:
        kept = bindparam("notes", record_of(some_notes()), type_=JSONB)
        connection.execute(text("UPDATE media_process_history SET notes = :notes").bindparams(kept))
    ran = site("transcode", tmp_path / "film.avi", "--out", tmp_path / "out")
    assert ", 17 notes" in ran.out.splitlines()[1]
    assert ran.out.splitlines()[2] == "film.avi: not drawn exactly as in its editor (17 notes):"
    assert "    1:01-1:02: The transition 'cat' is drawn as slide left." in ran.out.splitlines()
    (answer,) = site("transcode", tmp_path / "film.avi", "--out", tmp_path / "out", "--json").objects()
    assert len(answer["notes"]) == 17
