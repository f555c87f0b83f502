"""The schedules: when each fires, how it went; run one once, pause and change it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from mediaproc.acts import schedules as acts
from mediaproc.core.access import Access
from mediaproc.core.cron import Cron
from mediaproc.core.errors import WrongUse
from mediaproc.core.safe_text import quoted
from mediaproc.core.schedule import ScheduleName
from mediaproc.schedule_lines import next_fires_of, schedules
from mediaproc.web.page import Form, Page, TheForm, ThePage
from mediaproc.web.site import Site, TheSite
from mediaproc.web.tenant_bounds import SiteOperator, SiteReader

router = APIRouter(include_in_schema=False)

_LONGEST_CRON = 200


@router.get("/schedules", response_model=None)
def list_schedules(site: TheSite, page: ThePage, access: SiteReader) -> Response:
    """Each with its next fires and its latest run."""
    found = schedules(site.parts)
    return page.show(
        "schedules.html", access=access, schedules=found.lines, now=found.now, command="mediaproc schedules list"
    )


@router.get("/schedules/{name}", response_model=None)
def show_schedule(
    site: TheSite,
    page: ThePage,
    access: SiteReader,
    name: ScheduleName,
    cron: Annotated[str, Query(max_length=_LONGEST_CRON)] = "",
) -> Response:
    """One of them; with a cron, when it would fire by that one."""
    return _schedule(site, page, access, name=name, cron=cron.strip())


@router.post("/schedules/{name}", response_model=None)
def change_schedule(site: TheSite, page: ThePage, access: SiteOperator, name: ScheduleName, form: TheForm) -> Response:
    """Do what the button says: run, pause, resume, or give it the cron of the form or that of the settings."""
    if form["act"] == "set":
        return _set(site, page, access, name=name, written=form["cron"][:_LONGEST_CRON])
    return page.after(lambda: _done(site, page, access, name=name, form=form), path=form.back("/schedules"))


def _done(site: Site, page: Page, access: Access, *, name: ScheduleName, form: Form) -> str:
    database = site.parts.database
    match form["act"]:
        case "run":
            is_any_living = acts.run_now(database, name=name, actor=access.actor)
            return page.texts("schedules.runs" if is_any_living else "schedules.runs_later", name=name)
        case "pause":
            acts.pause_schedule(database, name=name, actor=access.actor)
            return page.texts("schedules.is_paused", name=name)
        case "resume":
            acts.resume_schedule(database, name=name, actor=access.actor)
            return page.texts("schedules.is_resumed", name=name)
        case "default":
            acts.set_cron(database, name=name, cron=None, actor=access.actor)
            return page.texts("schedules.is_default", name=name)
        case act:
            raise WrongUse(f"There is no act {quoted(act)} on schedules: it is run, pause, resume, set or default.")


def _set(site: Site, page: Page, access: Access, *, name: ScheduleName, written: str) -> Response:
    try:
        cron = Cron.parse(written)
    except WrongUse:
        return _schedule(site, page, access, name=name, cron=written)
    acts.set_cron(site.parts.database, name=name, cron=cron, actor=access.actor)
    return page.back(f"/schedules/{name}", said=page.texts("schedules.is_set", name=name, cron=cron))


def _schedule(site: Site, page: Page, access: Access, *, name: ScheduleName, cron: str) -> Response:
    """The page of one; what is wrong with the cron is told beside its box."""
    found = schedules(site.parts)
    line = next(each for each in found.lines if each.name == name)
    fires, wrong = line.next_fires, ""
    if cron:
        try:
            fires = next_fires_of(Cron.parse(cron), now=found.now)
        except WrongUse as error:
            fires, wrong = [], str(error)
    return page.show(
        "schedule.html",
        access=access,
        status=400 if wrong else 200,
        schedule=line,
        now=found.now,
        cron=cron,
        fires=fires,
        wrong=wrong,
        command=f"mediaproc schedules set {name} '{line.cron if wrong or not cron else Cron.parse(cron)}'",
    )
