"""The example of a receiver is short, and does what a receiver must."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from mediaproc import log
from mediaproc.core.message import secret_of, signature_headers
from mediaproc.core.outbound_url import TrustedHosts
from mediaproc.db.database import Database
from mediaproc.delivery.sending import Sender
from mediaproc.guarded_http import GuardedHttp, NoAnswer
from tests.db.sample_rows import claimed, complete, executor, insert_task
from tests.db.webhook_rows import SECRET, add
from tests.parts.ports import free_port
from tests.parts.waiting import until

_EXAMPLE = Path(__file__).resolve().parents[2] / "examples/webhook_receiver.py"
_HTTP = GuardedHttp(trusted=TrustedHosts(setting="MEDIAPROC_WEBHOOK_HOSTS", hosts=frozenset({"127.0.0.1"})))


@pytest.fixture
def receiver() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with subprocess.Popen(
        [sys.executable, _EXAMPLE, "127.0.0.1", str(port)],
        env=os.environ | {"WEBHOOK_SECRET": SECRET},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        until(lambda: _refuses(url))
        yield url, running
        running.kill()


def _refuses(url: str) -> bool:
    """Whether it answers, and to a message without a signature with a no."""
    try:
        return _HTTP.post(url, body=b"{}", headers={}).status == 401
    except NoAnswer:
        return False


def test_it_is_short_and_needs_nothing_but_python() -> None:
    code = [line for line in _EXAMPLE.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(code) <= 35
    imported = {line.split()[1].split(".")[0] for line in code if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names


def test_it_takes_what_is_genuine_once_and_refuses_the_rest(
    engine: Engine, receiver: tuple[str, subprocess.Popen[str]]
) -> None:
    url, running = receiver
    webhook = add(engine, url=url)
    with engine.begin() as connection:
        insert_task(connection, 1)
        task = claimed(connection, executor(connection))
        complete(connection, task)
    sender = Sender(database=Database(engine), http=_HTTP, log=log.get())
    now = 0
    for _ in range(2):
        # The second time as if the executor had died before it wrote the answer down.
        sent = sender.send_next(webhook)
        assert sent is not None
        assert sent.status == 204
        now = sent.delivery.at
        with engine.begin() as connection:
            connection.execute(text("UPDATE media_delivery SET delivered_at = NULL, next_attempt_at = now()"))
    assert running.stdout is not None
    assert running.stdout.readline() == f"task.completed {task.id}\n"
    refused = [
        signature_headers(message_id="msg_1", timestamp=now, body=b"{}", secrets=[secret_of(b"x" * 32)]),
        signature_headers(message_id="msg_2", timestamp=now - 3600, body=b"{}", secrets=[SECRET]),
        signature_headers(message_id="msg_3", timestamp=now, body=b"[]", secrets=[SECRET]),
    ]
    assert [_HTTP.post(url, body=b"{}", headers=each).status for each in refused] == [401, 401, 401]
    taken = signature_headers(message_id="msg_4", timestamp=now, body=b'{"type":"a","data":{}}', secrets=[SECRET])
    assert _HTTP.post(url, body=b'{"type":"a","data":{}}', headers=taken).status == 204
    # The repeat was dropped: the next line is of the next message.
    assert running.stdout.readline() == "a \n"
