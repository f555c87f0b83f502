"""The tokens: who may use the page and the API; create one, whose text is shown this once, and revoke it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from mediaproc.acts import tokens as acts
from mediaproc.core.access import Access, Scope, scopes_named
from mediaproc.core.errors import WrongUse
from mediaproc.db.access import tokens
from mediaproc.web.page import Form, Page, TheForm, ThePage
from mediaproc.web.site import Site, TheSite
from mediaproc.web.tenant_bounds import SiteAdmin

router = APIRouter(include_in_schema=False)

_DAY = 86_400
# How long a new one may be valid, in days; nothing: until it is revoked.
LIVES = (1, 7, 30, 90, 365)
_NOTHING = Form([])


@router.get("/tokens", response_model=None)
def list_tokens(
    site: TheSite, page: ThePage, access: SiteAdmin, *, all_: Annotated[bool, Query(alias="all")] = False
) -> Response:
    """Those that are valid, or all, and the form for a new one."""
    return _list(site, page, access, with_ended=all_)


@router.post("/tokens", response_model=None)
def create_token(site: TheSite, page: ThePage, access: SiteAdmin, form: TheForm) -> Response:
    """A new token; this one answer shows its text."""
    try:
        created = acts.create(
            site.parts.database,
            scopes=scopes_named(form.all("scope")),
            tenant=form["tenant"] or None,
            name=form["name"],
            life=_life(form),
            actor=access.actor,
        )
    except WrongUse as error:
        return _list(site, page, access, with_ended=_has_ended(form), form=form, wrong=str(error))
    return page.show(
        "secret.html",
        access=access,
        heading=page.texts("tokens.created", id=created.id),
        sentence=page.texts("tokens.shown_once"),
        secret=created.token,
        warning="",
        back=_address(with_ended=_has_ended(form)),
        command=_command(form),
    )


@router.post("/tokens/revoke", response_model=None)
def revoke_token(site: TheSite, page: ThePage, access: SiteAdmin, form: TheForm) -> Response:
    """It is valid no more, and the logins that began with it are over."""

    def act() -> str:
        acts.revoke(site.parts.database, ids=[form["token"]], actor=access.actor)
        return page.texts("tokens.is_revoked", id=form["token"])

    return page.after(act, path=_address(with_ended=_has_ended(form)))


def _list(
    site: Site, page: Page, access: Access, *, with_ended: bool = False, form: Form = _NOTHING, wrong: str = ""
) -> Response:
    with site.read() as connection:
        found = tokens.tokens(connection)
    return page.show(
        "tokens.html",
        access=access,
        status=400 if wrong else 200,
        tokens=[each for each in found if with_ended or each.is_valid],
        ended=sum(not each.is_valid for each in found),
        with_ended=with_ended,
        scopes=tuple(Scope),
        lives=LIVES,
        form=form,
        wrong=wrong,
        command="mediaproc token list",
    )


def _has_ended(form: Form) -> bool:
    """Whether the list on which the form stood also had the tokens that are valid no more."""
    return form["all"] == "true"


def _address(*, with_ended: bool) -> str:
    return "/tokens?all=true" if with_ended else "/tokens"


def _command(form: Form) -> str:
    """The command that would have made the same, without what a shell would read in it."""
    life = _life(form)
    expires = f" --expires {life:.0f}" if life else ""
    return f"mediaproc token create --scope {','.join(scopes_named(form.all('scope')))}{expires}"


def _life(form: Form) -> float | None:
    """Seconds; None: until it is revoked."""
    return next((float(_DAY * days) for days in LIVES if form["life"] == str(days)), None)
