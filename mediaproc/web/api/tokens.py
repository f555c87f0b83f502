"""Tokens: who may use the API, create one and revoke it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Body, Path
from pydantic import Field
from starlette.responses import Response

from mediaproc.acts import tokens as acts
from mediaproc.core.access import LONGEST_LIFE, SHORTEST_LIFE, Scope
from mediaproc.db.access import tokens
from mediaproc.db.access.tokens import TokenLine
from mediaproc.web.answers import answer, responses
from mediaproc.web.api.bodies import RequestBody, example
from mediaproc.web.idempotency import IdempotentRoute, answer_once
from mediaproc.web.problems import ProblemKind
from mediaproc.web.site import TheSite
from mediaproc.web.tenant_bounds import SiteAdmin

router = APIRouter(tags=["tokens"], route_class=IdempotentRoute)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """All tokens without their secrets, the latest first, those that are valid no more too."""

    items: Sequence[TokenLine]


@dataclass(frozen=True, kw_only=True)
class ToldToken:
    """A new token and its text, told only now: null where an Idempotency-Key asks for it again."""

    id: str
    token: str | None = field(repr=False)


class NewToken(RequestBody):
    """What it may do, whose tasks it is for, and for how long."""

    model_config = example({"scopes": ["read", "enqueue"], "tenant": "ann", "name": "backend", "expires": 2592000})

    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    tenant: Annotated[str | None, Field(max_length=1000, description="Only with its tasks.")] = None
    name: Annotated[str, Field(max_length=1000, description="What it is for, for people.")] = ""
    expires: Annotated[
        float | None,
        Field(ge=SHORTEST_LIFE, le=LONGEST_LIFE, allow_inf_nan=False, description="Seconds; null: it does not end."),
    ] = None


@router.get("/tokens", responses=responses(Tokens), response_model=None)
def list_tokens(site: TheSite, _access: SiteAdmin) -> Response:
    """Who may use the page and the API."""
    with site.read() as connection:
        return answer(Tokens(items=tokens.tokens(connection)))


@router.post("/tokens", responses=responses(ToldToken, status=201), response_model=None, status_code=201)
def create_token(site: TheSite, access: SiteAdmin, body: Annotated[NewToken, Body()]) -> Response:
    """A new token; the answer has its text, this once."""
    created = acts.create(
        site.parts.database,
        scopes=list(dict.fromkeys(body.scopes)),
        tenant=body.tenant,
        name=body.name,
        life=body.expires,
        actor=access.actor,
    )
    told = ToldToken(id=created.id, token=created.token)
    return answer_once(told, kept=replace(told, token=None), status=201)


@router.delete(
    "/tokens/{token_id}",
    responses=responses(status=204, problems=[ProblemKind.NOT_FOUND]),
    status_code=204,
    response_model=None,
)
def revoke_token(
    site: TheSite,
    access: SiteAdmin,
    token_id: Annotated[str, Path(pattern="^[0-9a-f]{12}$", description="What stands behind `mp_` in it.")],
) -> Response:
    """It is valid no more, and the logins that began with it are over."""
    acts.revoke(site.parts.database, ids=[token_id], actor=access.actor)
    return Response(status_code=204)
