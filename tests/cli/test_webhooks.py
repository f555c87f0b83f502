"""`mediaproc webhooks`: what a person does with them, and what is refused."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from mediaproc.core.message import MESSAGE_TYPES, signature_headers
from tests.cli.clips import make_clip
from tests.cli.conftest import Command
from tests.db.webhook_rows import outbox
from tests.parts.receiver import Receiver, status

_HOSTS = "MEDIAPROC_WEBHOOK_HOSTS"


def _audit(engine: Engine) -> list[tuple[str, str, int]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT act, selection, count FROM media_audit ORDER BY id"))
        return [tuple(row) for row in rows]


def test_a_webhook_is_added_tried_listed_and_removed(
    site: Command, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as receiver:
        monkeypatch.setenv(_HOSTS, receiver.host)
        (added,) = site("webhooks", "add", receiver.url, "--json").objects()
        number, secret = added["webhook"], added["secret"]
        assert secret.startswith("whsec_")
        assert added["warning"] == f"Executors send the messages: each of them needs {receiver.host} in {_HOSTS} too."
        ran = site("webhooks", "test", number)
        assert (ran.code, ran.out) == (0, f"Webhook {number} answered 204: it has the message.\n")
        receiver.respond = status(500)
        ran = site("webhooks", "test", number)
        assert (ran.code, ran.out) == (1, "The receiver failed with 500.\n")
        assert len({each.headers["webhook-id"] for each in receiver.received}) == 2
    (line,) = site("webhooks", "list", "--json").objects()
    assert (line["events"], line["waiting"], line["dead"]) == ([*MESSAGE_TYPES], 1, 0)
    every = site("webhooks", "list").out + site("webhooks", "list", number).out + site("webhooks", "list", "--json").out
    # The key in the URL's query and the secret are shown nowhere again.
    assert "key=" not in every
    assert "secret" not in every
    assert secret not in every
    assert "The receiver failed with 500." in every
    assert site("webhooks", "rotate", number, "--json").objects()[0]["secret"] != secret
    assert site("webhooks", "remove", number).out == f"Webhook {number} is removed.\n"
    assert outbox(engine) == []
    acts = ["webhook add", "webhook test", "webhook test", "webhook rotate", "webhook remove"]
    assert _audit(engine) == [(act, f"webhook {number}", 1) for act in acts]


def test_what_is_dead_is_sent_again(site: Command, rows: Connection) -> None:
    (added,) = site("webhooks", "add", "https://93.184.216.34/", "--events", "task.completed", "--json").objects()
    number = added["webhook"]
    rows.execute(
        text(
            "INSERT INTO media_delivery (webhook_id, task_id, type, body, dead_at, delivered_at)"
            " SELECT :webhook, task, 'task.completed', '{}', CASE WHEN task <= 3 THEN now() END,"
            " CASE WHEN task > 3 THEN now() END FROM generate_series(1, 5) AS task"
        ),
        {"webhook": number},
    )
    rows.commit()
    said = f"- Webhook {number}: 3 messages dead; `mediaproc webhooks list {number}` says why"
    assert said in site("status").out
    told = site("status", "--json").objects()[0]["webhooks"]
    assert [(line["id"], line["dead"]) for line in told] == [(number, 3)]
    (found,) = [each for each in site("doctor", "--json").objects() if each["part"] == f"webhook {number}"]
    assert found["state"] == "warning"
    assert site("webhooks", "replay", number).out == "3 messages will be sent again.\n"
    assert "nothing is sent again" in site("webhooks", "replay", number).out
    assert site("webhooks", "replay", number, "--since", "3600", "--json").objects() == [
        {"webhook": number, "replayed": 2}
    ]
    assert site("webhooks", "replay", number, "4711").code == 1


def test_an_executor_tells_of_its_last_task_before_it_ends(
    site: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip(tmp_path / "clip.avi")
    with Receiver() as receiver:
        monkeypatch.setenv("MEDIAPROC_WEBHOOK_HOSTS", receiver.host)
        secret = site("webhooks", "add", receiver.url, "--json").objects()[0]["secret"]
        (enqueued,) = site("enqueue", tmp_path / "clip.avi", "--json").objects()
        assert site("executor", "--until-idle", "--slots", "1").code == 0
        (told,) = receiver.received
    body = json.loads(told.body)
    assert (body["type"], body["data"]["task"]) == ("task.completed", enqueued["task"])
    given = {name: told.headers[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    message_id, timestamp = given["webhook-id"], int(given["webhook-timestamp"])
    assert given == signature_headers(message_id=message_id, timestamp=timestamp, body=told.body, secrets=[secret])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("add", "http://example.com/"), 2, "has no TLS"),
        (("add", "https://127.0.0.1/"), 2, "MEDIAPROC_WEBHOOK_HOSTS"),
        (("add", "https://ann:pa55@example.com/"), 2, "names a user"),
        (("add", "https://93.184.216.34/", "--events", "task.done"), 2, "task.completed"),
        (("add", "https://93.184.216.34/", "--events", ","), 2, "No event is named"),
        (("add", "https://93.184.216.34/", "--tenant", "a\x1b[31mb"), 2, "printable characters only"),
        (("remove", "7"), 1, "There is no webhook 7"),
        (("rotate", "7"), 1, "There is no webhook 7"),
        (("test", "7"), 1, "There is no webhook 7"),
        (("replay", "7"), 1, "There is no webhook 7"),
        (("list", "7"), 1, "There is no webhook 7"),
        (("replay", "7", "1", "--since", "60"), 2, "not both"),
    ],
)
def test_wrong_use_is_one_sentence_and_changes_nothing(
    site: Command, engine: Engine, arguments: tuple[str, ...], code: int, says: str
) -> None:
    ran = site("webhooks", *arguments)
    assert (ran.code, ran.err.count("\n"), ran.out) == (code, 1, "")
    assert says in ran.err
    assert "pa55" not in ran.err
    assert "\x1b" not in ran.err
    assert _audit(engine) == []
