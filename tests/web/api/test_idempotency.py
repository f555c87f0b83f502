"""The same POST again under its Idempotency-Key is answered as the first one was, and done once."""

import threading

from sqlalchemy import text

from mediaproc.core.access import Scope, Token, digest
from mediaproc.db.access import idempotency
from tests.web.api.conftest import ApiSite

API = "/api/v1"


def _post(api: ApiSite, path: str, *, key: str, token: str, body: object = None):  # type: ignore[no-untyped-def] # noqa: ANN202
    return api.server.ask("POST", API + path, token=token, body=body, headers={"Idempotency-Key": key})


def _acts(api: ApiSite, selection: str) -> int:
    with api.engine.connect() as connection:
        counted = text("SELECT count(*) FROM media_audit WHERE selection = :selection")
        return int(connection.scalar(counted, {"selection": selection}) or 0)


def test_the_same_request_is_done_once(api: ApiSite) -> None:
    (task,) = api.add("once")
    answers = [_post(api, f"/tasks/{task}/cancel", key="k1", token=api.operator) for _ in range(3)]
    assert [(each.status, each.body) for each in answers] == [(200, answers[0].body)] * 3
    assert [each.headers.get("Idempotency-Replayed") for each in answers] == [None, "true", "true"]
    assert _acts(api, str(task)) == 1


def test_a_refusal_is_told_again_too(api: ApiSite) -> None:
    answers = [_post(api, "/tasks/999999/cancel", key="k2", token=api.operator) for _ in range(2)]
    assert [each.status for each in answers] == [404, 404]
    assert answers[0].body == answers[1].body


def test_a_key_of_another_request_is_refused(api: ApiSite) -> None:
    (one, other) = api.add("keys", count=2)
    assert _post(api, f"/tasks/{one}/priority", key="k3", token=api.operator, body={"priority": 1}).status == 200
    for path, body in ((f"/tasks/{one}/priority", {"priority": 2}), (f"/tasks/{other}/priority", {"priority": 1})):
        refused = _post(api, path, key="k3", token=api.operator, body=body)
        assert (refused.status, refused.json()["type"]) == (422, "/problems/invalid")
    assert api.server.get(f"{API}/tasks/{one}", token=api.reader).json()["priority"] == 1


def test_another_bearers_key_is_another_key(api: ApiSite) -> None:
    (one, other) = api.add("bearers", count=2)
    second = api.server.token(Scope.OPERATE)
    assert _post(api, f"/tasks/{one}/cancel", key="k4", token=api.operator).status == 200
    assert _post(api, f"/tasks/{other}/cancel", key="k4", token=second).status == 200


def test_a_request_that_is_under_way_is_not_begun_twice(api: ApiSite) -> None:
    (task,) = api.add("way")
    statuses = list[int]()
    with api.engine.begin() as held:
        held.execute(text("SELECT 1 FROM media_process WHERE id = :id FOR UPDATE"), {"id": task})
        first = threading.Thread(
            target=lambda: statuses.append(_post(api, f"/tasks/{task}/cancel", key="k5", token=api.operator).status)
        )
        first.start()
        while not _is_begun(api, "k5"):
            pass
        second = _post(api, f"/tasks/{task}/cancel", key="k5", token=api.operator)
    first.join()
    assert (second.status, second.json()["type"]) == (409, "/problems/conflict")
    assert statuses[0] in {200, 423}


def _is_begun(api: ApiSite, key: str) -> bool:
    with api.engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM media_idempotency_key WHERE key = :key"), {"key": key})
    return bool(found)


def test_what_was_only_locked_may_be_tried_again_under_its_key(api: ApiSite) -> None:
    (task,) = api.add("again")
    with api.engine.begin() as held:
        held.execute(text("SELECT 1 FROM media_process WHERE id = :id FOR UPDATE"), {"id": task})
        assert _post(api, f"/tasks/{task}/cancel", key="k6", token=api.operator).status == 423
    assert _post(api, f"/tasks/{task}/cancel", key="k6", token=api.operator).status == 200


def test_a_secret_is_kept_nowhere_for_who_asks_again(api: ApiSite) -> None:
    made, again = (_post(api, "/tokens", key="k7", token=api.admin, body={"scopes": ["read"]}) for _ in range(2))
    token = Token.parse(made.json()["token"])
    assert token is not None
    assert (made.status, again.status) == (201, 201)
    assert again.json() == {"id": token.id, "token": None}
    with api.engine.connect() as connection:
        bodies = list(connection.scalars(text("SELECT body FROM media_idempotency_key WHERE body IS NOT NULL")))
    assert bodies
    assert not any(token.secret.encode() in body or digest(token.secret) in body for body in bodies)
    assert idempotency.KEPT == 86_400


def test_a_key_has_bounds(api: ApiSite) -> None:
    for key in ("", "x" * 201, "a\x7f"):
        answer = _post(api, "/tasks/1/cancel", key=key, token=api.operator)
        assert (answer.status, answer.json()["type"]) == (400, "/problems/malformed")
