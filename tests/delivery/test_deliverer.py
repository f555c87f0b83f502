"""Every message reaches its receiver, whatever that does, and one slow receiver holds nobody up."""

import base64
import hashlib
import hmac
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from mediaproc import log
from mediaproc.core.backoff import DELIVERY
from mediaproc.core.outbound_url import TrustedHosts
from mediaproc.db.database import Database
from mediaproc.db.webhooks import webhooks
from mediaproc.delivery.deliverer import Deliverer
from mediaproc.delivery.sending import LEASE, Sender
from mediaproc.guarded_http import GuardedHttp
from tests.db.moved_clock import moved_clock, set_clock
from tests.db.webhook_rows import SECRET, add
from tests.parts.receiver import Received, Receiver, Respond, status
from tests.parts.waiting import until

_TRUSTED = TrustedHosts(setting="MEDIAPROC_WEBHOOK_HOSTS", hosts=frozenset({"127.0.0.1"}))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def sender(engine: Engine) -> Sender:
    return Sender(database=Database(engine), http=GuardedHttp(trusted=_TRUSTED, deadline=2.0), log=log.get())


@pytest.fixture
def start(sender: Sender) -> Iterator[Callable[[], Deliverer]]:
    """Makes a deliverer that runs until the end of the test."""
    started = []

    def start() -> Deliverer:
        deliverer = Deliverer(sender, log=log.get())
        started.append(deliverer)
        deliverer.start()
        return deliverer

    yield start
    for deliverer in started:
        deliverer.end()


def _write(engine: Engine, webhook: int, *, tasks: int, each: int = 1) -> None:
    """Messages about so many tasks, several about each, as settles write them."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO media_delivery (webhook_id, task_id, type, body)"
                " SELECT :webhook, task, 'task.completed', json_build_object('task', task, 'number', number)::text"
                " FROM generate_series(1, :each) AS number, generate_series(1, :tasks) AS task ORDER BY number"
            ),
            {"webhook": webhook, "tasks": tasks, "each": each},
        )


def _undelivered(engine: Engine) -> int:
    with engine.connect() as connection:
        count: int = connection.scalar(
            text("SELECT count(*) FROM media_delivery WHERE delivered_at IS NULL AND dead_at IS NULL")
        )
    return count


def _in_order(received: list[Received]) -> bool:
    """Whether the first arrivals of each task's messages came in their order."""
    numbers = defaultdict[int, list[int]](list)
    for said in (json.loads(each.body) for each in received):
        if said["number"] not in numbers[said["task"]]:
            numbers[said["task"]].append(said["number"])
    return all(each == sorted(each) for each in numbers.values())


def test_a_message_is_signed_by_both_secrets_and_each_repeat_is_the_same(
    engine: Engine, receiver: Receiver, sender: Sender
) -> None:
    webhook = add(engine, url=receiver.url)
    _write(engine, webhook, tasks=1)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE media_webhook SET earlier_secret = 'whsec_AAAA', earlier_secret_until = 'infinity'")
        )
    receiver.respond = status(500)
    assert sender.send_next(webhook) is not None
    with engine.begin() as connection:
        connection.execute(text("UPDATE media_delivery SET next_attempt_at = now()"))
    receiver.respond = status(200)
    assert sender.send_next(webhook) is not None
    first, again = receiver.received
    assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])
    signed = f"{again.headers['webhook-id']}.{again.headers['webhook-timestamp']}.".encode() + again.body
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in (SECRET, "whsec_AAAA")]
    expected = [f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}" for key in keys]
    assert again.headers["webhook-signature"].split(" ") == expected


@pytest.mark.parametrize(
    ("respond", "sentence"),
    [
        (status(500), "The receiver failed with 500."),
        (status(404), "The receiver refused the message with 404."),
        (status(302, headers={"Location": "http://127.0.0.1:1/"}), "redirects are not followed"),
    ],
)
def test_a_failure_is_told_and_tried_again_later(
    engine: Engine, receiver: Receiver, sender: Sender, respond: Respond, sentence: str
) -> None:
    webhook = add(engine, url=receiver.url)
    _write(engine, webhook, tasks=1)
    receiver.respond = respond
    with capture_logs() as logged:
        sent = sender.send_next(webhook)
    assert sent is not None
    assert sentence in (sent.error or "")
    assert 5.0 <= (sent.delay or 0) <= 6.0
    assert sender.send_next(webhook) is None
    # Neither the key in the URL nor the secret is told to anybody.
    assert "secret" not in str(logged)
    assert SECRET not in str(logged)


def test_a_receiver_that_wants_no_more_is_told_no_more(engine: Engine, receiver: Receiver, sender: Sender) -> None:
    webhook = add(engine, url=receiver.url)
    _write(engine, webhook, tasks=3)
    receiver.respond = status(410)
    assert sender.send_next(webhook) is not None
    assert sender.send_next(webhook) is None
    with engine.connect() as connection:
        (line,) = webhooks(connection)
    assert (line.waiting, line.dead) == (0, 3)
    assert "410" in (line.disabled_because or "")


def test_a_bug_in_sending_ends_neither_the_executor_nor_the_message(
    engine: Engine, receiver: Receiver, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = add(engine, url=receiver.url)
    _write(engine, webhook, tasks=1)
    monkeypatch.setattr(GuardedHttp, "post", lambda *_, **__: 1 / 0)
    sent = sender.send_next(webhook)
    assert sent is not None
    assert sent.delay is not None


def test_messages_are_sent_as_soon_as_the_deliverer_is_woken(
    engine: Engine, receiver: Receiver, start: Callable[[], Deliverer]
) -> None:
    webhook = add(engine, url=receiver.url)
    deliverers = [start() for _ in range(3)]
    _write(engine, webhook, tasks=10, each=3)
    for deliverer in deliverers:
        deliverer.wake()
    until(lambda: _undelivered(engine) == 0)
    # All went well, so that each came once, whoever sent it.
    assert len(receiver.received) == 30
    assert _in_order(receiver.received)


def test_one_slow_receiver_holds_up_nobody_else(
    engine: Engine, receiver: Receiver, start: Callable[[], Deliverer]
) -> None:
    answers = threading.Event()

    def slow(request: BaseHTTPRequestHandler, received: Received) -> None:
        answers.wait(30)
        status(200)(request, received)

    with Receiver(respond=slow) as slow_receiver:
        slow_webhook, webhook = add(engine, url=slow_receiver.url), add(engine, url=receiver.url)
        _write(engine, slow_webhook, tasks=20)
        _write(engine, webhook, tasks=20)
        start()
        receiver.wait_for(20)
        assert not answers.is_set()
        answers.set()


def test_a_receiver_that_is_down_for_an_hour_gets_every_message_in_order(
    engine: Engine, receiver: Receiver, sender: Sender
) -> None:
    """It is away, answers 500, dies in the middle, and drips; the executors are killed between the two writes."""
    ills: list[Respond] = [status(500), _dying, status(503)]
    with moved_clock(engine):
        webhook = add(engine, url=receiver.url)
        _write(engine, webhook, tasks=4, each=3)
        is_up, count = False, Counter[str]()

        def respond(request: BaseHTTPRequestHandler, received: Received) -> None:
            count["asked"] += 1
            (status(204) if is_up else ills[count["asked"] % len(ills)])(request, received)

        receiver.respond = respond
        killed = replace(sender, database=Database(engine))
        moments = [0.0, *(float(at) for at in range(10, 3600, 300)), *(float(at) for at in range(3600, 90_000, 3600))]
        for at in moments:
            is_up = at > 3600
            with engine.begin() as connection:
                set_clock(connection, now=at, started=-3600)
            while (sent := killed.send_next(webhook)) is not None:
                # An executor that is killed here has sent, and has written nothing: as if it had never answered.
                count["sent"] += 1
                if count["sent"] % 5 == 0:
                    _forget(engine, sent.delivery.id, at=at)
    assert _undelivered(engine) == 0
    taken = [each for each in receiver.received if each.headers["webhook-timestamp"] > str(_SECOND_HOUR)]
    assert {(told["task"], told["number"]) for told in (json.loads(each.body) for each in taken)} == {
        (task, number) for task in range(1, 5) for number in range(1, 4)
    }
    assert _in_order(taken)
    # Repeats there were, and each is known by its id.
    assert len(taken) > len({each.headers["webhook-id"] for each in taken}) == 12


# The moved clock begins with 2030.
_SECOND_HOUR = 1_893_456_000 + 3600


def _dying(request: BaseHTTPRequestHandler, _received: Received) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def _forget(engine: Engine, delivery: int, *, at: float) -> None:
    """What the killed executor would have written is not there: the lease runs on."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE media_delivery SET delivered_at = NULL, dead_at = NULL, lease_token = gen_random_uuid(),"
                " next_attempt_at = moved.at(:ends) WHERE id = :id"
            ),
            {"id": delivery, "ends": at + LEASE},
        )


def test_after_the_last_wait_a_message_is_dead() -> None:
    assert [DELIVERY.delay(tries, jitter=0.0) for tries in range(9)] == [
        5,
        30,
        120,
        600,
        3600,
        10800,
        21600,
        43200,
        None,
    ]
