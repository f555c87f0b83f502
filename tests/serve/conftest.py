"""The fixtures of commands in this process, and of a site that many tests share."""

from tests.cli.conftest import command
from tests.web.conftest import parts

__all__ = ["command", "parts"]
