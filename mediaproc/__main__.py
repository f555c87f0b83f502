"""The program `mediaproc`, also as `python -m mediaproc`."""

from mediaproc.command_line_secrets import hide_secrets


def main() -> None:
    """What the program runs: before anything else, what others must not read of its command line goes from there."""
    hide_secrets()
    # Later: what a command needs takes half a second to import on a busy machine.
    from mediaproc.cli import main as run_command  # noqa: PLC0415

    run_command()


if __name__ == "__main__":
    main()
