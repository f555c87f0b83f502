"""`mediaproc webhooks`: whom to tell what became of tasks, and what became of the messages."""

from typing import Annotated

import typer

from mediaproc import app as composition
from mediaproc.acts import webhooks as acts
from mediaproc.acts.webhooks import NoSuchWebhook, Secret
from mediaproc.cli.actor import actor
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.cli.tables import Column, table, terminal_width
from mediaproc.config import Settings
from mediaproc.core.health import MOST_COUNTED
from mediaproc.core.message import MESSAGE_TYPES, parse_message_types
from mediaproc.core.quantities import counted
from mediaproc.core.safe_text import shown
from mediaproc.db import deliveries, webhooks
from mediaproc.db.deliveries import DeliveryLine
from mediaproc.db.webhooks import WebhookLine
from mediaproc.formatting import moment
from mediaproc.webhook_trial import try_webhook

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Tell other programs what became of tasks, by signed messages."
)

_SETTINGS = (*DATABASE_SETTINGS, "webhook_hosts")
_LARGEST_ID = 2**63 - 1
_SHOWN = 50
Number = Annotated[
    int, typer.Argument(metavar="ID", min=1, max=_LARGEST_ID, help="The webhook's number, as `webhooks list` shows it.")
]


@app.command(
    epilog=examples(
        "mediaproc webhooks add https://example.com/hooks/mediaproc",
        "mediaproc webhooks add https://example.com/hook --events task.completed,task.rejected --tenant ann",
    )
)
@with_settings(_SETTINGS)
def add(
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages are sent: https://HOST/PATH.")],
    events: Annotated[
        str | None, typer.Option(metavar="EVENT,...", help=f"Only these of {', '.join(MESSAGE_TYPES)}.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(metavar="T", help="Only of this tenant's tasks; then no alarms either.")
    ] = None,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Tell this address of every event from now on; prints the secret of its signatures, this once."""
    chosen = MESSAGE_TYPES if events is None else parse_message_types(events)
    with opened(settings) as parts:
        http = composition.make_http(settings)
        added = acts.add(parts.database, http, url=url, events=chosen, tenant=tenant, actor=actor())
    return _say_secret(
        added, sentence=f"Webhook {added.webhook} is added. Its secret, which is shown only now:", json=json
    )


def _say_secret(secret: Secret, *, sentence: str, json: bool) -> ExitCode:
    if json:
        print_json(secret)
    else:
        if secret.warning:
            typer.echo(f"mediaproc: warning: {shown(secret.warning)}", err=True)
        typer.echo(sentence)
        typer.echo(secret.secret)
    return ExitCode.DONE


@app.command("list", epilog=examples("mediaproc webhooks list", "mediaproc webhooks list 3 --json"))
@with_settings(DATABASE_SETTINGS)
def list_(
    *,
    number: Annotated[
        int | None,
        typer.Argument(metavar="[ID]", min=1, max=_LARGEST_ID, help="A webhook: the messages that it did not take."),
    ] = None,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """The webhooks with what waits for them; or, of one, its latest messages that are not delivered."""
    with opened(settings) as parts, parts.database.read() as connection:
        found = webhooks.webhooks_to_show(connection, webhook_id=number)
        if number is not None and not found:
            raise NoSuchWebhook(number)
        late = [] if number is None else deliveries.deliveries(connection, webhook_id=number, limit=_SHOWN)
    if json:
        for line in found if number is None else late:
            print_json(line)
    elif number is None:
        typer.echo(_webhook_table(found) if found else "No webhook: `mediaproc webhooks add URL` adds one.")
    else:
        typer.echo(_delivery_table(late) if late else f"Webhook {number} has taken all its messages.")
    return ExitCode.DONE


def _webhook_table(lines: list[WebhookLine]) -> str:
    columns = (
        Column(title="webhook", right=True),
        Column(title="to", names=True),
        Column(title="tenant", names=True),
        Column(title="waiting", right=True),
        Column(title="dead", right=True),
        Column(title="events", prose=True),
        Column(title="told nothing, because", prose=True),
    )
    rows = [
        (
            line.id,
            line.url,
            line.tenant,
            _many(line.waiting),
            _many(line.dead),
            "all" if set(line.events) == set(MESSAGE_TYPES) else ", ".join(line.events),
            line.disabled_because,
        )
        for line in lines
    ]
    return table(columns, rows, width=terminal_width())


def _many(count: int) -> str:
    return f"{count}+" if count >= MOST_COUNTED else str(count)


def _delivery_table(lines: list[DeliveryLine]) -> str:
    columns = (
        Column(title="delivery", right=True),
        Column(title="event"),
        Column(title="task", right=True),
        Column(title="tries", right=True),
        Column(title="next"),
        Column(title="why", prose=True),
    )
    rows = [
        (
            line.id,
            line.type,
            line.task_id,
            line.attempts,
            "dead" if line.dead_at else moment(line.next_attempt_at),
            line.last_error,
        )
        for line in lines
    ]
    return table(columns, rows, width=terminal_width())


@app.command(epilog=examples("mediaproc webhooks remove 3"))
@with_settings(DATABASE_SETTINGS)
def remove(*, number: Number, settings: Settings) -> ExitCode:
    """Tell it nothing any more, not even what waits for it."""
    with opened(settings) as parts:
        acts.remove(parts.database, webhook_id=number, actor=actor())
    typer.echo(f"Webhook {number} is removed.")
    return ExitCode.DONE


@app.command(epilog=examples("mediaproc webhooks rotate 3"))
@with_settings(DATABASE_SETTINGS)
def rotate(*, number: Number, json: Json = False, settings: Settings) -> ExitCode:
    """Give it a new secret, printed this once; for a day messages are signed with the one before too."""
    with opened(settings) as parts:
        rotated = acts.rotate(parts.database, webhook_id=number, actor=actor())
    return _say_secret(rotated, sentence=f"Webhook {number} has a new secret, which is shown only now:", json=json)


@app.command("test", epilog=examples("mediaproc webhooks test 3"))
@with_settings(_SETTINGS)
def try_(*, number: Number, json: Json = False, settings: Settings) -> ExitCode:
    """Send it a message of type webhook.test now, once, and say what came back."""
    with opened(settings) as parts:
        tried = try_webhook(parts, number, actor=actor())
    if json:
        print_json(tried)
    else:
        said = f"Webhook {number} answered {tried.status}: it has the message." if tried.delivered else tried.error
        typer.echo(said or "The message is on its way: `mediaproc webhooks list` shows whether it arrives.")
    return ExitCode.DONE if tried.delivered else ExitCode.REFUSED


@app.command(
    epilog=examples(
        "mediaproc webhooks replay 3",
        "mediaproc webhooks replay 3 1707 1709",
        "mediaproc webhooks replay 3 --since 7200",
    )
)
@with_settings(DATABASE_SETTINGS)
def replay(
    *,
    number: Number,
    ids: Annotated[
        list[int] | None,
        typer.Argument(metavar="[DELIVERY...]", min=1, max=_LARGEST_ID, help="Only these, delivered ones too."),
    ] = None,
    since: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=1, max=10**9, help="All of the last so many seconds, delivered ones too."),
    ] = None,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Send again, under their ids, the messages that are dead, or those that are named; a disabled webhook goes on."""
    if ids and since is not None:
        raise typer.BadParameter("name deliveries or --since, not both")
    with opened(settings) as parts:
        count = acts.replay(parts.database, webhook_id=number, ids=ids or (), since=since, actor=actor())
    if json:
        print_json({"webhook": number, "replayed": count})
    else:
        typer.echo(
            f"{counted(count, 'message')} will be sent again." if count else "No such message: nothing is sent again."
        )
    return ExitCode.DONE if count or not ids else ExitCode.REFUSED
