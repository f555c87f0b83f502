"""What the program's exit codes mean: the one place that gives them their numbers."""

from enum import IntEnum
from typing import Self


class ExitCode(IntEnum):
    """How a command ended; `meaning` is what help, README and `docs/reference/commands.md` say of it."""

    meaning: str

    DONE = 0, "done"
    REFUSED = 1, "some file or task was refused, rejected, failed or is not there"
    WRONG_USE = 2, "wrong use"
    PART_MISSING = 3, "a part that is needed is not there or refuses"

    def __new__(cls, code: int, meaning: str) -> Self:
        """A member is its number and has its meaning."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


# No file was named or found, so that nothing was enqueued: a code of its own would be given here.
NOTHING_ENQUEUED = ExitCode.REFUSED

# Ctrl-C before a command answers it in its own way; as shells have it, 128 + SIGINT.
INTERRUPTED = 130


def exit_codes_sentence() -> str:
    """`Exit codes: 0 done; 1 ...`, for help and README."""
    return f"Exit codes: {'; '.join(f'{code:d} {code.meaning}' for code in ExitCode)}."
