"""What `status` and `doctor` say of alarms and of webhooks that do not take their messages, in sentences."""

from collections.abc import Iterator, Sequence

from mediaproc.core.quantities import counted
from mediaproc.db.alarms import AlarmLine
from mediaproc.db.webhooks import WebhookLine
from mediaproc.formatting import moment


def message_sentences(alarms: Sequence[AlarmLine], webhooks: Sequence[WebhookLine]) -> Iterator[str]:
    """A sentence for each alarm that is on, and for each webhook that is told nothing or has dead messages."""
    for alarm in alarms:
        yield f"Alarm since {moment(alarm.since)}: {alarm.sentence}"
    for webhook in webhooks:
        if webhook.disabled_because is not None:
            yield f"Webhook {webhook.id} is told nothing: {webhook.disabled_because}"
        elif webhook.dead:
            yield (
                f"Webhook {webhook.id}: {counted(webhook.dead, 'message')} dead;"
                f" `mediaproc webhooks list {webhook.id}` says why, `replay {webhook.id}` sends them again."
            )
