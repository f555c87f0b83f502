"""The site as a program reads and runs it: the same objects as the commands print, the same acts."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from mediaproc.cli.main import run
from mediaproc.core.shard import Shard
from mediaproc.db.executor_registry import register
from tests.db.task_rows import registration
from tests.web.api.conftest import ApiSite

API = "/api/v1"
Command = Callable[..., list[Any]]


@pytest.fixture
def command(api: ApiSite, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command on the site, and gives the objects that it prints."""
    url = api.engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    monkeypatch.setenv("MEDIAPROC_DATABASE_URL", url)
    monkeypatch.setenv("MEDIAPROC_STORE_URL", f"file://{api.server.site.parts.store.bucket}")

    def objects(*arguments: object) -> list[Any]:
        capfd.readouterr()
        run([*map(str, arguments), "--json"])
        return [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    yield objects
    # The command set up logging to a stream that ends with this test: what is logged later would go to whatever has its
    # descriptor then, such as a socket.
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()


def _get(api: ApiSite, path: str) -> Any:  # noqa: ANN401
    answer = api.server.get(API + path, token=api.admin)
    assert answer.status == 200, answer.text
    return answer.json()


# What goes on between two looks.
_CLOCKS = {"due_in", "took", "last_seen", "oldest_age", "working_for", "heartbeat_at", "next_fires"}


def _still(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _still(each) for name, each in value.items() if name not in _CLOCKS}
    return [_still(each) for each in value] if isinstance(value, list) else value


def test_api_and_commands_tell_the_same_objects(api: ApiSite, command: Command) -> None:
    (waits, done, runs) = api.add("same", count=3, tenant="ann")
    api.complete(done)
    api.claim(runs)
    with api.engine.begin() as connection:
        register(connection, registration=registration(shard=Shard(0, 1)))
    api.server.ask("POST", f"{API}/webhooks", token=api.admin, body={"url": "https://example.com/a/key"})
    for path, arguments in (
        ("/tasks?name=same&all=true", ("tasks", "list", "name:same", "--all")),
        ("/schedules", ("schedules", "list")),
        ("/webhooks", ("webhooks", "list")),
        ("/tokens", ("token", "list")),
    ):
        told, printed = _get(api, path)["items"], command(*arguments)
        assert told
        assert [list(each) for each in told] == [list(each) for each in printed], path
        assert _still(told) == _still(printed), path
    for task in (waits, done, runs):
        (printed,) = command("tasks", "show", task)
        assert _still(_get(api, f"/tasks/{task}")) == _still(printed)
    (printed,) = command("status")
    told = _get(api, "/stats")
    assert list(told) == list(printed)
    still = {"diagnosis", "disk", "last_hours"}
    assert _still({k: v for k, v in told.items() if k not in still}) == _still(
        {k: v for k, v in printed.items() if k not in still}
    )
    assert told["backlog"] == _get(api, "/backlog")["items"] or _still(told["backlog"]) == _still(
        _get(api, "/backlog")["items"]
    )


def test_a_pause_is_made_listed_and_lifted(api: ApiSite) -> None:
    made = api.server.ask(
        "POST", f"{API}/pauses", token=api.operator, body={"profile": "gif", "until": "2h", "because": "The disk."}
    )
    assert (made.status, made.json()["scope"], made.json()["replaced"]) == (200, "profile gif", False)
    assert [each["because"] for each in _get(api, "/pauses")["items"]] == ["The disk."]
    lifted = api.server.ask("DELETE", f"{API}/pauses?profile=gif", token=api.operator)
    assert (lifted.status, lifted.json()) == (200, {"scope": "profile gif"})
    again = api.server.ask("DELETE", f"{API}/pauses?profile=gif", token=api.operator)
    assert again.status == 404
    assert again.json()["detail"] == "There is no pause of profile gif: `mediaproc status` shows what is paused."


@pytest.mark.parametrize(
    "body",
    [
        {"profile": "nonsense"}, {"shard": "2/2"}, {"shard": "auto"}, {"executor": "zz"}, {"until": "0s"},
        {"until": "2000-01-01"}, {"profile": "mp4", "shard": "0/1"}, {"until": "yesterday"},
    ],
)  # fmt: skip
def test_a_pause_that_cannot_be_is_told_in_a_sentence(api: ApiSite, body: object) -> None:
    answer = api.server.ask("POST", f"{API}/pauses", token=api.operator, body=body)
    assert answer.status == 400
    assert answer.json()["detail"].endswith(".")
    assert _get(api, "/pauses") == {"items": []}


def test_an_executor_is_paused_and_resumed(api: ApiSite) -> None:
    node = registration(shard=Shard(0, 1))
    with api.engine.begin() as connection:
        register(connection, registration=node)
    assert str(node.executor_id) in {each["executor_id"] for each in _get(api, "/executors")["items"]}
    path = f"{API}/executors/{node.executor_id}"
    assert api.server.ask("POST", f"{path}/resume", token=api.operator).status == 404
    paused = api.server.ask("POST", f"{path}/pause", token=api.operator, body={"because": "A new disk."})
    assert (paused.status, paused.json()["scope"]) == (200, f"executor {node.executor_id}")
    assert api.server.ask("POST", f"{path}/resume", token=api.operator).status == 200
    nobody = api.server.ask("POST", f"{API}/executors/00000000-0000-4000-8000-000000000000/pause", token=api.operator)
    assert nobody.status == 404


def test_a_schedule_is_changed_run_and_paused(api: ApiSite) -> None:
    path = f"{API}/schedules/prune"
    changed = api.server.ask("PATCH", path, token=api.operator, body={"cron": "30 3 * * *", "paused": True}).json()
    assert (changed["cron"], changed["next_fires"]) == ("0 30 3 * * *", [])
    assert changed["paused_by"].startswith("test (token ")
    assert api.server.ask("PATCH", path, token=api.operator, body={"paused": True}).status == 200
    back = api.server.ask("PATCH", path, token=api.operator, body={"cron": None, "paused": False}).json()
    assert (back["changed_by"], back["paused_by"], len(back["next_fires"])) == (None, None, 5)
    assert api.server.ask("PATCH", path, token=api.operator, body={"paused": False}).status == 200
    ran = api.server.ask("POST", f"{path}/run", token=api.operator).json()
    assert ran["requested_at"] is not None
    assert _get(api, "/schedules/prune") == ran


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400), ({"paused": None}, 400), ({"cron": "1--100000000 * * * *"}, 400), ({"cron": "* * 31 2 *"}, 400),
        ({"cron": "* " * 200}, 422), ({"paused": "yes"}, 422), ({"crom": "* * * * *"}, 422),
        ({"cron": "*/99999999999999999999 * * * *"}, 400),
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_be_is_told_in_a_sentence(api: ApiSite, body: object, status: int) -> None:
    before = _still(_get(api, "/schedules"))
    answer = api.server.ask("PATCH", f"{API}/schedules/sweep", token=api.operator, body=body)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert _still(_get(api, "/schedules")) == before


def test_the_audit_is_told_page_by_page(api: ApiSite) -> None:
    ids = api.add("audit", count=3)
    for task in ids:
        api.server.ask("POST", f"{API}/tasks/{task}/priority", token=api.operator, body={"priority": 5})
    first = _get(api, "/audit?act=priority%205&limit=2")
    second = _get(api, f"/audit?act=priority%205&limit=2&cursor={first['next']}")
    told = [each["selection"] for each in (*first["items"], *second["items"])]
    assert told[:3] == [str(task) for task in reversed(ids)]
    assert {each["act"] for each in _get(api, "/audit?act=priority")["items"]} >= {"priority 5"}
    actor = first["items"][0]["actor"]
    assert {each["actor"] for each in _get(api, f"/audit?actor={actor}")["items"]} == {actor}
    other = api.server.get(f"{API}/audit?cursor={first['next']}", token=api.admin)
    assert other.status == 400


def test_a_token_is_created_used_and_revoked(api: ApiSite) -> None:
    made = api.server.ask(
        "POST", f"{API}/tokens", token=api.admin, body={"scopes": ["read"], "name": "site", "expires": 3600}
    )
    assert made.status == 201
    token = made.json()
    assert api.server.get(f"{API}/tasks", token=token["token"]).status == 200
    assert token["token"] not in json.dumps(_get(api, "/tokens"))
    assert api.server.ask("DELETE", f"{API}/tokens/{token['id']}", token=api.admin).status == 204
    assert api.server.get(f"{API}/tasks", token=token["token"]).status == 401
    missing = api.server.ask("DELETE", f"{API}/tokens/{'0' * 12}", token=api.admin)
    assert (missing.status, "There is no token" in missing.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"scopes": []}, 422), ({"scopes": ["root"]}, 422), ({"scopes": ["read"], "expires": 1}, 422),
        ({"scopes": ["admin"], "tenant": "ann"}, 400), ({"scopes": ["read"], "name": "a\nb"}, 400),
    ],
)  # fmt: skip
def test_a_token_that_cannot_be_is_not_created(api: ApiSite, body: object, status: int) -> None:
    before = len(_get(api, "/tokens")["items"])
    assert api.server.ask("POST", f"{API}/tokens", token=api.admin, body=body).status == status
    assert len(_get(api, "/tokens")["items"]) == before


def test_webhooks_are_added_listed_and_removed(api: ApiSite) -> None:
    added = api.server.ask(
        "POST", f"{API}/webhooks", token=api.admin, body={"url": "https://example.com/k", "events": ["task.completed"]}
    )
    assert added.status == 201
    number, secret = added.json()["webhook"], added.json()["secret"]
    path = f"{API}/webhooks/{number}"
    assert _get(api, f"/webhooks/{number}")["url"] == "https://example.com/…"
    rotated = api.server.ask("POST", f"{path}/rotate", token=api.admin).json()["secret"]
    assert rotated != secret
    with api.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO media_delivery (webhook_id, type, body, dead_at)"
                " SELECT :id, 'task.completed', '{}', now() FROM generate_series(1, 5)"
            ),
            {"id": number},
        )
    first = _get(api, f"/webhooks/{number}/deliveries?limit=3")
    second = _get(api, f"/webhooks/{number}/deliveries?limit=3&cursor={first['next']}")
    ids = [each["id"] for each in (*first["items"], *second["items"])]
    assert (len(ids), ids, second["next"]) == (5, sorted(ids, reverse=True), None)
    replayed = api.server.ask("POST", f"{path}/replay", token=api.admin, body={"deliveries": ids[:2]}).json()
    assert replayed == {"webhook": number, "replayed": 2}
    assert api.server.ask("DELETE", path, token=api.admin).status == 204
    for again in (api.server.ask("DELETE", path, token=api.admin), api.server.get(path, token=api.admin)):
        assert again.status == 404
        assert again.json()["detail"].startswith(f"There is no webhook {number}: ")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://localhost/", "ftp://example.com", "https://[::1]/", ""])
def test_a_webhook_to_where_nobody_may_be_told_is_refused(api: ApiSite, url: str) -> None:
    answer = api.server.ask("POST", f"{API}/webhooks", token=api.admin, body={"url": url})
    assert answer.status in {400, 422}
