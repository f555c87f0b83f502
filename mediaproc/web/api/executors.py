"""Executors: who there is, and letting one claim nothing more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Path
from starlette.responses import Response

from mediaproc.acts import pauses as acts
from mediaproc.acts.pauses import Paused
from mediaproc.db.views import ops
from mediaproc.db.views.ops import ExecutorLine
from mediaproc.pause_scope import scope_of
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.bodies import Reason, RequestBody, Until, example
from mediaproc.web.api.pauses import NewPause, Resumed, pause_claims
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import ProblemKind
from mediaproc.web.site import TheSite
from mediaproc.web.tenant_bounds import SiteOperator, SiteReader

router = APIRouter(tags=["executors"], route_class=IdempotentRoute)

_SEEN_WITHIN = timedelta(days=7)

ExecutorId = Annotated[UUID, Path(description="As the list of executors has it.")]


@dataclass(frozen=True, kw_only=True)
class Executors:
    """The executors that live or were seen within a week, by shard."""

    items: Sequence[ExecutorLine]


class PauseOfExecutor(RequestBody):
    """Until when, and why; both may be left out."""

    model_config = example({"until": "2h", "because": "new disks"})

    until: Until = None
    because: Reason = None


@router.get("/executors", responses=responses(Executors), response_model=None)
def list_executors(site: TheSite, _access: SiteReader) -> Response:
    """Who works, on how much, since when; and when it was last seen."""
    with site.read() as connection:
        return answer(Executors(items=ops.executors(connection, seen_within=_SEEN_WITHIN)))


@router.post(
    "/executors/{executor_id}/pause",
    responses=responses(Paused, problems=[ProblemKind.NOT_FOUND]),
    response_model=None,
)
def pause_executor(
    site: TheSite,
    access: SiteOperator,
    executor_id: ExecutorId,
    body: Annotated[PauseOfExecutor, Body()] = PauseOfExecutor(),  # noqa: B008 - a value that nobody changes
) -> Response:
    """Let it claim nothing more; what it works on goes on to its end. So it becomes idle, and can be stopped."""
    asked = NewPause(executor=str(executor_id), until=body.until, because=body.because)
    return answer(pause_claims(site, asked, access=access))


@router.post(
    "/executors/{executor_id}/resume",
    responses=responses(Resumed, problems=[ProblemKind.NOT_FOUND]),
    response_model=None,
)
def resume_executor(site: TheSite, access: SiteOperator, executor_id: ExecutorId) -> Response:
    """Lift the pause of this executor; it claims again at once."""
    scope = scope_of(site.parts, profile=None, shard=None, executor=str(executor_id), resumes=True)
    acts.resume(site.parts.database, scope=scope, actor=access.actor)
    return answer(Resumed(scope=str(scope)))
