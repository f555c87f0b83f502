"""The webhooks: whom the site tells, what became of the messages; add, try, rotate and remove one, and send again."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from mediaproc import app as composition
from mediaproc.acts import webhooks as acts
from mediaproc.acts.webhooks import NoSuchWebhook, Secret
from mediaproc.core.access import Access
from mediaproc.core.errors import WrongUse
from mediaproc.core.message import MESSAGE_TYPES, parse_message_types
from mediaproc.core.safe_text import quoted
from mediaproc.db import deliveries
from mediaproc.db.webhooks import webhooks_to_show
from mediaproc.web.api.parameters import RowId
from mediaproc.web.cursor import keyset_page
from mediaproc.web.page import Form, Page, TheForm, ThePage
from mediaproc.web.site import Site, TheSite
from mediaproc.web.tenant_bounds import SiteAdmin
from mediaproc.webhook_trial import try_webhook

router = APIRouter(include_in_schema=False)

_ON_A_PAGE = 50
# More than any number of messages has.
_DIGITS = 18
_NOTHING = Form([])


@router.get("/webhooks", response_model=None)
def list_webhooks(site: TheSite, page: ThePage, access: SiteAdmin) -> Response:
    """Whom the site tells, and what waits for each."""
    return _list(site, page, access)


@router.post("/webhooks", response_model=None)
def add_webhook(site: TheSite, page: ThePage, access: SiteAdmin, form: TheForm) -> Response:
    """Tell this address from now on; this one answer shows the secret of the signatures."""
    try:
        added = acts.add(
            site.parts.database,
            composition.make_http(site.parts.settings),
            url=form["url"],
            events=parse_message_types(",".join(form.all("event"))),
            tenant=form["tenant"] or None,
            actor=access.actor,
        )
    except WrongUse as error:
        return _list(site, page, access, form=form, wrong=str(error))
    return _tell(
        page,
        access,
        secret=added,
        heading=page.texts("webhooks.added", id=added.webhook),
        back=f"/webhooks/{added.webhook}",
    )


@router.get("/webhooks/{webhook_id}", response_model=None)
def show_webhook(
    site: TheSite,
    page: ThePage,
    access: SiteAdmin,
    webhook_id: RowId,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """One of them, and its messages that are not delivered, the latest first."""
    with site.read() as connection:
        found = webhooks_to_show(connection, webhook_id=webhook_id)
        if not found:
            raise NoSuchWebhook(webhook_id)
        late = keyset_page(
            lambda before, most: deliveries.deliveries(connection, webhook_id=webhook_id, limit=most, before=before),
            of=f"deliveries page {webhook_id}", key=site.key, limit=_ON_A_PAGE, cursor=cursor,
        )  # fmt: skip
    here = f"/webhooks/{webhook_id}"
    return page.show(
        "webhook.html",
        access=access,
        webhook=found[0],
        has_all=set(found[0].events) == set(MESSAGE_TYPES),
        deliveries=late.items,
        next=f"{here}?cursor={late.next}" if late.next else None,
        first=here if cursor else None,
        command=f"mediaproc webhooks list {webhook_id}",
    )


@router.post("/webhooks/{webhook_id}", response_model=None)
def act_on_webhook(site: TheSite, page: ThePage, access: SiteAdmin, webhook_id: RowId, form: TheForm) -> Response:
    """Do what the button says: replay, test, rotate or remove."""
    here = form.back(f"/webhooks/{webhook_id}")
    match form["act"]:
        case "replay":
            return page.after(lambda: _replayed(site, page, access, webhook_id=webhook_id, form=form), path=here)
        case "test":
            return _tried(site, page, access, webhook_id=webhook_id, back=here)
        case "rotate":
            rotated = acts.rotate(site.parts.database, webhook_id=webhook_id, actor=access.actor)
            return _tell(page, access, secret=rotated, heading=page.texts("webhooks.rotated", id=webhook_id), back=here)
        case "remove":
            acts.remove(site.parts.database, webhook_id=webhook_id, actor=access.actor)
            return page.back("/webhooks", said=page.texts("webhooks.removed", id=webhook_id))
        case act:
            raise WrongUse(f"There is no act {quoted(act)} on webhooks: it is replay, test, rotate or remove.")


def _replayed(site: Site, page: Page, access: Access, *, webhook_id: int, form: Form) -> str:
    """Send the ticked messages again, or all that are dead."""
    ids = [int(each) for each in form.all("delivery") if each.isdecimal() and len(each) <= _DIGITS]
    if not ids and form["which"] != "dead":
        raise WrongUse(page.texts("webhooks.nothing_ticked"))
    count = acts.replay(site.parts.database, webhook_id=webhook_id, ids=ids, actor=access.actor)
    return page.texts("webhooks.replayed", count=count)


def _tried(site: Site, page: Page, access: Access, *, webhook_id: int, back: str) -> Response:
    tried = try_webhook(site.parts, webhook_id, actor=access.actor)
    said = page.texts("webhooks.answered", status=tried.status) if tried.delivered else tried.error
    return page.back(back, said=said or page.texts("webhooks.on_its_way"), tone="green" if tried.delivered else "red")


def _list(site: Site, page: Page, access: Access, *, form: Form = _NOTHING, wrong: str = "") -> Response:
    with site.read() as connection:
        found = webhooks_to_show(connection)
    return page.show(
        "webhooks.html",
        access=access,
        status=400 if wrong else 200,
        webhooks=found,
        events=MESSAGE_TYPES,
        form=form,
        wrong=wrong,
        command="mediaproc webhooks list",
    )


def _tell(page: Page, access: Access, *, secret: Secret, heading: str, back: str) -> Response:
    return page.show(
        "secret.html",
        access=access,
        heading=heading,
        sentence=page.texts("webhooks.shown_once"),
        secret=secret.secret,
        warning=secret.warning or "",
        back=back,
        command=f"mediaproc webhooks list {secret.webhook}",
    )
