"""Every route of the description with every kind of token: each is open to whom it is for, and closed to all others."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from mediaproc.core.access import Scope, Token
from mediaproc.db.access import tokens
from tests.web.api.conftest import ApiSite

_METHODS = {"get", "head", "post", "put", "patch", "delete"}
# What is put in the place of a path's parameters; nothing has these names.
_NAMES = {
    "name": "prune", "executor_id": "00000000-0000-4000-8000-000000000000", "file_id": "f" * 64,
    "token_id": "0" * 12, "upload_id": "f" * 32,
}  # fmt: skip
# Routes for those too who are bound to a tenant, by how their paths begin; all others concern the whole site.
_OF_TENANTS = re.compile(r"/api/v1/(tasks|bulk|files|uploads|events)\b")


@dataclass(frozen=True, kw_only=True)
class Route:
    method: str
    path: str
    scope: Scope | None

    @property
    def is_of_tenants(self) -> bool:
        return _OF_TENANTS.match(self.path) is not None


@pytest.fixture(scope="module")
def description(api: ApiSite) -> Any:  # noqa: ANN401 - a document
    return api.server.get("/openapi.json", token=api.reader).json()


@pytest.fixture(scope="module")
def routes(description: Any) -> list[Route]:  # noqa: ANN401
    return list(_routes(description))


def _routes(description: Any) -> Iterator[Route]:  # noqa: ANN401
    for path, methods in description["paths"].items():
        for method in _METHODS & set(methods):
            scopes = [scope for each in methods[method].get("security", ()) for scope in next(iter(each.values()))]
            scope = Scope(scopes[0]) if scopes else None
            named = re.sub(r"\{(\w+)\}", lambda name: _NAMES.get(name[1], "999999999"), path)
            yield Route(method=method.upper(), path=named, scope=scope)


def _status(api: ApiSite, route: Route, token: str | None) -> int:
    """The status alone: the body of some answers has no end."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    pool = api.server.pool
    answer = pool.request(
        route.method, api.server.url + route.path, body=b"{}", headers=headers, preload_content=False, redirect=False
    )
    answer.close()
    return answer.status


def _expired(api: ApiSite) -> str:
    token = api.server.token(*Scope)
    with api.engine.begin() as connection:
        connection.execute(
            text("UPDATE media_token SET expires_at = now() - interval '1 s' WHERE id = :id"),
            {"id": token.split("_")[1]},
        )
    return token


def _revoked(api: ApiSite) -> str:
    token = Token.parse(api.server.token(*Scope))
    assert token is not None
    with api.engine.begin() as connection:
        tokens.revoke(connection, ids=[token.id])
    return token.text


def test_each_route_names_a_right(routes: list[Route]) -> None:
    assert len(routes) > 30
    assert [f"{route.method} {route.path}" for route in routes if route.scope is None] == []


@pytest.mark.parametrize("kind", ["none", "expired", "revoked", "wrong"])
def test_without_a_token_that_is_good_each_route_is_closed(api: ApiSite, routes: list[Route], kind: str) -> None:
    token = None
    match kind:
        case "expired":
            token = _expired(api)
        case "revoked":
            token = _revoked(api)
        case "wrong":
            token = Token(id="0" * 12, secret="0" * 64).text
    answered = {f"{route.method} {route.path}": _status(api, route, token) for route in routes}
    assert {route: status for route, status in answered.items() if status != 401} == {}


# Which rights each scope gives.
_GIVES: Mapping[Scope, set[Scope]] = {
    Scope.READ: {Scope.READ},
    Scope.OPERATE: {Scope.READ, Scope.OPERATE},
    Scope.ADMIN: set(Scope),
    Scope.ENQUEUE: {Scope.ENQUEUE},
}


@pytest.mark.parametrize("tenant", [None, "ann"])
@pytest.mark.parametrize("scope", Scope)
def test_each_route_is_open_to_its_right_alone(
    api: ApiSite, routes: list[Route], scope: Scope, tenant: str | None
) -> None:
    token = api.server.token(scope, tenant=tenant)
    wrong = {}
    for route in routes:
        may = route.scope in _GIVES[scope] and (tenant is None or route.is_of_tenants)
        status = _status(api, route, token)
        if (status == 403) == may or status == 401 or status >= 500:
            wrong[f"{route.method} {route.path}"] = status
    assert wrong == {}


def test_a_right_that_were_not_checked_would_be_seen(api: ApiSite, routes: list[Route]) -> None:
    reader = api.server.token(Scope.READ)
    unchecked = Route(method="GET", path="/api/v1/tasks", scope=Scope.ADMIN)
    assert _status(api, unchecked, reader) != 403
    assert unchecked not in routes
