"""`python -m tests.bench`: benchmarks, each a ratio to a reference measured in the same run, beside its goal.

A ratio beyond its goal is told, and no failure. It ends with 1 where something is broken, such as a task that was lost.
"""

import argparse
import sys
from collections.abc import Callable, Mapping

from tests.bench import (
    bucket_cost,
    bulk_acts,
    child_starts,
    claim_cost,
    claims_under_a_snapshot,
    draft_cost,
    enqueue_cost,
    fair_order,
    handbook,
    idle_cost,
    live_hub,
    makespan,
    pause_cost,
    pickup,
    sandbox_cost,
    settle_cost,
    shard_index_cost,
    small_clips,
    store_cost,
    takeover,
    ten_million_rows,
    verification_cost,
)
from tests.bench.machine import print_machine

# In the short form only the ratios mean something: the machine may do other work.
BENCHES: Mapping[str, Callable[[bool], int]] = {
    "makespan": makespan.bench,
    "small_clips": small_clips.bench,
    "child_starts": child_starts.bench,
    "handbook": handbook.bench,
    "verification_cost": verification_cost.bench,
    "takeover": takeover.bench,
    "pickup": pickup.bench,
    "idle_cost": idle_cost.bench,
    "bulk_acts": bulk_acts.bench,
    "claim_cost": claim_cost.bench,
    "bucket_cost": bucket_cost.bench,
    "pause_cost": pause_cost.bench,
    "shard_index_cost": shard_index_cost.bench,
    "claims_under_a_snapshot": claims_under_a_snapshot.bench,
    "ten_million_rows": ten_million_rows.bench,
    "enqueue_cost": enqueue_cost.bench,
    "fair_order": fair_order.bench,
    "store_cost": store_cost.bench,
    "settle_cost": settle_cost.bench,
    "live_hub": live_hub.bench,
    "sandbox_cost": sandbox_cost.bench,
    "draft_cost": draft_cost.bench,
}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", default=list(BENCHES), help=f"some of {', '.join(BENCHES)}")
    arguments.add_argument("--short", action="store_true")
    options = arguments.parse_args()
    print_machine()
    return max(BENCHES[name](options.short) for name in options.names)


if __name__ == "__main__":
    sys.exit(main())
