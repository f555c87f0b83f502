"""Upload a source and insert its task, once: the same bytes are one file, and one task for each profile.

Start at `enqueuer.py`: one path from reading to its tasks; `enqueued.py` is what became of it. `source_file.py` reads
it (checksum, size, first bytes), `safe_open.py` opens it without following a link, `draft_sources.py` packs and reads
an editor's draft, `duplicates.py` recognises bytes that are stored already, `examination.py` has the others looked at,
`expected_costs.py` tells what their tasks are expected to take, `parallel.py` enqueues many paths at a time,
`stored_files.py` what the store has already, `draft_urls.py` a draft that lies at a URL, and `unfinished_uploads.py`
keeps a running upload alive and sweeps those that never ended. `resumable/` takes in what comes over HTTP.
"""

from mediaproc.enqueue.enqueued import Enqueued
from mediaproc.enqueue.enqueuer import Enqueuer
from mediaproc.enqueue.parallel import enqueue_in_parallel
from mediaproc.enqueue.unfinished_uploads import sweep_unfinished_uploads

__all__ = ["Enqueued", "Enqueuer", "enqueue_in_parallel", "sweep_unfinished_uploads"]
