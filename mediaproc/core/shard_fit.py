"""Whether the shards of the executors that live fit together, with what to do where they do not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mediaproc.core.shard import Shard

_MOST_NAMED = 8
# Seconds for which two must have lived side by side: while one takes the place of another both may live for a moment.
_LASTING = 10.0


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A living executor that takes what is due of its shard: how long ago it started, and was seen (seconds)."""

    name: str
    shard: Shard
    age: float = float("inf")
    seen_ago: float = 0.0

    def lasts_beside(self, other: "Holder") -> bool:
        """Whether both have lived side by side for more than a moment."""
        return min(self.age, other.age) - max(self.seen_ago, other.seen_ago) >= _LASTING


def misfits(holders: Sequence[Holder]) -> Iterator[str]:
    """A sentence for each thing that does not fit, which names two executors of it."""
    fixed = [each for each in holders if not each.shard.is_auto]
    automatic = [each for each in holders if each.shard.is_auto]
    mixed = _lasting_pair((one, other) for one in fixed for other in automatic)
    if mixed:
        yield (
            f"{mixed[1].name} has an automatic shard beside the fixed {mixed[0].shard} of {mixed[0].name}: start all"
            " executors with `--shard auto`, or all with shards of one total."
        )
    if not fixed:
        return
    totals = sorted({each.shard.total for each in fixed})
    if len(totals) > 1:
        yield from _of_totals(fixed, totals=totals)
    else:
        by_index: dict[int, list[Holder]] = defaultdict(list)
        for each in fixed:
            by_index[each.shard.index].append(each)
        if not automatic:
            # Automatic shards hold every task.
            yield from _of_empty_shards(sorted(by_index), total=totals[0])
        yield from _of_shared_shards(by_index, total=totals[0])


def _lasting_pair(pairs: Iterable[tuple[Holder, Holder]]) -> tuple[Holder, Holder] | None:
    return next((pair for pair in pairs if pair[0].lasts_beside(pair[1])), None)


def _of_totals(fixed: Sequence[Holder], *, totals: Sequence[int]) -> Iterator[str]:
    pair = _lasting_pair((one, other) for one in fixed for other in fixed if one.shard.total < other.shard.total)
    if pair is None:
        return
    one, other = pair
    yield (
        f"The executors do not agree on the number of shards ({' and '.join(map(str, totals))}), such as {one.name}"
        f" with {one.shard} and {other.name} with {other.shard}: give all the same total, or start all with"
        " `--shard auto`."
    )


def _of_empty_shards(held: Sequence[int], *, total: int) -> Iterator[str]:
    empty = total - len(held)
    # The gaps, and not each number: a total can be mistyped.
    edges = zip([-1, *held], [*held, total], strict=True)
    gaps = [(before + 1, after - 1) for before, after in edges if after - before > 1]
    if empty == 1:
        yield f"Shard {gaps[0][0]}/{total} has no executor: others take its tasks late; start one for it."
    elif empty:
        yield (
            f"{empty} of {total} shards have no executor ({_ranges(gaps)}): others take their tasks late;"
            " start one for each, or give all executors a smaller total."
        )


def _of_shared_shards(holders: Mapping[int, Sequence[Holder]], *, total: int) -> Iterator[str]:
    pairs = {
        index: pair
        for index, each in sorted(holders.items())
        if (pair := _lasting_pair((one, other) for n, one in enumerate(each) for other in each[:n]))
    }
    if not pairs:
        return
    first, (one, other) = next(iter(pairs.items()))
    remedy = "give each a shard of its own, or start all with `--shard auto`."
    if len(pairs) == 1:
        both = f"{other.name} and {one.name}"
        yield f"Shard {first}/{total} has {len(holders[first])} executors, such as {both}: {remedy}"
    else:
        named = _ranges([(index, index) for index in pairs])
        yield (
            f"{len(pairs)} of {total} shards have several executors ({named}): {remedy} {other.name} and {one.name}"
            f" share {first}/{total}."
        )


def _ranges(ranges: Sequence[tuple[int, int]]) -> str:
    named = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:_MOST_NAMED]]
    return ", ".join([*named, "..."] if len(ranges) > _MOST_NAMED else named)
