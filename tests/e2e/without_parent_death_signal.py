"""`mediaproc` whose ffmpeg does not die with its executor: the negative control of the kill -9 test."""

from mediaproc.cli import main
from mediaproc.ffmpeg.sandbox import Room

_TIES = ("--pdeathsig", "KILL", "--die-with-parent")

if __name__ == "__main__":
    command = Room.command
    Room.command = lambda *room, **how: [word for word in command(*room, **how) if word not in _TIES]  # type: ignore[method-assign]
    main()
