"""`mediaproc` that is woken by every word: the negative control of the test that counts the wake-ups of a burst."""

from mediaproc.cli import main
from mediaproc.executor import wake_ups

if __name__ == "__main__":
    wake_ups._FIRST_LULL = wake_ups._LONGEST_LULL = 0.0  # noqa: SLF001 - the guard under test has no other handle
    main()
