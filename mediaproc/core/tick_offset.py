"""How long after the moments that a cron names a node ticks, so that the nodes of a site do not all tick at once."""

from zlib import crc32

from mediaproc.core.shard import Shard

# Seconds over which the ticks of a site are spread: less than half a second, since a second is the shortest period of
# any cron.
SPREAD = 0.45
# Seconds after its tick at which a node compensates, when all have ticked.
COMPENSATION_LATER_BY = 0.5


def tick_offset(shard: Shard, *, host: str) -> float:
    """Seconds from 0 to SPREAD, the same at every start of a node.

    Each shard has its own part of them; nodes that share a shard come apart within it by the names of their hosts.
    """
    within = crc32(host.encode()) / 2**32
    return SPREAD * (shard.index + within) / shard.total
