"""The command line: each command is a thin function that calls the product and prints."""

from mediaproc.cli.main import main

__all__ = ["main"]
