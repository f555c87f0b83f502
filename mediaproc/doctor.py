"""Is everything there that mediaproc needs? Each thing looked at, and for each that is wrong what to do about it."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine

from mediaproc import clock
from mediaproc.config import Settings
from mediaproc.core.errors import MediaprocError, PartMissing, Unavailable
from mediaproc.core.limits import MAX_ALLOCATION
from mediaproc.db.engine import is_pooled
from mediaproc.db.faults import translated
from mediaproc.db.files import knows_objects
from mediaproc.db.pooler import is_shared
from mediaproc.db.revision import SCHEMA_REVISION, require_known_revision
from mediaproc.db.server import server_facts
from mediaproc.db.url import whereabouts
from mediaproc.ffmpeg.capabilities import ENCODERS, missing_encoders, missing_filters
from mediaproc.ffmpeg.runner import FfmpegRunner
from mediaproc.machine import usable_cpus, usable_memory
from mediaproc.scratch import FLOOR
from mediaproc.store.proof import prove
from mediaproc.store.protocol import Store

# Seconds that this machine's clock may be off before it is worth a word; nothing of ours depends on it, logs do.
_CLOCK_TOLERANCE = 5.0
# Bytes of scratch space below which a long film will not fit.
_SCRATCH_WISHED = 10 * 1000**3
_MEGA, _GIGA = 1000**2, 1000**3

_ASK_AGAIN = "See what the sentence names, then ask again."
_REACH = (
    "See that the server runs and can be reached from here, {}: name, port, firewall. If it is elsewhere, correct"
    " MEDIAPROC_{setting}_URL."
)
# With those inside them.
_PARENTHESES = re.compile(r"\((?:[^()]|\([^()]*\))*\)")


class State(StrEnum):
    """Fine; worth a look; or missing, so that work cannot be done."""

    FINE = "fine"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at; `remedy` says what to do where it is not fine."""

    part: str
    state: State
    fact: str
    remedy: str | None = None


def fine(part: str, fact: str) -> Finding:
    """Nothing to do."""
    return Finding(part=part, state=State.FINE, fact=fact)


def missing(part: str, error: MediaprocError, *, otherwise: str = _ASK_AGAIN) -> Finding:
    """What an error says: its sentence names what is wrong and, behind its last colon, what to do; else `otherwise`.

    What stands in parentheses is another program's, colons and all.
    """
    sentence = str(error)
    plain = _PARENTHESES.sub(lambda found: "." * len(found[0]), sentence)
    at = plain.rfind(": ")
    if at < 0:
        return Finding(part=part, state=State.MISSING, fact=sentence, remedy=otherwise)
    fact, remedy = sentence[:at], sentence[at + 2 :]
    return Finding(part=part, state=State.MISSING, fact=fact, remedy=remedy[:1].upper() + remedy[1:])


def examine_ffmpeg(runner: FfmpegRunner) -> Iterator[Finding]:
    """The programs, what they can do, and what confines them."""
    programs = runner.describe()
    yield fine("ffmpeg", f"{programs.version} at {programs.ffmpeg}")
    yield fine("ffprobe", str(programs.ffprobe))
    yield from _encoders(programs.ffmpeg)
    if programs.isolated:
        yield fine("sandbox", programs.sentence)
    else:
        yield Finding(
            part="sandbox",
            state=State.WARNING,
            fact=programs.sentence,
            remedy="Install bubblewrap and allow user namespaces; MEDIAPROC_SANDBOX=require insists on it.",
        )


def _encoders(ffmpeg: Path) -> Iterator[Finding]:
    lacking = missing_encoders(ffmpeg)
    if lacking:
        yield Finding(
            part="encoders",
            state=State.MISSING,
            fact=f"{ffmpeg} lacks {', '.join(lacking)}",
            remedy="Install a build of ffmpeg with them, such as Debian's or the one of mediaproc[embedded].",
        )
    else:
        yield fine("encoders", ", ".join(ENCODERS))
    filters = missing_filters(ffmpeg)
    if filters:
        yield Finding(
            part="filters",
            state=State.WARNING,
            fact=f"{ffmpeg} lacks {', '.join(filters)}",
            remedy="Sources that need them (HDR, interlaced) will fail: install a fuller build of ffmpeg.",
        )


def examine_database(engine: Engine) -> Iterator[Finding]:
    """The server, its clock beside ours, its connections, and our tables in it."""
    try:
        with translated(), engine.begin() as connection:
            facts = server_facts(connection)
            wall = clock.wall_time()
            yield fine("database", f"PostgreSQL {facts.version} at {whereabouts(engine.url)}")
            yield _clock(wall - facts.clock, of="database")
            yield _connections(facts.connections, of=facts.max_connections)
            require_known_revision(connection)
            yield fine("schema", f"revision {SCHEMA_REVISION}")
        yield from _pooler(engine)
    except PartMissing as error:
        yield missing("schema" if "mediaproc migrate" in str(error) else "database", error)
    except Unavailable as error:
        yield missing("database", error, otherwise=_REACH.format(f"at {whereabouts(engine.url)}", setting="DATABASE"))


def _clock(ahead: float, *, of: str) -> Finding:
    direction = "ahead of" if ahead > 0 else "behind"
    fact = f"this machine is {abs(ahead):.1f} s {direction} the {of}"
    if abs(ahead) <= _CLOCK_TOLERANCE:
        return fine(f"clock of {of}", fact)
    remedy = "Set the clock (chrony, ntpd): leases do not depend on it, but logs do, and a store refuses 15 minutes."
    return Finding(part=f"clock of {of}", state=State.WARNING, fact=fact, remedy=remedy)


def _connections(count: int, *, of: int) -> Finding:
    fact = f"{count} of {of} connections in use"
    if count < 0.8 * of:
        return fine("connections", fact)
    remedy = (
        "Raise max_connections, or let enqueues go through a pooler in transaction mode. Executors need their sessions:"
        " in session mode a pooler saves them no connection, in transaction mode nothing wakes them."
    )
    return Finding(part="connections", state=State.WARNING, fact=fact, remedy=remedy)


def _pooler(engine: Engine) -> Iterator[Finding]:
    with translated(), engine.connect() as connection:
        shared = is_shared(connection, engine=engine)
        if not is_pooled(connection):
            return
    if shared:
        yield Finding(
            part="pooler",
            state=State.WARNING,
            fact="it lends sessions by transaction: only ticks find tasks, and only leases tell who died",
            remedy="Point executors at PostgreSQL itself, or at a pool in session mode (pool_mode = session).",
        )
    else:
        yield fine("pooler", "it keeps a session for each connection")


def is_new(store: Store, *, engine: Engine) -> bool:
    """Whether nothing was ever kept in the store, as the database has it; a database that cannot tell denies it."""
    try:
        with translated(), engine.begin() as connection:
            return not knows_objects(connection, bucket=store.bucket)
    except (PartMissing, Unavailable):
        return False


def examine_store(store: Store, *, may_be_new: bool) -> Iterator[Finding]:
    """Whether an object can be written, read and removed; one that `may_be_new` need not be there yet."""
    begun = clock.elapsed()
    try:
        store.check()
        if may_be_new and not store.is_prepared():
            yield Finding(
                part="store",
                state=State.WARNING,
                fact=f"bucket {store.bucket}: not there yet",
                remedy="The first enqueue makes it. If it is on a disk of its own, see that this is mounted.",
            )
            return
        prove(store)
        took = clock.elapsed() - begun
        ahead = store.skew()
    except MediaprocError as error:
        yield missing("store", error, otherwise=_REACH.format("where that sentence says", setting="STORE"))
    else:
        yield fine("store", f"bucket {store.bucket}: written, read and deleted in {1000 * took:.0f} ms")
        if ahead is not None:
            yield _clock(ahead, of="store")


def examine_machine(settings: Settings) -> Iterator[Finding]:
    """Scratch space, CPUs and memory that this process may use."""
    yield _scratch(settings.scratch_folder)
    cpus = usable_cpus()
    if settings.slots > cpus:
        yield Finding(
            part="CPUs",
            state=State.WARNING,
            fact=f"{settings.slots} slots on {cpus} CPUs that this process may use",
            remedy=f"Set MEDIAPROC_SLOTS to {cpus}: more only slows each transcode down.",
        )
    else:
        yield fine("CPUs", f"{cpus} that this process may use, {settings.slots} slots")
    yield _memory(usable_memory(), slots=settings.slots)


def _scratch(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"room")
        disk = shutil.disk_usage(folder)
    except OSError as error:
        remedy = "Set MEDIAPROC_SCRATCH to a folder that this user may write to."
        fact = f"{folder} cannot be written ({error.strerror})"
        return Finding(part="scratch", state=State.MISSING, fact=fact, remedy=remedy)
    floor = f"the {FLOOR / _MEGA:,.0f} MB that are left alone"
    if disk.total <= FLOOR:
        remedy = "Give MEDIAPROC_SCRATCH a larger disk: no executor starts on this one."
        fact = f"the whole disk of {folder} has {disk.total / _MEGA:,.0f} MB, no more than {floor}"
        return Finding(part="scratch", state=State.MISSING, fact=fact, remedy=remedy)
    if disk.free < FLOOR:
        remedy = "Make room there, or give MEDIAPROC_SCRATCH a larger disk: nothing is claimed until there is room."
        fact = f"{disk.free / _MEGA:,.0f} MB free in {folder}, less than {floor}"
        return Finding(part="scratch", state=State.WARNING, fact=fact, remedy=remedy)
    fact = f"{disk.free / _GIGA:.1f} GB free in {folder}"
    if disk.free < _SCRATCH_WISHED:
        remedy = "Give MEDIAPROC_SCRATCH a larger disk: each running task needs its source and its output there."
        return Finding(part="scratch", state=State.WARNING, fact=fact, remedy=remedy)
    return fine("scratch", fact)


def _memory(size: int, *, slots: int) -> Finding:
    fact = f"{size / _GIGA:.1f} GB that this process may use"
    if size < slots * 2 * MAX_ALLOCATION:
        remedy = "Use fewer slots: a transcode may take about 1 GB."
        return Finding(part="memory", state=State.WARNING, fact=fact, remedy=remedy)
    return fine("memory", fact)
