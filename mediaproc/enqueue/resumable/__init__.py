"""Uploads over HTTP: cut where the network cuts them, gone on with by any server, enqueued once all is there.

No server keeps anything of an upload: its bytes go as chunks into the store, and a row tells how far it has come. Start
at `uploads.py`: what a server may do with uploads. `writing.py` keeps the bytes that one request brings, `presigned.py`
lets bytes go to the store itself, `finishing.py` puts the chunks together and enqueues the file, in the threads of
`finishing_threads.py` and with what `workplace.py` opens. `removal.py` removes chunks, and sweeps what nobody goes on
with; `lease.py` holds the right to do any of these, and `refusals.py` says why a request cannot be served.
"""

from mediaproc.enqueue.resumable.refusals import Refusal, UploadRefused
from mediaproc.enqueue.resumable.removal import sweep_expired_uploads
from mediaproc.enqueue.resumable.uploads import ResumableUploads
from mediaproc.enqueue.resumable.writing import UploadWriter

__all__ = ["Refusal", "ResumableUploads", "UploadRefused", "UploadWriter", "sweep_expired_uploads"]
