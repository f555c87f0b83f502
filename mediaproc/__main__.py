"""`python -m mediaproc` is the command `mediaproc`."""

from mediaproc.cli import main

main()
