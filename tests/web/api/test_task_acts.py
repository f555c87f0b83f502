"""Acts on tasks by a program: the sentences of the commands, and none that was not meant."""

import threading

import pytest
from sqlalchemy import text

from mediaproc.core.access import Scope
from tests.web.api.conftest import ApiSite
from tests.web.event_reader import reading

TASKS = "/api/v1/tasks"


def _audit(api: ApiSite, task_id: int) -> list[tuple[str, str, int]]:
    with api.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT actor, act, count FROM media_audit WHERE selection = :task ORDER BY id"),
            {"task": str(task_id)},
        )
        return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [("cancel", None, None), ("retry", None, "pending"), ("reject", {"because": "Not ours."}, "rejected")],
)
def test_an_act_is_done_and_audited(api: ApiSite, act: str, body: object, status: str | None) -> None:
    (task,) = api.add(f"act-{act}")
    answer = api.server.ask("POST", f"{TASKS}/{task}/{act}", token=api.operator, body=body)
    assert (answer.status, answer.json()) == (200, {"task": task, "done": True, "error": None})
    assert api.status(task) == status
    ((actor, told, count),) = _audit(api, task)
    assert (told, count) == (act, 1)
    assert actor.startswith("test (token ")


def test_a_priority_is_set(api: ApiSite) -> None:
    (task,) = api.add("priority")
    answer = api.server.ask("POST", f"{TASKS}/{task}/priority", token=api.operator, body={"priority": -7})
    assert answer.status == 200
    assert api.server.get(f"{TASKS}/{task}", token=api.reader).json()["priority"] == -7


def test_too_late_is_a_conflict_with_the_sentence_of_the_command(api: ApiSite) -> None:
    (task,) = api.add("late")
    assert api.server.ask("POST", f"{TASKS}/{task}/cancel", token=api.operator).status == 200
    again = api.server.ask("POST", f"{TASKS}/{task}/cancel", token=api.operator, headers={"If-Match": "*"})
    assert (again.status, again.json()["type"]) == (409, "/problems/too-late")
    assert again.json()["detail"] == f"Task {task} is cancelled already."


def test_a_task_that_is_not_there_is_not_found(api: ApiSite) -> None:
    answer = api.server.ask("POST", f"{TASKS}/999999/cancel", token=api.operator)
    assert (answer.status, answer.json()["detail"]) == (404, "There is no task 999999.")


def test_an_act_meant_for_another_state_changes_nothing(api: ApiSite) -> None:
    (task,) = api.add("state")
    seen = api.server.get(f"{TASKS}/{task}", token=api.reader).headers["ETag"]
    assert api.server.ask("POST", f"{TASKS}/{task}/priority", token=api.operator, body={"priority": 3}).status == 200
    refused = api.server.ask("POST", f"{TASKS}/{task}/cancel", token=api.operator, headers={"If-Match": seen})
    assert (refused.status, refused.json()["type"]) == (412, "/problems/changed")
    assert api.status(task) == "pending"
    now = api.server.get(f"{TASKS}/{task}", token=api.reader).headers["ETag"]
    assert api.server.ask("POST", f"{TASKS}/{task}/cancel", token=api.operator, headers={"If-Match": now}).status == 200


def test_of_two_that_act_on_the_same_state_at_once_one_is_refused(api: ApiSite) -> None:
    (task,) = api.add("race")
    seen = api.server.get(f"{TASKS}/{task}", token=api.reader).headers["ETag"]
    begin, statuses = threading.Barrier(4), list[int]()

    def act(priority: int) -> None:
        begin.wait()
        answer = api.server.ask(
            "POST", f"{TASKS}/{task}/priority", token=api.operator, body={"priority": priority},
            headers={"If-Match": seen},
        )  # fmt: skip
        statuses.append(answer.status)

    threads = [threading.Thread(target=act, args=(priority,)) for priority in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 412, 412, 412]


def test_another_tenants_task_is_not_there(api: ApiSite) -> None:
    (task,) = api.add("foreign", tenant="bob")
    ann = api.server.token(Scope.ADMIN, tenant="ann")
    for path in ("", "/attempts", "/log"):
        assert api.server.get(f"{TASKS}/{task}{path}", token=ann).status == 404
    for act, body in (("cancel", None), ("retry", None), ("reject", {"because": "x"}), ("priority", {"priority": 1})):
        answer = api.server.ask("POST", f"{TASKS}/{task}/{act}", token=ann, body=body)
        assert (answer.status, answer.json()["detail"]) == (404, f"There is no task {task}.")
    assert api.status(task) == "pending"
    assert api.server.get(f"{TASKS}?name=foreign", token=ann).json()["items"] == []
    assert api.server.get(f"{TASKS}?q=tenant:bob", token=ann).status == 403


def test_a_task_that_another_tenant_had_made_is_seen_and_not_changed(api: ApiSite) -> None:
    (task,) = api.add("shared", tenant="bob", also="ann")
    ann = api.server.token(Scope.OPERATE, tenant="ann")
    assert api.server.get(f"{TASKS}/{task}", token=ann).status == 200
    assert api.server.ask("POST", f"{TASKS}/{task}/cancel", token=ann).status == 403
    bulk = {"action": "cancel", "selection": "name:shared", "expect": 0}
    answer = api.server.ask("POST", "/api/v1/bulk", token=ann, body=bulk)
    assert (answer.status, answer.json()["changed"]) == (200, 0)
    assert api.status(task) == "pending"


def test_of_a_task_that_another_tenant_had_made_only_ones_own_name_is_told(api: ApiSite) -> None:
    (task,) = api.add("bobs-secret", tenant="bob", also="ann")
    with api.engine.begin() as connection:
        connection.execute(text("UPDATE media_upload SET filename = 'hers.avi' WHERE tenant = 'ann'"))
        (file,) = connection.scalars(text("SELECT file_id FROM media_process WHERE id = :id"), {"id": task})
        upload = "a" * 32
        connection.execute(
            text(
                "INSERT INTO media_resumable_upload (id, bucket, size, received, metadata, tenant, actor, expires_at,"
                " outcome, file_id, task_ids, ended_at) VALUES (:id, '', 1, 1, CAST(:metadata AS jsonb), 'ann', '',"
                " now() + interval '1 day', 'duplicate', :file, ARRAY[CAST(:task AS bigint)], now())"
            ),
            {"id": upload, "file": file, "task": task, "metadata": '{"filename": "hers.avi"}'},
        )
    ann = api.server.token(Scope.READ, Scope.ENQUEUE, tenant="ann")
    paths = (f"/tasks/{task}", "/tasks?limit=200", f"/files/{file}", f"/uploads/{upload}")
    for answer in (api.server.get(f"/api/v1{path}", token=ann) for path in paths):
        assert (answer.status, "hers.avi" in answer.text) == (200, True), answer.text
        assert "bob" not in answer.text
    with reading(api.server, f"task={task}", token=ann) as reader:
        told = reader.until("task").json()
        assert (told["id"], told["filename"], told["tenant"]) == (task, "hers.avi", "")
    assert "bobs-secret" in api.server.get(f"{TASKS}/{task}", token=api.reader).text


def test_a_bulk_of_a_tenant_changes_its_own(api: ApiSite) -> None:
    own, others = api.add("bulk-own", count=3, tenant="cat"), api.add("bulk-other", count=3, tenant="dog")
    cat = api.server.token(Scope.OPERATE, tenant="cat")
    by_ids = " ".join(map(str, [*own, *others]))
    for selection, act in (("name:bulk", {"action": "priority", "priority": 4}), (by_ids, {"action": "cancel"})):
        answer = api.server.ask("POST", "/api/v1/bulk", token=cat, body={"selection": selection, "expect": 3} | act)
        assert (answer.status, answer.json()["met"], answer.json()["changed"]) == (200, 3, 3)
    assert [api.status(task) for task in own] == [None] * 3
    assert [api.status(task) for task in others] == ["pending"] * 3
    with api.engine.connect() as connection:
        told = connection.scalars(text("SELECT selection FROM media_audit WHERE selection LIKE '%name:bulk%'")).all()
    assert told == ["tenant:cat name:bulk"]


def test_a_bulk_of_another_count_than_expected_changes_nothing(api: ApiSite) -> None:
    ids = api.add("counted", count=12)
    body = {"action": "cancel", "selection": "name:counted", "expect": 9}
    refused = api.server.ask("POST", "/api/v1/bulk", token=api.operator, body=body)
    assert (refused.status, refused.json()["type"]) == (409, "/problems/conflict")
    assert "means 12 tasks now, and 9 were expected" in refused.json()["detail"]
    assert {api.status(task) for task in ids} == {"pending"}
    answer = api.server.ask("POST", "/api/v1/bulk", token=api.operator, body=body | {"expect": 11})
    assert answer.json() == {"selection": "name:counted", "met": 12, "changed": 12, "locked": 0, "error": None}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("tasks/1/reject", {"because": ""}, 422), ("tasks/1/reject", {}, 422), ("tasks/1/reject", None, 422),
        ("tasks/1/priority", {"priority": 1001}, 422), ("tasks/1/priority", {"priority": "1"}, 422),
        ("tasks/1/priority", {"priority": 1, "more": 1}, 422), ("tasks/1/priority", b"{", 422),
        ("bulk", {"action": "delete", "selection": "1", "expect": 1}, 422),
        ("bulk", {"action": "cancel", "selection": "status:completed", "expect": 0}, 409),
        ("bulk", {"action": "cancel", "selection": "nonsense", "expect": 1}, 400),
        ("bulk", {"action": "cancel", "selection": "name:x", "expect": -1}, 422),
        ("bulk", {"action": "reject", "selection": "name:x", "expect": 1}, 400),
        ("bulk", {"action": "cancel", "selection": "name:x", "expect": 1, "priority": 3}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_a_sentence(api: ApiSite, path: str, body: object, status: int) -> None:
    answer = api.server.ask(
        "POST", f"/api/v1/{path}", token=api.operator, body=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["detail"].endswith(".")


def test_a_task_that_another_session_holds_is_told_as_locked(api: ApiSite) -> None:
    (task,) = api.add("held")
    with api.engine.begin() as forgotten:
        forgotten.execute(text("SELECT 1 FROM media_process WHERE id = :id FOR UPDATE"), {"id": task})
        answer = api.server.ask("POST", f"{TASKS}/{task}/cancel", token=api.operator)
    assert (answer.status, answer.json()["type"]) == (423, "/problems/locked")
