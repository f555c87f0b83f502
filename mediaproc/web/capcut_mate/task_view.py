"""What is told of one draft: its status in capcut-mate's words, and where its video is."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from mediaproc.core.capcut_mate.told import TaskState, Told, ToldStatus, told
from mediaproc.core.share_link import USUAL_LIFE, ShareLink
from mediaproc.db.draft_requests import DraftRequest, RequestedTask
from mediaproc.web.sharing import share_path
from mediaproc.web.site import Site, origin_of


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """One draft, as it is told."""

    request: DraftRequest
    told: Told
    # Where to get the video without a login, for 30 days from its end; empty unless there is one.
    video_url: str

    @property
    def drawn(self) -> RequestedTask | None:
        """The task that drew it, once it has."""
        return self.request.drawing if self.told.status is ToldStatus.COMPLETED else None


def task_view(request: Request, found: DraftRequest, *, site: Site) -> TaskView:
    """What is told of the draft now."""
    drawing = found.drawing
    state = told(_state(found.bringing), None if drawing is None else _state(drawing))
    url = ""
    if state.status is ToldStatus.COMPLETED and drawing is not None and drawing.ended_at is not None:
        link = ShareLink(task_id=drawing.task_id, expires_at=int(drawing.ended_at.timestamp() + USUAL_LIFE))
        url = f"{origin_of(request)}{share_path(site, link.signed(key=site.key))}/rendition"
    return TaskView(request=found, told=state, video_url=url)


def _state(task: RequestedTask) -> TaskState:
    return TaskState(
        state=task.state,
        waits_for_a_person=task.waits_for_a_person,
        attempted=task.attempt > 0,
        progress=task.progress,
        error=task.error,
        started_at=_seconds(task.started_at),
        ended_at=_seconds(task.ended_at or (task.updated_at if task.waits_for_a_person else None)),
    )


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
