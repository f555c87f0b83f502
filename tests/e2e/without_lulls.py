"""`mediaproc` that every notification wakes: the negative control of the test that counts the wake-ups of a burst."""

from dataclasses import replace

from mediaproc.cli import main
from mediaproc.core import backoff

if __name__ == "__main__":
    backoff.WAKE_UP = replace(backoff.WAKE_UP, first=0.0, longest=0.0)
    main()
