"""`mediaproc doctor`: examines each part that mediaproc needs, and says what to do where one is wrong.

Start at `findings`: a finding is one part, its state, the fact and the remedy. `programs` examines ffmpeg and its
sandbox, `processors` what plans tasks, `database` PostgreSQL and the tables, `store` the bucket, `machine` disk, CPUs
and memory.
"""

from mediaproc.doctor.database import examine_database
from mediaproc.doctor.findings import Finding, State, fine, missing
from mediaproc.doctor.machine import examine_machine
from mediaproc.doctor.processors import examine_processors
from mediaproc.doctor.programs import examine_ffmpeg
from mediaproc.doctor.scripts import examine_scripts
from mediaproc.doctor.store import examine_store, is_new

__all__ = [
    "Finding",
    "State",
    "examine_database",
    "examine_ffmpeg",
    "examine_machine",
    "examine_processors",
    "examine_scripts",
    "examine_store",
    "fine",
    "is_new",
    "missing",
]
