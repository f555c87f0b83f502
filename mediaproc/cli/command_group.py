"""A group of commands that imports the module of one only when that one runs; their list is made from a table."""

from collections.abc import Mapping
from copy import copy
from importlib import import_module
from typing import Any, ClassVar

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


class CommandGroup(TyperGroup):
    """So that a command starts sooner, and the daemon does not hold the others in memory."""

    # The commands that have a module of their own, each with the first paragraph of its help; a test holds them equal.
    summaries: ClassVar[Mapping[str, str]]
    # What the name of such a module begins with; it ends with the command's, and has the command as its `app`.
    module_prefix: ClassVar[str]

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - typer's own
        super().__init__(**settings)
        for name, summary in self.summaries.items():
            self.commands[name] = TyperCommand(name, help=summary)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - typer's context, of which it has two
        """The command itself, imported now where it has a module of its own."""
        if cmd_name not in self.summaries:
            return super().get_command(ctx, cmd_name)
        command = get_command(import_module(f"{self.module_prefix}{cmd_name}").app)
        command.name = cmd_name
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Lists the commands without importing them."""
        listing = copy(self)
        listing.summaries = {}  # type: ignore[misc]  # of this copy alone: it shows what is in its `commands`
        TyperGroup.format_help(listing, ctx, formatter)
