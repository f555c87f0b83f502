"""The statuses of capcut-mate for each state of the two tasks that make a video of a draft."""

import pytest

from mediaproc.core.capcut_mate.codes import Code, language_of
from mediaproc.core.capcut_mate.empty_draft import EmptyDraft
from mediaproc.core.capcut_mate.told import TaskState, told

_KEY = b"k" * 32


def _task(state: str, *, waits: bool = False, attempted: bool = True, progress: float | None = None) -> TaskState:
    return TaskState(
        state=state,
        waits_for_a_person=waits,
        attempted=attempted,
        progress=progress,
        error="It is encrypted." if waits or state == "failed" else None,
        started_at=1.0,
        ended_at=2.0 if waits or state in {"completed", "cancelled"} else None,
    )


_DONE = _task("completed")


@pytest.mark.parametrize(
    ("bringing", "drawing", "status", "progress", "error"),
    [
        (_task("pending", attempted=False), None, "pending", 0, ""),
        (_task("processing"), None, "processing", 10, ""),
        (_task("processing", progress=0.5), None, "processing", 25, ""),
        # Given back, or failed with tries left: it goes on.
        (_task("pending"), None, "processing", 10, ""),
        (_task("failed"), None, "processing", 10, ""),
        (_task("rejected", waits=True), None, "failed", 0, "It is encrypted."),
        (_DONE, _task("pending", attempted=False), "processing", 40, ""),
        (_DONE, _task("processing", progress=0.5), "processing", 72, ""),
        (_DONE, _task("failed"), "processing", 40, ""),
        (_DONE, _task("failed", waits=True), "failed", 0, "It is encrypted."),
        (_DONE, _task("rejected", waits=True), "failed", 0, "It is encrypted."),
        (_DONE, _DONE, "completed", 100, ""),
        (_task("cancelled"), None, "failed", 0, "The task was cancelled."),
        (_DONE, _task("cancelled"), "failed", 0, "The task was cancelled."),
        (_DONE, None, "failed", 0, "The draft, or the video that was made of it, was deleted."),
    ],
)
def test_each_state_has_one_status(
    bringing: TaskState, drawing: TaskState | None, status: str, progress: int, error: str
) -> None:
    said = told(bringing, drawing)
    assert (said.status, said.progress, said.error) == (status, progress, error)
    assert isinstance(said.progress, int)


@pytest.mark.parametrize(
    ("accepted", "message"),
    [
        (None, "无效的草稿URL"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "无效的草稿URL"),
        ("en-US,en;q=0.9", "Invalid draft URL"),
        ("en", "Invalid draft URL"),
        ("fr", "无效的草稿URL"),
    ],
)
def test_a_message_is_in_the_callers_language(accepted: str | None, message: str) -> None:
    assert Code.INVALID_DRAFT_URL.answer(language=language_of(accepted)) == {"code": 2001, "message": message}


def test_an_empty_draft_is_known_again_by_the_site_that_made_it_and_by_no_other() -> None:
    draft = EmptyDraft(moment="20261130120000", width=1080, height=1920)
    id_ = draft.id(key=_KEY)
    assert 20 <= len(id_) <= 32
    assert EmptyDraft.of_id(id_, key=_KEY) == draft
    assert EmptyDraft.of_id(id_, key=b"other") is None
    assert EmptyDraft.of_id("20251204214904ccb1af38", key=_KEY) is None
