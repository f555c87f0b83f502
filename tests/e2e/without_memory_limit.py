"""`mediaproc` whose ffmpeg has no memory limit: the negative control of the source that eats memory."""

from mediaproc.cli import main
from mediaproc.ffmpeg import sandbox

_LIMITS = sandbox._limits  # noqa: SLF001 - the guard under test has no other handle
_OF_MEMORY = {"address space", "memory of its own"}

if __name__ == "__main__":
    sandbox._limits = lambda rlimits: (limit for limit in _LIMITS(rlimits) if limit[0] not in _OF_MEMORY)  # noqa: SLF001
    main()
