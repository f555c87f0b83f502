"""The commands of the documents are run like those of the tests of the command line."""

from tests.cli.conftest import command, site

__all__ = ["command", "site"]
