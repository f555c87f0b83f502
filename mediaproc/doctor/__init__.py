"""Is everything there that mediaproc needs? Each thing looked at, and for each that is wrong what to do about it.

`findings` says what an answer is; `programs`, `database`, `store` and `machine` each look at one part.
"""

from mediaproc.doctor.database import examine_database
from mediaproc.doctor.findings import Finding, State, fine, missing
from mediaproc.doctor.machine import examine_machine
from mediaproc.doctor.programs import examine_ffmpeg
from mediaproc.doctor.store import examine_store, is_new

__all__ = [
    "Finding",
    "State",
    "examine_database",
    "examine_ffmpeg",
    "examine_machine",
    "examine_store",
    "fine",
    "is_new",
    "missing",
]
