"""`tasks show` and an enqueue tell of a task what happened, and what comes next."""

from pathlib import Path

from sqlalchemy import Connection, text

from mediaproc.core.lifecycle import FAIL_LIMIT
from mediaproc.core.notes import Note, NoteCode
from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.db.sample_rows import claimed, complete, executor, failed, insert_task, set_back, some_notes


def test_the_story_of_a_task_tells_each_attempt_and_what_comes_next(site: Command, rows: Connection) -> None:
    task = insert_task(rows, 1, filename="evil\x1b[2J\u202ename.avi")
    set_back(rows, claimed(rows, executor(rows)), failed())
    ran = site("tasks", "show", task)
    assert ran.code == 0
    for told in ("Attempt 1: failed", "node-a (pid 77)", "download 0.5 s, transcode 8.0 s", "ffmpeg gave up.",
                 "| frame= 7", "Next: it is due in", "strike 1 of 3"):  # fmt: skip
        assert told in ran.out
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    (answer,) = site("tasks", "show", task, "--json").objects()
    assert answer["attempts"][0]["stage_seconds"] == {"download": 0.5, "transcode": 8.0}
    assert answer["rendition"] is None


def test_the_story_of_a_done_task_names_its_rendition(site: Command, rows: Connection) -> None:
    task = insert_task(rows, 1)
    complete(rows, claimed(rows, executor(rows)))
    told = site("tasks", "show", task).out
    assert "Rendition: verified, 0:12, 640x360, h264" in told
    assert "the end of ffmpeg's log:\n    | frame= 7" in told
    assert "Next: nothing, it is done." in told


def test_what_is_not_drawn_exactly_is_told_once_with_its_times(site: Command, rows: Connection) -> None:
    task = insert_task(rows, 1)
    complete(rows, claimed(rows, executor(rows)), notes=some_notes("evil\x1b[2J\u202ename"))
    name = r"evil\x1b[2J\u202ename"
    told = site("tasks", "show", task).out
    assert told.partition("made by copy because of video:copied\n\n")[2].splitlines()[:6] == [
        "Not drawn exactly as in its editor (17 notes):",
        (
            f"    0:00-0:03, 0:01-0:04, 0:02-0:05 and 1 time more: The transition '{name}' cannot be drawn: there is a"
            " fade in its place."
        ),
        f"    0:01-0:04, 0:02-0:05, 0:03-0:06 and 2 times more: The sticker '{name}' is not drawn.",
        (
            f"    0:02-0:05, 0:03-0:06, 0:04-0:07 and 3 times more: The face '{name}' is not in the draft: the text is"
            " drawn in another."
        ),
        f"    1:01-1:02: The transition '{name}' is drawn as slide left.",
        "    throughout: The draft names no frame rate: 30 frames a second are taken.",
    ]
    (answer,) = site("tasks", "show", task, "--json").objects()
    assert answer["rendition"]["notes_count"] == len(answer["rendition"]["notes"]) == 17
    assert answer["rendition"]["notes"][-1]["sentence"].startswith("The draft names no frame rate")
    assert "not drawn exactly (17 notes): `mediaproc tasks show" in site("tasks", "show", task, "--follow").out


def test_of_many_notes_the_first_are_told_and_where_the_rest_is(site: Command, rows: Connection) -> None:
    task = insert_task(rows, 1)
    notes = [
        Note(code=NoteCode.FILTER, segment_id=f"s{n}", start=n * 1_000_000, duration=1, name=f"f{n}") for n in range(25)
    ]
    complete(rows, claimed(rows, executor(rows)), notes=notes)
    told = site("tasks", "show", task).out
    assert told.count("The filter") == 20
    assert f"and 5 things more: `mediaproc tasks show {task} --json` has all." in told


def test_the_next_free_slot_is_promised_to_the_first_in_line_alone(site: Command, rows: Connection) -> None:
    first, second = insert_task(rows, 1), insert_task(rows, 2)
    assert "Next: the next free slot takes it. It stands in line: no task" in site("tasks", "show", first).out
    assert "Next: a free slot takes it in its turn. It stands in line: 1 task" in site("tasks", "show", second).out


def test_nothing_is_promised_while_a_person_has_paused_it(site: Command, rows: Connection) -> None:
    task = insert_task(rows, 1)
    assert site("pause", "--shard", f"{task % 2}/2", "--because", "The store is moved.").code == 0
    told = " ".join(site("tasks", "show", task).out.split())
    assert "Next: nothing while it is paused. It stands in line: no task stands before it. Shard" in told
    assert "(The store is moved): `mediaproc resume --shard" in told
    assert site("pause", "--shard", f"{(task + 1) % 2}/2").code == 0
    assert site("resume", "--shard", f"{task % 2}/2").code == 0
    assert "Next: the next free slot takes it." in site("tasks", "show", task).out


def test_the_story_of_a_deleted_task_says_that_nothing_is_left(site: Command, rows: Connection) -> None:
    task = insert_task(rows, 1)
    complete(rows, claimed(rows, executor(rows)))
    gone = ", ".join(
        f"{name} = NULL" for name in ("output_bucket", "output_key", "output_size", "output_sha256", "verification")
    )
    rows.execute(text(f"UPDATE media_process_history SET outcome = 'deleted', filename = '', {gone}"))  # noqa: S608
    told = site("tasks", "show", task).out
    assert "deleted" in told
    assert "Next: nothing: its file was deleted" in told
    assert "deleted" in site("tasks", "list", "status:deleted").out


def test_a_duplicate_says_where_its_task_stands_and_what_brings_it_on(
    site: Command, rows: Connection, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.avi")
    assert site("enqueue", film).code == 0
    assert "task 1, pending: the next free slot takes it." in site("enqueue", film).out
    for _ in range(FAIL_LIMIT):
        rows.execute(text("UPDATE media_process SET next_attempt_at = now()"))
        set_back(rows, claimed(rows, executor(rows)), failed())
    assert "task 1, failed: " in site("enqueue", film).out
    assert "`mediaproc tasks retry 1`" in site("enqueue", film).out
    assert site("tasks", "retry", 1).code == 0
    complete(rows, claimed(rows, executor(rows)))
    assert "task 1, completed\n" in site("enqueue", film).out


def test_a_cancelled_task_is_made_after_all_as_its_story_says(site: Command, tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.avi")
    site("enqueue", film)
    site("tasks", "cancel", 1)
    for told in (site("tasks", "show", 1).out, site("enqueue", film).out):
        assert "`mediaproc enqueue --force`" in told
    assert "task 2" in site("enqueue", film, "--force").out
