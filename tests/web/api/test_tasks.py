"""The tasks of a site as a program reads them: the objects of the commands, page by page."""

import pytest
from sqlalchemy import text

from mediaproc.core.access import Scope
from tests.web.api.conftest import ApiSite
from tests.web.server import Server

TASKS = "/api/v1/tasks"


def test_pages_hold_each_task_once_also_of_the_same_moment(api: ApiSite) -> None:
    ids = api.add("page", count=7)
    with api.engine.begin() as connection:
        connection.execute(text("UPDATE media_process SET created_at = now() WHERE id = ANY (:ids)"), {"ids": ids})
    path, found = f"{TASKS}?name=page&limit=3", list[int]()
    cursor = ""
    while True:
        page = api.server.get(path + cursor, token=api.reader).json()
        found += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == sorted(ids, reverse=True)


def test_a_cursor_is_of_its_list_alone(api: ApiSite) -> None:
    api.add("cursor", count=2)
    cursor = api.server.get(f"{TASKS}?name=cursor&limit=1", token=api.reader).json()["next"]
    for path in (f"{TASKS}?limit=1", f"{TASKS}?name=cursor&all=true", f"{TASKS}?name=cursor&before=2020-01-01T00:00Z"):
        answer = api.server.get(f"{path}&cursor={cursor}", token=api.reader)
        assert (answer.status, answer.json()["type"]) == (400, "/problems/malformed")
    of_a_tenant = api.server.token(Scope.READ, tenant="ann")
    assert api.server.get(f"{TASKS}?name=cursor&cursor={cursor}", token=of_a_tenant).status == 400


def test_each_parameter_is_a_word_of_the_selection(api: ApiSite) -> None:
    (task,) = api.add('odd "name" | with bars', tenant="ann")
    words = f"{TASKS}?name=%22name%22 | w&status=failed&status=pending&tenant=ann&profile=mp4&shard=0/1&q=newer:1d"
    assert [each["id"] for each in api.server.get(words.replace(" ", "%20"), token=api.reader).json()["items"]] == [
        task
    ]
    twice = api.server.get(f"{TASKS}?status=failed&q=status:failed", token=api.reader)
    assert twice.status == 400
    assert "stands twice" in twice.json()["detail"]


def test_before_is_a_place_in_the_list(api: ApiSite) -> None:
    early, late = api.add("early"), api.add("early-but-later")
    with api.engine.begin() as connection:
        for ids, moment in ((early, "2020-01-01T00:00Z"), (late, "2020-01-02T00:00Z")):
            connection.execute(
                text("UPDATE media_process SET created_at = :moment WHERE id = ANY (:ids)"),
                {"moment": moment, "ids": ids},
            )
    found = api.server.get(f"{TASKS}?name=early&before=2020-01-02T00:00:00Z", token=api.reader).json()["items"]
    assert [each["id"] for each in found] == early


def test_history_is_told_where_it_is_asked_for(api: ApiSite) -> None:
    (task,) = api.add("done")
    api.complete(task)
    path = f"{TASKS}?name=done"
    assert api.server.get(path, token=api.reader).json()["items"] == []
    for more in ("&all=true", "&status=completed"):
        (line,) = api.server.get(path + more, token=api.reader).json()["items"]
        assert (line["id"], line["status"]) == (task, "completed")
    whole = api.server.get(f"{TASKS}/{task}", token=api.reader).json()
    assert whole["rendition"]["output_key"]
    assert [each["outcome"] for each in whole["attempts"]] == ["completed"]
    assert api.server.get(f"{TASKS}/{task}/attempts", token=api.reader).json() == {"items": whole["attempts"]}


def test_a_log_is_text_whatever_is_in_it(api: ApiSite) -> None:
    (task,) = api.add("log")
    with api.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO media_process_attempt (claim_token, task_id, attempt, executor_id, shard_index,"
                " shard_total, log_tail) VALUES (gen_random_uuid(), :id, 1, gen_random_uuid(), 0, 1, :log)"
            ),
            {"id": task, "log": "<script>alert(1)</script>"},
        )
    answer = api.server.get(f"{TASKS}/{task}/log", token=api.reader)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text == "<script>alert(1)</script>"
    missing = api.server.get(f"{TASKS}/{task}/log?attempt=2", token=api.reader)
    assert (missing.status, missing.json()["detail"]) == (
        404,
        f"There is no attempt 2 at task {task}: nothing was logged.",
    )


def test_what_did_not_change_is_not_sent_again(api: ApiSite) -> None:
    (task,) = api.add("same")
    tag = api.server.get(f"{TASKS}/{task}", token=api.reader).headers["ETag"]
    again = api.server.get(f"{TASKS}/{task}", token=api.reader, headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422), ("limit=201", 422), ("limit=1e9", 422), ("status=nonsense", 400), ("q=%00", 400),
        ("q=" + "a" * 2001, 422), ("cursor=AAAA", 400), ("before=yesterday", 422),
        ("before=0.5", 422), ("shard=3/2", 400),
        ("&".join(["status=failed"] * 51), 422), ("file=zz", 400), ("name=%00", 400),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_in_a_sentence(api: ApiSite, query: str, status: int) -> None:
    answer = api.server.get(f"{TASKS}?{query}", token=api.reader)
    assert answer.status == status
    assert answer.json()["detail"].endswith((".", "?"))


@pytest.mark.parametrize("task_id", ["0", "-1", "9223372036854775808", "1.5", "x", "%2e%2e", "1%00"])
def test_an_id_is_a_number_that_a_row_can_have(api: ApiSite, task_id: str) -> None:
    assert api.server.get(f"{TASKS}/{task_id}", token=api.reader).status in {404, 422}


def test_the_count_is_that_of_the_selection(api: ApiSite) -> None:
    api.add("counted", count=3)
    answer = api.server.get(f"{TASKS}/count?name=counted", token=api.reader)
    assert answer.json() == {"tasks": 3, "more": False}


def test_a_draft_is_named_by_its_url(own_server: Server) -> None:
    token = own_server.token(Scope.ENQUEUE, tenant="ann")
    wish = {"draft_url": "https://drafts.example.com/get_draft?draft_id=20261130120000abcdef12", "priority": 3}
    made = own_server.ask("POST", "/api/v1/tasks", token=token, body=wish)
    assert (made.status, made.json()["status"], made.headers["Location"]) == (201, "enqueued", "/api/v1/tasks/1")
    assert own_server.ask("POST", "/api/v1/tasks", token=token, body=wish).status == 200
    assert own_server.ask("POST", "/api/v1/tasks", token=token, body=wish | {"profile": "mp4"}).status == 422
    assert own_server.ask("POST", "/api/v1/tasks", token=token, body={"draft_url": "ftp://a/"}).status == 400
