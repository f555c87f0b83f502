"""`mediaproc` whose ffmpeg does not die with its executor: the negative control of the kill -9 test."""

from mediaproc.cli import main
from mediaproc.ffmpeg.sandbox import ChildSandbox

_TIES = ("--pdeathsig", "KILL", "--die-with-parent")

if __name__ == "__main__":
    command = ChildSandbox.command
    ChildSandbox.command = lambda *confined, **how: [word for word in command(*confined, **how) if word not in _TIES]  # type: ignore[method-assign]
    main()
