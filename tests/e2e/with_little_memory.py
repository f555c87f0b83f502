"""`mediaproc` on a node with memory for one sound at a time, and too little for any film."""

from mediaproc import daemon
from mediaproc.cli import main

# Bytes.
USABLE = 200_000_000

if __name__ == "__main__":
    daemon.usable_memory = lambda: USABLE  # type: ignore[attr-defined]
    main()
