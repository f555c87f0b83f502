"""Pauses: what is paused, pause and resume."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Query
from pydantic import Field
from starlette.responses import Response

from mediaproc.acts import pauses as acts
from mediaproc.acts.pauses import Paused
from mediaproc.core.access import Access
from mediaproc.db.pauses import PauseLine, pauses_in_force
from mediaproc.pause_scope import scope_of
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.bodies import Reason, RequestBody, Until, example
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import ProblemKind
from mediaproc.web.site import Site, TheSite
from mediaproc.web.tenant_bounds import SiteOperator, SiteReader

router = APIRouter(tags=["site"], route_class=IdempotentRoute)

_LONGEST = 200
Named = Annotated[str | None, Query(max_length=_LONGEST, description="As the pause that is to be lifted has it.")]


@dataclass(frozen=True, kw_only=True)
class Pauses:
    """The pauses in force, the oldest first."""

    items: Sequence[PauseLine]


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """What is not paused any more."""

    scope: str


class NewPause(RequestBody):
    """What is paused: a profile, a shard or an executor; with none of them everything."""

    model_config = example({"profile": "mp4", "until": "2h", "because": "new disks"})

    profile: Annotated[str | None, Field(max_length=_LONGEST)] = None
    shard: Annotated[str | None, Field(max_length=64, description="INDEX/TOTAL, such as 0/2.")] = None
    executor: Annotated[str | None, Field(max_length=64, description="Its id, or how that begins.")] = None
    until: Until = None
    because: Reason = None


@router.get("/pauses", responses=responses(Pauses), response_model=None)
def list_pauses(site: TheSite, _access: SiteReader) -> Response:
    """What is paused, until when, by whom and why."""
    with site.read() as connection:
        return answer(Pauses(items=pauses_in_force(connection)))


@router.post("/pauses", responses=responses(Paused, problems=[ProblemKind.NOT_FOUND]), response_model=None)
def pause(site: TheSite, access: SiteOperator, body: Annotated[NewPause, Body()]) -> Response:
    """Let executors claim nothing of it; what runs goes on. The same again changes its end and its reason."""
    return answer(pause_claims(site, body, access=access))


@router.delete("/pauses", responses=responses(Resumed, problems=[ProblemKind.NOT_FOUND]), response_model=None)
def resume(
    site: TheSite, access: SiteOperator, profile: Named = None, shard: Named = None, executor: Named = None
) -> Response:
    """Lift one pause, the one of exactly this; without parameters that of everything. Executors claim again at once."""
    scope = scope_of(site.parts, profile=profile, shard=shard, executor=executor, resumes=True)
    acts.resume(site.parts.database, scope=scope, actor=access.actor)
    return answer(Resumed(scope=str(scope)))


def pause_claims(site: Site, body: NewPause, *, access: Access) -> Paused:
    """Pause what the body says.

    Raises:
        MediaprocError: it is not there, or cannot be.
    """
    until = None if body.until is None else acts.parse_until(body.until)
    scope = scope_of(site.parts, profile=body.profile, shard=body.shard, executor=body.executor)
    return acts.pause(site.parts.database, scope=scope, until=until, because=body.because, actor=access.actor)
