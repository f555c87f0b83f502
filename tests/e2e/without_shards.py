"""`mediaproc` that notifications for every shard wake: the negative control of the test that others stay asleep."""

from mediaproc.cli import main
from mediaproc.core.shard import Shard

if __name__ == "__main__":
    # Only the wake-ups ask this; which tasks are claimed, the statement decides.
    Shard.owns = lambda *_: True  # type: ignore[method-assign]
    main()
