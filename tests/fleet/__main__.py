"""`python -m tests.fleet`: a fleet of the product's daemons on one PostgreSQL, and what it costs the database.

Names of scenarios run those alone, in this order, on a fresh server. The full form takes a machine of two cores
about twelve minutes.
"""

import argparse
import sys
from dataclasses import replace

from tests.fleet.scenarios import SCENARIOS
from tests.fleet.site import Scale, running_site
from tests.fleet.tasks import MIXED

# 300 busy executors have 8,000 threads here, and two cores run them in real time. A thousand would need more processes
# than a kernel allows by default (32,768).
FULL = Scale(
    executors=300, slots=8, waiting=1_000_000, burst=100_000, lengths=MIXED, settle_down=45, window=60, snapshot=150
)
SHORT = Scale(
    executors=4, slots=2, waiting=500, burst=40, lengths=(0.5, 1.0, 1.5), settle_down=0.5, window=2, snapshot=2
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help=f"some of {', '.join(SCENARIOS)}")
    parser.add_argument("--short", action="store_true", help="four executors, two seconds for each measurement")
    parser.add_argument("--executors", type=int, help="as many as this")
    parser.add_argument("--waiting", type=int, help="so many tasks wait")
    parser.add_argument("--burst", type=int, help="so many enqueues at once")
    parser.add_argument("--window", type=float, help="seconds of each measurement")
    parser.add_argument("--snapshot", type=float, help="seconds for which the snapshot is held")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(SCENARIOS)
    if unknown:
        parser.error(f"no scenario {', '.join(sorted(unknown))}: there are {', '.join(SCENARIOS)}")
    scale = SHORT if options.short else FULL
    given = ("executors", "waiting", "burst", "window", "snapshot")
    scale = replace(scale, **{name: getattr(options, name) for name in given if getattr(options, name) is not None})
    print(f"{scale.executors} executors of {scale.slots} slots")
    with running_site(scale) as site:
        for name in options.names or SCENARIOS:
            SCENARIOS[name](site)
        site.end_fleet()
    return 0


if __name__ == "__main__":
    sys.exit(main())
