"""Pause and resume, with a button."""

from fastapi import APIRouter
from starlette.responses import Response

from mediaproc.acts import pauses as acts
from mediaproc.core.errors import WrongUse
from mediaproc.core.pause import Scope
from mediaproc.core.safe_text import quoted, shown
from mediaproc.pause_scope import scope_of
from mediaproc.web.page import TheForm, ThePage
from mediaproc.web.site import Site, TheSite
from mediaproc.web.tenant_bounds import SiteOperator

router = APIRouter(include_in_schema=False)

_KINDS = ("profile", "shard", "executor")
_EVERYTHING = str(Scope())


@router.post("/pauses", response_model=None)
def pause(site: TheSite, page: ThePage, access: SiteOperator, form: TheForm) -> Response:
    """Let executors claim nothing of it, until then or until somebody resumes it; what runs goes on."""

    def act() -> str:
        scope = _scope(site, form["scope"])
        until = acts.parse_until(form["until"]) if form["until"] else None
        paused = acts.pause(
            site.parts.database, scope=scope, until=until, because=form["because"] or None, actor=access.actor
        )
        return page.texts("executors.is_paused", scope=shown(paused.scope))

    return page.after(act, path=form.back("/executors"))


@router.post("/pauses/resume", response_model=None)
def resume(site: TheSite, page: ThePage, access: SiteOperator, form: TheForm) -> Response:
    """Lift one pause, that of exactly this; executors claim again at once."""

    def act() -> str:
        scope = _scope(site, form["scope"], resumes=True)
        acts.resume(site.parts.database, scope=scope, actor=access.actor)
        return page.texts("executors.is_resumed", scope=shown(str(scope)))

    return page.after(act, path=form.back("/executors"))


def _scope(site: Site, written: str, *, resumes: bool = False) -> Scope:
    """What is meant by the words with which a pause names it.

    Raises:
        WrongUse: nothing is meant.
        MediaprocError: it is not there.
    """
    kind, _, name = written.partition(" ")
    if written != _EVERYTHING and kind not in _KINDS:
        raise WrongUse(
            f"There is nothing to pause that is called {quoted(written)}: it is everything, or a profile,"
            " a shard or an executor with its name."
        )
    named = {each: name if each == kind else None for each in _KINDS}
    return scope_of(site.parts, **named, resumes=resumes)
