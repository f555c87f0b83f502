"""Webhooks: whom the site tells, what became of the messages, try one and send again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field
from starlette.responses import Response

from mediaproc import app as composition
from mediaproc.acts import webhooks as acts
from mediaproc.acts.webhooks import NoSuchWebhook, Secret
from mediaproc.core.errors import WrongUse
from mediaproc.core.message import MESSAGE_TYPES, parse_message_types
from mediaproc.core.selection import LARGEST_ID
from mediaproc.db import deliveries
from mediaproc.db.database import Connection
from mediaproc.db.deliveries import DeliveryLine
from mediaproc.db.webhooks import WebhookLine, webhooks_to_show
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.bodies import RequestBody, example
from mediaproc.web.api.parameters import CursorText, Limit, RowId
from mediaproc.web.cursor import keyset_page
from mediaproc.web.idempotency import IdempotentRoute, answer_once
from mediaproc.web.problems import ProblemKind
from mediaproc.web.site import TheSite
from mediaproc.web.tenant_bounds import SiteAdmin
from mediaproc.webhook_trial import Tried, try_webhook

router = APIRouter(tags=["webhooks"], route_class=IdempotentRoute)

_NOT_THERE = [ProblemKind.NOT_FOUND]
DeliveryId = Annotated[int, Field(ge=1, le=LARGEST_ID, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    """All webhooks, without their secrets; of a URL no more is told than its host."""

    items: Sequence[WebhookLine]


@dataclass(frozen=True, kw_only=True)
class Deliveries:
    """Messages, the latest first; `next` is the cursor of the page behind, null on the last."""

    items: Sequence[DeliveryLine]
    next: str | None


@dataclass(frozen=True, kw_only=True)
class ToldSecret:
    """A webhook and its secret, told only now: null where an Idempotency-Key asks for it again."""

    webhook: int
    secret: str | None
    warning: str | None


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """How many messages are sent again."""

    webhook: int
    replayed: int


class NewWebhook(RequestBody):
    """Where messages are sent, of what and whose tasks."""

    model_config = example({"url": "https://example.com/hook", "events": ["task.completed"]})

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    events: Annotated[
        list[Annotated[str, Field(max_length=100)]] | None,
        Field(max_length=20, description=f"Of {', '.join(MESSAGE_TYPES)}."),
    ] = None
    tenant: Annotated[str | None, Field(max_length=1000, description="Only of its tasks; then no alarms.")] = None


class Replay(RequestBody):
    """Which messages: these, or all of the last `since` seconds, or with neither those that are dead."""

    model_config = example({"since": 3600})

    deliveries: Annotated[list[Annotated[int, Field(ge=1, le=LARGEST_ID, strict=True)]], Field(max_length=1000)] = (
        Field(default=[])
    )
    since: Annotated[float | None, Field(ge=1, le=1e9, allow_inf_nan=False)] = None


@router.get("/webhooks", responses=responses(Webhooks), response_model=None)
def list_webhooks(site: TheSite, _access: SiteAdmin) -> Response:
    """Whom the site tells, and what waits for each."""
    with site.read() as connection:
        return answer(Webhooks(items=webhooks_to_show(connection)))


@router.post("/webhooks", responses=responses(ToldSecret, status=201), response_model=None, status_code=201)
def add_webhook(site: TheSite, access: SiteAdmin, body: Annotated[NewWebhook, Body()]) -> Response:
    """Tell this address of every event from now on; the answer has the secret of the signatures, this once."""
    events = MESSAGE_TYPES if body.events is None else parse_message_types(",".join(body.events))
    http = composition.make_http(site.parts.settings)
    added = acts.add(site.parts.database, http, url=body.url, events=events, tenant=body.tenant, actor=access.actor)
    return _tell(added, status=201)


@router.get("/webhooks/{webhook_id}", responses=responses(WebhookLine, problems=_NOT_THERE), response_model=None)
def show_webhook(site: TheSite, _access: SiteAdmin, webhook_id: RowId) -> Response:
    """One of them."""
    with site.read() as connection:
        return answer(_found(connection, webhook_id))


@router.delete(
    "/webhooks/{webhook_id}", responses=responses(status=204, problems=_NOT_THERE), status_code=204, response_model=None
)
def remove_webhook(site: TheSite, access: SiteAdmin, webhook_id: RowId) -> Response:
    """Tell it nothing any more, not even what waits for it."""
    acts.remove(site.parts.database, webhook_id=webhook_id, actor=access.actor)
    return Response(status_code=204)


@router.get(
    "/webhooks/{webhook_id}/deliveries", responses=responses(Deliveries, problems=_NOT_THERE), response_model=None
)
def list_deliveries(
    site: TheSite, _access: SiteAdmin, webhook_id: RowId, limit: Limit = 50, cursor: CursorText = None
) -> Response:
    """The messages that it did not take: they wait for another try, or are dead."""
    with site.read() as connection:
        _found(connection, webhook_id)
        page = keyset_page(
            lambda before, most: deliveries.deliveries(connection, webhook_id=webhook_id, limit=most, before=before),
            of=f"deliveries {webhook_id}", key=site.key, limit=limit, cursor=cursor,
        )  # fmt: skip
    return answer(Deliveries(items=page.items, next=page.next))


@router.post("/webhooks/{webhook_id}/rotate", responses=responses(ToldSecret, problems=_NOT_THERE), response_model=None)
def rotate_secret(site: TheSite, access: SiteAdmin, webhook_id: RowId) -> Response:
    """Give it a new secret, told this once; for a day messages are signed with the one before too."""
    return _tell(acts.rotate(site.parts.database, webhook_id=webhook_id, actor=access.actor))


@router.post("/webhooks/{webhook_id}/test", responses=responses(Tried, problems=_NOT_THERE), response_model=None)
def test_webhook(site: TheSite, access: SiteAdmin, webhook_id: RowId) -> Response:
    """Send it a message of type webhook.test now, once, and say what came back."""
    return answer(try_webhook(site.parts, webhook_id, actor=access.actor))


@router.post("/webhooks/{webhook_id}/replay", responses=responses(Replayed, problems=_NOT_THERE), response_model=None)
def replay(
    site: TheSite,
    access: SiteAdmin,
    webhook_id: RowId,
    body: Annotated[Replay, Body()] = Replay(),  # noqa: B008 - a value that nobody changes
) -> Response:
    """Send again, under their ids, the messages that are dead, or those that are named; a disabled webhook goes on."""
    if body.deliveries and body.since is not None:
        raise WrongUse("Name deliveries or since, not both.")
    count = acts.replay(
        site.parts.database, webhook_id=webhook_id, ids=body.deliveries, since=body.since, actor=access.actor
    )
    return answer(Replayed(webhook=webhook_id, replayed=count))


def _found(connection: Connection, webhook_id: int) -> WebhookLine:
    found = webhooks_to_show(connection, webhook_id=webhook_id)
    if not found:
        raise NoSuchWebhook(webhook_id)
    return found[0]


def _tell(secret: Secret, *, status: int = 200) -> Response:
    told = ToldSecret(webhook=secret.webhook, secret=secret.secret, warning=secret.warning)
    return answer_once(told, kept=replace(told, secret=None), status=status)
