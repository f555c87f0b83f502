"""`mediaproc` that is woken by the words for every shard: the negative control of the test that others stay asleep."""

from mediaproc.cli import main
from mediaproc.core.shard import Shard

if __name__ == "__main__":
    # Only the ear asks it: what is claimed, the statement decides.
    Shard.owns = lambda *_: True  # type: ignore[method-assign]
    main()
