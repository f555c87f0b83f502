"""The values that travel through one attempt: the claimed task, its rendition, its report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from mediaproc.core.lifecycle import Failed, Rejected, Released
from mediaproc.core.notes import Note


@dataclass(frozen=True, kw_only=True)
class ClaimedTask:
    """A task as its claim returned it; the token proves the claim."""

    id: int
    file_id: str
    profile: str
    filename: str
    bucket: str
    object_key: str
    size: int
    # Of the source, by its content.
    mime_type: str = "application/octet-stream"
    position: float
    attempt: int
    fail_count: int
    claim_token: UUID


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """A source that an attempt brought: its task is made by the settle. `cost` in seconds of one slot's work.

    `is_duplicate`: the store had it before, and the attempt has uploaded nothing.
    """

    file_id: str
    filename: str
    bucket: str
    object_key: str
    profile: str
    cost: float
    is_duplicate: bool


@dataclass(frozen=True, kw_only=True)
class Rendition:
    """What an attempt produced and uploaded; `duration` in seconds, `size` in bytes."""

    bucket: str
    key: str
    url: str
    size: int
    sha256: str
    decision: str
    flags: tuple[str, ...]
    verification: str
    salvaged_ratio: float | None
    duration: float | None
    width: int | None
    height: int | None
    video_codec: str | None
    audio_codec: str | None
    # Whether it is the film that a page plays, and no poster or sound made of it.
    is_film: bool = True
    # What of a draft was drawn otherwise than its editor would, or not at all.
    notes: tuple[Note, ...] = ()
    follow_up: FollowUp | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """How the attempt went, whatever became of it."""

    # Seconds by stage.
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    # CPU seconds of every ffmpeg and ffprobe.
    cpu_seconds: float = 0.0
    # The end of ffmpeg's log.
    log_tail: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an attempt; without an ending when the executor stopped it, which knows why."""

    ending: Rendition | Failed | Rejected | Released | None
    report: Report
