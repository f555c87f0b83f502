"""How many threads an encode gets: one core's worth while the queue is long, all cores for the last one."""

# ffmpeg's libraries advise against more; each costs memory, and x264 looks ahead by more pictures for no more speed.
MOST_THREADS = 16


def encode_threads(*, cpus: int, slots: int, waiting: int) -> int:
    """The threads of an encode that begins now, while `waiting` tasks of this executor are still to begin theirs.

    With a long queue each slot has its share of the cores: that gives the most throughput. The last encodes, as many as
    there are slots, have more, since nothing follows them: the last one all cores, the one before it two thirds, then a
    half, two fifths. So no core is idle when one of them ends, whichever it is, and they compete for the cores
    meanwhile: x264 takes hardly more CPU time on several threads than on one.
    """
    share = max(1, cpus // slots)
    if waiting < slots:
        share = max(share, -(-2 * cpus // (waiting + 2)))
    return min(share, cpus, MOST_THREADS)
