import base64

import pytest

from mediaproc.core.delivery_verdict import DeliveryVerdict, judge, sentence_about
from mediaproc.core.errors import WrongUse
from mediaproc.core.message import MESSAGE_TYPES, MessageType, parse_message_types, secret_of, signature_headers


def test_it_is_signed_as_the_specification_signs_its_own_example() -> None:
    headers = signature_headers(
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_with_two_secrets_each_signs() -> None:
    secrets = [secret_of(b"a" * 32), secret_of(b"b" * 32)]
    alone = [
        signature_headers(message_id="msg_1", timestamp=1, body=b"{}", secrets=[secret])["webhook-signature"]
        for secret in secrets
    ]
    both = signature_headers(message_id="msg_1", timestamp=1, body=b"{}", secrets=secrets)["webhook-signature"]
    assert both.split(" ") == alone


def test_a_secret_is_the_base64_of_its_bytes() -> None:
    assert base64.b64decode(secret_of(bytes(range(32))).removeprefix("whsec_")) == bytes(range(32))


def test_events_are_read_each_once() -> None:
    assert parse_message_types("task.completed, alarm.exhausted,task.completed") == (
        MessageType.COMPLETED,
        MessageType.TASKS_EXHAUSTED,
    )
    assert parse_message_types(",".join(MESSAGE_TYPES)) == MESSAGE_TYPES


@pytest.mark.parametrize("text", ["", " , ", "task.done", "task.completed,TASK.REJECTED", "webhook.test", "task.*"])
def test_an_unknown_event_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(WrongUse, match=r"task\.completed, task\.cancelled"):
        parse_message_types(text)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, DeliveryVerdict.DELIVERED),
        (204, DeliveryVerdict.DELIVERED),
        (299, DeliveryVerdict.DELIVERED),
        (301, DeliveryVerdict.FAILED),
        (400, DeliveryVerdict.FAILED),
        (410, DeliveryVerdict.GONE),
        (429, DeliveryVerdict.FAILED),
        (503, DeliveryVerdict.FAILED),
        (600, DeliveryVerdict.FAILED),
    ],
)
def test_only_2xx_is_a_yes(status: int, verdict: DeliveryVerdict) -> None:
    assert judge(status) is verdict
    assert str(status) in sentence_about(status)
