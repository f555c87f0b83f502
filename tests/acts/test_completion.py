"""A person's own rendition is held to what any output is held to, and settled under a claim of its own."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from mediaproc.acts import completion
from mediaproc.acts.completion import DECISION, Workshop, complete
from mediaproc.core.errors import ErrorClass, MediaprocError, Unavailable, WrongUse
from mediaproc.db.database import Database
from mediaproc.db.tasks.expired_leases import fail_expired_leases
from mediaproc.ffmpeg.tools import find_tools
from tests.db.task_rows import claim_one, claimant
from tests.draft_bundle.zips import FILES, write_zip
from tests.parts.clips import Clips
from tests.parts.site import Site, make_runner


@pytest.fixture
def workshop(directory_site: Site) -> Workshop:
    return Workshop(
        database=Database(directory_site.engine),
        store=directory_site.store,
        runner=make_runner(),
        scratch=directory_site.scratch,
        lease=60.0,
    )


@pytest.fixture
def task(directory_site: Site, clips: Clips) -> int:
    """An exhausted task of a short film."""
    (task,) = directory_site.enqueue([clips.make("avi", seconds=1)])
    with directory_site.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE media_process SET status = 'failed', fail_count = 3, error_class = 'stalled', error = 'It is.'"
            )
        )
    return task


def _made_elsewhere(source: Path, to: Path, *arguments: str) -> Path:
    tools = find_tools(ffmpeg=None, ffprobe=None)
    # Else ffmpeg fits the pictures into a rate of its own, and shows some of them too early.
    form = (
        "-fps_mode",
        "passthrough",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-movflags",
        "+faststart",
    )
    command = [str(tools.ffmpeg), "-v", "error", "-nostdin", "-y", "-i", str(source), *form, *arguments, str(to)]
    subprocess.run(command, check=True)
    return to


def _rows(site: Site) -> list[dict[str, object]]:
    """The task as it is, but for when it was written and how often it was claimed."""
    left_out = {"updated_at", "attempt"}
    return [
        {name: value for name, value in row.items() if name not in left_out}
        for row in site.rows("SELECT * FROM media_process")
    ]


def test_a_draft_is_completed_by_no_file_since_nothing_could_be_held_against_it(
    directory_site: Site, workshop: Workshop, clips: Clips, tmp_path: Path
) -> None:
    (task,) = directory_site.enqueue([write_zip(tmp_path / "a.zip", FILES)], profile="draft")
    before = _rows(directory_site)
    with pytest.raises(MediaprocError, match=f"Task {task} cannot be completed with a file: its rendition, draft, is"):
        complete(workshop, task_id=task, file=clips.make("mov"), actor="ada")
    assert _rows(directory_site) == before


def test_a_file_that_passes_completes_the_task_and_one_that_does_not_changes_nothing(
    directory_site: Site, workshop: Workshop, task: int, clips: Clips, tmp_path: Path
) -> None:
    site, source = directory_site, clips.make("avi", seconds=1)
    before, objects = _rows(site), site.objects()
    wrong = _made_elsewhere(source, tmp_path / "short.mp4", "-t", "0.3")
    no_film = tmp_path / "letter.mp4"
    no_film.write_text("Dear film")
    for file in (wrong, no_film):
        with pytest.raises(MediaprocError, match=f"cannot complete task {task}: The output is not"):
            complete(workshop, task_id=task, file=file, actor="ann")
    with pytest.raises(WrongUse, match="cannot be read: No such file"):
        complete(workshop, task_id=task, file=tmp_path / "nothing.mp4", actor="ann")
    assert (_rows(site), site.objects(), site.attempts()) == (before, objects, [])
    right = _made_elsewhere(source, tmp_path / "whole film.mp4")
    done = complete(workshop, task_id=task, file=right, actor="ann")
    history = site.history()[task]
    assert (history["outcome"], history["decision"], history["verification"]) == ("completed", DECISION, "verified")
    assert history["output_key"] == done.rendition.key
    assert site.assert_renditions_are_whole(folder=tmp_path) == 1
    assert [attempt["outcome"] for attempt in site.attempts()] == ["completed"]
    assert site.rows_of("SELECT actor || ' ' || act || ' ' || selection || ' ' || count FROM media_audit") == [
        f"ann complete {task} 1"
    ]
    site.assert_nothing_is_left()
    with pytest.raises(MediaprocError, match=r"no task .* that is not done"):
        complete(workshop, task_id=task, file=right, actor="ann")


def test_what_is_being_worked_on_is_refused(directory_site: Site, workshop: Workshop, clips: Clips) -> None:
    (task,) = directory_site.enqueue([clips.make("avi", seconds=1)])
    bucket = directory_site.store.bucket
    assert claim_one(directory_site.engine, by=replace(claimant(), reach=None)).bucket == bucket
    with pytest.raises(MediaprocError, match="is being worked on"):
        complete(workshop, task_id=task, file=Path("film.mp4"), actor="ann")


class _Full:
    """A store that keeps nothing more, at first after it has kept the object."""

    def __init__(self, site: Site) -> None:
        self._store = site.store
        self._put = site.store.put

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def put(self, *arguments: object, **named: object) -> None:
        self._put(*arguments, **named)  # type: ignore[arg-type]
        raise Unavailable("The store is full.", error_class=ErrorClass.STORE_UNAVAILABLE)


def test_an_upload_that_fails_leaves_the_task_as_it_was(
    directory_site: Site, workshop: Workshop, task: int, clips: Clips, tmp_path: Path
) -> None:
    site = directory_site
    before, objects = _rows(site), site.objects()
    right = _made_elsewhere(clips.make("avi", seconds=1), tmp_path / "film.mp4")
    with pytest.raises(Unavailable, match="full"):
        complete(replace(workshop, store=_Full(site)), task_id=task, file=right, actor="ann")  # type: ignore[arg-type]
    assert (_rows(site), site.objects()) == (before, objects)
    assert [attempt["outcome"] for attempt in site.attempts()] == ["released"]


def test_what_a_dead_completion_left_is_compensated_and_swept(
    directory_site: Site, workshop: Workshop, task: int, clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies after the upload, before it settles: nothing of its own runs any more."""
    site = directory_site
    right = _made_elsewhere(clips.make("avi", seconds=1), tmp_path / "film.mp4")

    def die(*_: object, **__: object) -> bool:
        raise SystemExit

    monkeypatch.setattr(completion, "settle_completed", die)
    with pytest.raises(SystemExit):
        complete(workshop, task_id=task, file=right, actor="ann")
    assert site.value("SELECT status FROM media_process") == "processing"
    assert len(site.objects()) == 2
    with site.engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET lease_expires_at = now() - interval '1 second'"))
        assert [lost.task_id for lost in fail_expired_leases(connection, hold_off=0.0)] == [task]
    site.compensate()
    assert site.objects() == set(site.rows_of("SELECT object_key FROM media_files"))
