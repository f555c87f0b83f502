"""Upload a source and insert its task, once: the same bytes are one file, and one task for each profile."""

from mediaproc.enqueue.enqueuer import Enqueued, Enqueuer
from mediaproc.enqueue.parallel import enqueue_in_parallel
from mediaproc.enqueue.unfinished_uploads import sweep_unfinished_uploads

__all__ = ["Enqueued", "Enqueuer", "enqueue_in_parallel", "sweep_unfinished_uploads"]
