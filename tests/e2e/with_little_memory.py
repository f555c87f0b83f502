"""`mediaproc` on a node that has memory for a sound at a time, and for no film."""

from mediaproc import daemon
from mediaproc.cli import main

# Bytes.
USABLE = 200_000_000

if __name__ == "__main__":
    daemon.usable_memory = lambda: USABLE  # type: ignore[attr-defined]
    main()
