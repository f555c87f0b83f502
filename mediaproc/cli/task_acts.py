"""`mediaproc tasks retry`, `cancel`, `reject`, `priority`: acts on ids at once, on words once they are agreed to."""

from dataclasses import dataclass
from typing import Annotated

import typer

from mediaproc.acts import task_answers as answers
from mediaproc.acts.task_answers import TaskAct, TaskAnswer
from mediaproc.cli.actor import actor
from mediaproc.cli.exit_codes import ExitCode
from mediaproc.cli.json_output import print_json
from mediaproc.cli.opened_parts import opened_database
from mediaproc.cli.options import DATABASE_SETTINGS, Json, examples, with_settings
from mediaproc.cli.progress_bars import count_bar
from mediaproc.cli.selected_tasks import SELECTION_HELP, agreed, require_someone_to_ask, selection_of
from mediaproc.config import Settings
from mediaproc.core.priority import HIGHEST_PRIORITY, LOWEST_PRIORITY
from mediaproc.core.quantities import counted
from mediaproc.core.selection import Selection
from mediaproc.db.database import Database
from mediaproc.db.views import tasks

Words = Annotated[list[str], typer.Argument(metavar="ID... | 'WORDS'", help=SELECTION_HELP)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: needed for words where nobody can be asked.")]


def add_acts(app: typer.Typer) -> None:
    """Give `mediaproc tasks` the acts."""
    for act, shown in (
        (retry, ("mediaproc tasks retry 17 18", "mediaproc tasks retry 'status:exhausted class:stalled' --yes")),
        (cancel, ("mediaproc tasks cancel 17", "mediaproc tasks cancel 'status:pending tenant:acme'")),
        (reject, ("mediaproc tasks reject 17 --because 'It is a trailer of another site.'",)),
        (priority, ("mediaproc tasks priority 17 18 10", "mediaproc tasks priority 'tenant:acme' -5")),
    ):
        # Else a priority below 0 would be taken for an option.
        settings = {"ignore_unknown_options": act is priority}
        app.command(epilog=examples(*shown), context_settings=settings)(act)


@with_settings(DATABASE_SETTINGS)
def retry(*, words: Words, yes: Yes = False, json: Json = False, settings: Settings) -> ExitCode:
    """Make tasks due now with no strike against them, rejected ones too."""
    return _Command(act=answers.RETRY, yes=yes, json=json).run(words, settings)


@with_settings(DATABASE_SETTINGS)
def cancel(*, words: Words, yes: Yes = False, json: Json = False, settings: Settings) -> ExitCode:
    """Move tasks to history as cancelled; an executor that works on one stops at once."""
    return _Command(act=answers.CANCEL, yes=yes, json=json).run(words, settings)


@with_settings(DATABASE_SETTINGS)
def reject(
    *,
    words: Words,
    because: Annotated[str, typer.Option(metavar="SENTENCE", help="Why, for whoever uploaded it.")],
    yes: Yes = False,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Let tasks wait for a person as rejected; an executor that works on one stops at once."""
    return _Command(act=answers.rejection(because), yes=yes, json=json).run(words, settings)


@with_settings(DATABASE_SETTINGS)
def priority(
    *,
    words: Words,
    to: Annotated[
        int,
        typer.Argument(
            metavar="N", min=LOWEST_PRIORITY, max=HIGHEST_PRIORITY, help="The new priority; higher is first."
        ),
    ],
    yes: Yes = False,
    json: Json = False,
    settings: Settings,
) -> ExitCode:
    """Give tasks that are not done another priority; one that is being worked on has it from its next claim on."""
    return _Command(act=answers.new_priority(to), yes=yes, json=json).run(words, settings)


@dataclass(frozen=True, kw_only=True)
class _Command:
    """One act, on ids or on words."""

    act: TaskAct
    yes: bool
    json: bool

    def run(self, words: list[str], settings: Settings) -> ExitCode:
        selection = selection_of(words)
        if not selection.ids and not self.yes:
            require_someone_to_ask()
        with opened_database(settings) as database:
            return self._on_ids(database, selection) if selection.ids else self._on_words(database, selection)

    def _on_ids(self, database: Database, selection: Selection) -> ExitCode:
        changed = self.act.change(database, selection, actor=actor())
        refused = answers.refusals(database, selection, changed)
        for task_id in selection.ids:
            reason = refused[task_id].sentence if task_id in refused else None
            if self.json:
                print_json(TaskAnswer(task=task_id, done=reason is None, error=reason))
            else:
                typer.echo(reason or f"Task {task_id} is {self.act.done}.", err=reason is not None)
        if not self.json and len(selection.ids) > 1:
            typer.echo(f"{counted(changed.changed, 'task')} of {len(selection.ids)} changed.")
        return ExitCode.REFUSED if refused else ExitCode.DONE

    def _on_words(self, database: Database, selection: Selection) -> ExitCode:
        with database.read() as connection:
            count = tasks.count(connection, selection=selection)
            sample = tasks.tasks(connection, selection=selection, limit=5) if count.tasks else []
        if not self.yes and count.tasks and not agreed(self.act.name, count=count, sample=sample):
            typer.echo("Nothing was changed.", err=True)
            return ExitCode.REFUSED
        with count_bar(self.act.name, total=None if count.more else count.tasks) as told:
            changed = self.act.change(database, selection, actor=actor(), told=told)
        if self.json:
            print_json(answers.selection_answer(self.act, selection, changed))
        else:
            typer.echo(answers.summary(self.act, changed), err=not changed.changed)
        return ExitCode.DONE if answers.is_whole(changed) else ExitCode.REFUSED
