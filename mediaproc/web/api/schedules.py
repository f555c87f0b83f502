"""Schedules: when they fire, how they went, run one now, pause and change it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field
from starlette.responses import Response

from mediaproc.acts import schedules as acts
from mediaproc.core.cron import Cron
from mediaproc.core.errors import WrongUse
from mediaproc.core.schedule import ScheduleName
from mediaproc.schedule_lines import ScheduleLine, schedule_line, schedules
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.bodies import RequestBody, example
from mediaproc.web.idempotency import IdempotentRoute
from mediaproc.web.problems import ProblemKind
from mediaproc.web.site import TheSite
from mediaproc.web.tenant_bounds import SiteOperator, SiteReader

router = APIRouter(tags=["schedules"], route_class=IdempotentRoute)


@dataclass(frozen=True, kw_only=True)
class ScheduleList:
    """Every schedule of the site."""

    items: Sequence[ScheduleLine]


class ScheduleChange(RequestBody):
    """What is to be otherwise; what is left out stays."""

    model_config = example({"cron": "0 30 3 * * *"})

    cron: Annotated[
        str | None,
        Field(max_length=200, description="Five fields, or six with a second first; null: as the settings."),
    ] = None
    paused: Annotated[bool | None, Field(strict=True)] = None


@router.get("/schedules", responses=responses(ScheduleList), response_model=None)
def list_schedules(site: TheSite, _access: SiteReader) -> Response:
    """Each with its cron, its next five fires (UTC) and its latest run."""
    return answer(ScheduleList(items=schedules(site.parts).lines))


@router.get("/schedules/{name}", responses=responses(ScheduleLine), response_model=None)
def show_schedule(site: TheSite, _access: SiteReader, name: ScheduleName) -> Response:
    """One of them."""
    return answer(schedule_line(site.parts, name))


@router.post("/schedules/{name}/run", responses=responses(ScheduleLine), response_model=None)
def run_schedule(site: TheSite, access: SiteOperator, name: ScheduleName) -> Response:
    """Let executors run it once now, also while it is paused; where none lives, the next that starts."""
    acts.run_now(site.parts.database, name=name, actor=access.actor)
    return answer(schedule_line(site.parts, name))


@router.patch(
    "/schedules/{name}", responses=responses(ScheduleLine, problems=[ProblemKind.CONFLICT]), response_model=None
)
def change_schedule(
    site: TheSite, access: SiteOperator, name: ScheduleName, body: Annotated[ScheduleChange, Body()]
) -> Response:
    """Give it another cron, or null for that of the settings; pause or resume it. It is so already: nothing changes."""
    if not body.model_fields_set or (body.paused is None and "paused" in body.model_fields_set):
        raise WrongUse("A change of a schedule names `cron`, or `paused` as true or false, or both.")
    # Read before anything is changed.
    cron = None if body.cron is None else Cron.parse(body.cron)
    database = site.parts.database
    if "cron" in body.model_fields_set:
        acts.set_cron(database, name=name, cron=cron, actor=access.actor)
    if body.paused:
        acts.pause_schedule(database, name=name, actor=access.actor)
    elif body.paused is not None and schedule_line(site.parts, name).paused_by is not None:
        acts.resume_schedule(database, name=name, actor=access.actor)
    return answer(schedule_line(site.parts, name))
