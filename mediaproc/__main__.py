"""The program `mediaproc`, also as `python -m mediaproc`."""

from mediaproc.command_line_secrets import hide_secrets


def main() -> None:
    """Hide the secrets of the command line first, so that other users can hardly see them; then run the command."""
    hide_secrets()
    # Imported after that: the imports of a command take half a second on a busy machine.
    from mediaproc.cli import main as run_command  # noqa: PLC0415

    run_command()


if __name__ == "__main__":
    main()
